"""Fetch what the providers answered, keep it, and write the client's results in its own order."""

from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from batches.models import Batch, Job
from batches.results import ResultIndex
from batches.services import ledger
from batches.services.adopted import take_input
from batches.services.claim import Claim
from batches.services.deliver import MANIFEST, Delivery, deliver, manifest_of
from batches.services.jobs import input_of, last_tried, share_of, upstream_of
from batches.services.meter import Meter
from batches.services.outcomes import LEFT_OUT, indexed, outcomes
from batches.services.submit import fail, problem
from batches.services.usage import usage_of_all
from batches.services.webhooks import tell_end
from files import names
from files import services as files
from files.models import File
from providers import tracing
from providers.base import OF_THE_KEY, UpstreamError

JSON_LINES, JSON = "application/jsonl", "application/json"
BLOCK_BYTES = 256 * 1024


class NotCollectableError(Exception):
    """The batch has no results that could be collected again."""


def collect_again(batch: Batch) -> Batch:
    """Write the results anew, from the provider if it still has them. Raises NotCollectableError."""
    if not batch.ended or not batch.jobs.filter(status=Job.Status.COLLECTED).exists():
        raise NotCollectableError(f"Batch {batch.id} is {batch.status} and has no results.")
    if batch.input_file.status != File.Status.STORED:
        raise NotCollectableError(f"The input of batch {batch.id} was deleted.")
    if batch.credential and batch.credential.is_erased:
        raise NotCollectableError(
            f"The key that the client of batch {batch.id} brought for it is gone."
        )
    with transaction.atomic():
        kept = Batch.objects.filter(pk=batch.pk, status=batch.status, archived_at=None)
        if not kept.update(status=Batch.Status.FINALIZING, due_at=timezone.now()):
            raise NotCollectableError(f"The results of batch {batch.id} were removed.")
        batch.jobs.filter(status=Job.Status.COLLECTED).update(status=Job.Status.ENDED)
        batch.note("collecting again", "asked for")
    batch.refresh_from_db()
    return batch


def collect(claim: Claim) -> None:
    """Once all jobs have ended: to `completed`, `failed`, `expired` or `cancelled`.

    Raises UpstreamError or StoreError to be tried again.
    """
    batch = claim.batch
    jobs = list(batch.jobs.select_related("credential", "raw_results").order_by("ordinal"))
    if any(job.status in Job.ACTIVE for job in jobs):
        claim.rest()
        return
    if errors := _failed_whole(batch, jobs):
        fail(claim, errors)
        return
    if batch.status == Batch.Status.IN_PROGRESS:
        claim.write({"status": Batch.Status.FINALIZING, "finalizing_at": timezone.now()})
    for job in jobs:
        if job.status == Job.Status.ENDED:
            fetch(claim, job)
        if job.adopted:
            take_input(claim, job)
    if errors := _gone_for_good(batch, jobs):
        fail(claim, errors)
        return
    with indexed(batch, jobs, keep=claim.keep) as index:
        _write_results(claim, jobs, index)


def _failed_whole(batch: Batch, jobs: list[Job]) -> list[dict[str, Any]]:
    """Why the batch as a whole failed, if all its jobs did."""
    if (
        not jobs
        or batch.status == Batch.Status.CANCELLING
        or any(job.ending != "failed" for job in jobs)
    ):
        return []
    problems = [{**one, "line": _line(batch, job, one)} for job in jobs for one in job.problems]
    return problems or [problem("job_failed", LEFT_OUT["failed"].message)]


def _gone_for_good(batch: Batch, jobs: list[Job]) -> list[dict[str, Any]]:
    """Of a job that somebody else made nothing at all is known without its results."""
    adopted = any(job.adopted for job in jobs)
    return jobs[0].problems if adopted and not batch.total else []


def _line(batch: Batch, job: Job, told: dict[str, Any]) -> int | None:
    """The line of the client's file that a line of the job's file stands for."""
    if not told.get("line"):
        return None
    sent = input_of(batch).sent(share_of(job))
    return next((line for line, _ in islice(sent, int(told["line"]) - 1, None)), None)


def fetch(claim: Claim, job: Job) -> None:
    """Keep what the provider wrote. What it no longer has is missing from the results, with a reason."""
    try:
        with files.writing(claim.batch.workspace) as writer:
            for chunk in upstream_of(job).results(job.upstream_files):
                claim.keep()
                writer.write(chunk)
    except UpstreamError as error:
        # What was kept before serves as well where the key no longer does.
        if not (error.permanent or (job.raw_results and error.code in OF_THE_KEY)):
            raise
        _gone(job, error)
        return
    with transaction.atomic():
        old, job.raw_results = job.raw_results, writer.file
        name = f"upstream-{job.id}.jsonl"
        files.publish(writer.file, purpose=File.Purpose.RAW_RESULTS, filename=name)
        Job.objects.filter(pk=job.pk).update(
            status=Job.Status.COLLECTED, raw_results=writer.file, last_error=""
        )
        if old:
            files.delete(old)
        claim.batch.note("fetched", f"{writer.file.size:,} bytes of results", job=job)


def _gone(job: Job, error: UpstreamError) -> None:
    changes: dict[str, Any] = {"status": Job.Status.COLLECTED, "last_error": error.message}
    if job.raw_results is None:
        changes["problems"] = job.problems = [problem("results_gone", error.message)]
    Job.objects.filter(pk=job.pk).update(**changes)
    job.batch.note("results gone", error.message, job=job)


def _write_results(claim: Claim, jobs: list[Job], index: ResultIndex) -> None:
    batch = claim.batch
    with ExitStack() as stack:
        good, bad = _Side(stack, claim, "output"), _Side(stack, claim, "error")
        source = input_of(batch)
        meter = Meter(batch, jobs)
        for succeeded, line in outcomes(batch, source, jobs, index, meter=meter):
            (good if succeeded else bad).add(line)
        good.flush()
        bad.flush()
        # Most batches have no failures: then their answers are all there is to tell.
        both = bad
        if good.count:
            both = _both(stack, claim, jobs, index) if bad.count else good
    batch.failures = dict(source.translation.failures)
    if lost := dict(source.translation.dropped_from_answers):
        batch.dropped = {**batch.dropped, "answers": lost}
    batch.usage = usage_of_all(jobs, meter.told)
    results = _Results(good, bad, both)
    delivery = _delivered(claim, results)
    _finish(claim, jobs, index, results, delivery, meter)


class _Side:
    """One of the files of results. It is made with its first line: an empty one does not exist."""

    def __init__(self, stack: ExitStack, claim: Claim, word: str) -> None:
        self.stack = stack
        self.claim = claim
        self.word = word
        self.writer: files.Writer | None = None
        self.block: list[bytes] = []
        self.size = 0
        self.count = 0

    @property
    def file(self) -> File | None:
        return self.writer.file if self.writer else None

    def add(self, line: bytes) -> None:
        self.block.append(line)
        self.count += 1
        self.size += len(line)
        if self.size >= BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self.block:
            return
        self.claim.keep()
        if self.writer is None:
            self.writer = self.stack.enter_context(files.writing(self.claim.batch.workspace))
        self.writer.write(b"\n".join(self.block) + b"\n")
        self.block, self.size = [], 0


class _Results(NamedTuple):
    """Answers, failures, and both together: which is one of the others if there is nothing else."""

    good: _Side
    bad: _Side
    both: _Side

    @property
    def files(self) -> list[tuple[File, str]]:
        """Each that was written, once, and its word."""
        return [(side.file, side.word) for side in dict.fromkeys(self) if side.file]


def _both(stack: ExitStack, claim: Claim, jobs: list[Job], index: ResultIndex) -> _Side:
    """Answers and failures in one file, in the order of the input."""
    both = _Side(stack, claim, "results")
    for _, line in outcomes(claim.batch, input_of(claim.batch), jobs, index):
        both.add(line)
    both.flush()
    return both


def _delivered(claim: Claim, results: _Results) -> Delivery:
    """Lay the results where their client wants them. If that must be tried again, they are written anew."""
    good, bad, both = results
    manifest = manifest_of(succeeded=good.count, failed=bad.count, usage=claim.batch.usage)
    with ExitStack() as undo:
        for file, _ in results.files:
            undo.callback(files.discard, file)
        with tracing.span("deliver", {"bifrost.batch": claim.batch.pk}):
            delivery = deliver(claim, both.file, manifest)
        undo.pop_all()
    return delivery


def _finish(
    claim: Claim,
    jobs: list[Job],
    index: ResultIndex,
    results: _Results,
    delivery: Delivery,
    meter: Meter,
) -> None:
    batch, now = claim.batch, timezone.now()
    good, bad, both = results
    status = _final_status(batch, jobs)
    with transaction.atomic():
        for file, word in results.files:
            _publish(batch, file, delivery, f"batch_{batch.id}_{word}.jsonl")
        if delivery.manifest:
            _publish(batch, delivery.manifest, delivery, MANIFEST, JSON)
        for old in (batch.output_file, batch.error_file, batch.results_file):
            if old:
                files.delete(old)
        for what, times in index.strays.items():
            batch.note("stray results", f"{times} {what}")
        batch.note(str(status), f"{good.count} succeeded, {bad.count} failed")
        booked = ledger.book(batch, jobs, status=status, meter=meter)
        claim.release(
            None,
            status=status,
            **{f"{status}_at": now},
            output_file=good.file,
            error_file=bad.file,
            results_file=both.file,
            completed=good.count,
            failed=bad.count,
            failures=batch.failures,
            dropped=batch.dropped,
            errors=list(delivery.problems) or None,
            usage=batch.usage,
            retrying_at=None,
            **booked,
        )
        tell_end(batch)


def _final_status(batch: Batch, jobs: list[Job]) -> Batch.Status:
    last = last_tried(jobs)
    if batch.cancelling_at or any(job.adopted and job.ending == "cancelled" for job in last):
        return Batch.Status.CANCELLED
    if any(job.ending == "expired" for job in last):
        return Batch.Status.EXPIRED
    return Batch.Status.COMPLETED


def _publish(
    batch: Batch, file: File, delivery: Delivery, filename: str, content_type: str = JSON_LINES
) -> None:
    seconds = batch.output_expires_seconds
    described: dict[str, Any] = {
        "purpose": File.Purpose.BATCH_OUTPUT,
        "filename": filename,
        "content_type": content_type,
        "surface": batch.surface,
        "expires_at": timezone.now() + timedelta(seconds=seconds) if seconds else None,
    }
    if name := delivery.names.get(file.pk):
        names.publish(file, bucket=name.bucket, key=name.key, **described)
    else:
        files.publish(file, **described)
