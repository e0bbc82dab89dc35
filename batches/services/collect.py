"""Fetch what the providers answered, keep it, and write the client's results in its own order."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from batches import translate
from batches.models import Batch, Job
from batches.results import ResultIndex
from batches.services.claim import Claim
from batches.services.submit import fail, input_of, problem, share_of, upstream_of
from batches.services.usage import total_usage, usage_of
from files import services as files
from files.models import File
from providers.base import UpstreamError
from providers.records import Failure

JSON_LINES = "application/jsonl"
BLOCK_BYTES = 256 * 1024

# The failure of a record that a job left without a result, by how the job ended.
LEFT_OUT = {
    "completed": Failure("missing", "The provider gave no result for this request."),
    "failed": Failure(
        "missing", "The provider failed the job that carried this request.", "job_failed"
    ),
    # https://platform.openai.com/docs/guides/batch#batch-expiration
    "expired": Failure(
        "expired", "This request could not be executed before the completion window expired."
    ),
    "cancelled": Failure("cancelled", "The batch was cancelled before this request ran."),
    "": Failure("cancelled", "The batch was cancelled before this request was sent."),
}


class NotCollectableError(Exception):
    """The batch has no results that could be collected again."""


def collect_again(batch: Batch) -> Batch:
    """Write the results anew, from the provider if it still has them. Raises NotCollectableError."""
    if not batch.ended or not batch.jobs.filter(status=Job.Status.COLLECTED).exists():
        raise NotCollectableError(f"Batch {batch.id} is {batch.status} and has no results.")
    if batch.input_file.status != File.Status.STORED:
        raise NotCollectableError(f"The input of batch {batch.id} was deleted.")
    with transaction.atomic():
        batch.jobs.filter(status=Job.Status.COLLECTED).update(status=Job.Status.ENDED)
        Batch.objects.filter(pk=batch.pk, status=batch.status).update(
            status=Batch.Status.FINALIZING, due_at=timezone.now()
        )
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
            _fetch(claim, job)
    with ResultIndex(batch.total, translate.dialect_of(batch.provider)) as index:
        for job in jobs:
            if job.raw_results:
                index.add(files.stream(job.raw_results), mark=share_of(job).mark, keep=claim.keep)
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


def _line(batch: Batch, job: Job, told: dict[str, Any]) -> int | None:
    """The line of the client's file that a line of the job's file stands for."""
    if not told.get("line"):
        return None
    sent = input_of(batch).sent(share_of(job))
    return next((line for line, _ in islice(sent, int(told["line"]) - 1, None)), None)


def _fetch(claim: Claim, job: Job) -> None:
    """Keep what the provider wrote. What it no longer has is missing from the results, with a reason."""
    try:
        with files.writing(claim.batch.workspace) as writer:
            for chunk in upstream_of(job).results(job.upstream_files):
                claim.keep()
                writer.write(chunk)
    except UpstreamError as error:
        if not error.permanent:
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
        claim.batch.note("fetched", f"{writer.file.size} bytes of results", job=job)


def _gone(job: Job, error: UpstreamError) -> None:
    changes: dict[str, Any] = {"status": Job.Status.COLLECTED, "last_error": error.message}
    if job.raw_results is None:
        changes["problems"] = job.problems = [problem("results_gone", error.message)]
    Job.objects.filter(pk=job.pk).update(**changes)
    job.batch.note("results gone", error.message, job=job)


def _write_results(claim: Claim, jobs: list[Job], index: ResultIndex) -> None:
    batch = claim.batch
    with ExitStack() as stack:
        sides = [_Side(stack, batch, succeeded=True), _Side(stack, batch, succeeded=False)]
        source = input_of(batch)
        for succeeded, line in _lines(source, batch, jobs, index):
            sides[not succeeded].add(line, claim)
        for side in sides:
            side.flush(claim)
    output, errors = (side.writer.file if side.writer else None for side in sides)
    if lost := dict(source.translation.dropped_from_answers):
        batch.dropped = {**batch.dropped, "answers": lost}
    batch.usage = usage_of(source.translation.used)
    _finish(claim, jobs, index, output, errors, counts=(sides[0].count, sides[1].count))


class _Side:
    """One of the two files of results. It is made with its first line: an empty one does not exist."""

    def __init__(self, stack: ExitStack, batch: Batch, *, succeeded: bool) -> None:
        self.stack = stack
        self.batch = batch
        self.succeeded = succeeded
        self.writer: files.Writer | None = None
        self.block: list[bytes] = []
        self.size = 0
        self.count = 0

    def add(self, line: bytes, claim: Claim) -> None:
        self.block.append(line)
        self.count += 1
        self.size += len(line)
        if self.size >= BLOCK_BYTES:
            self.flush(claim)

    def flush(self, claim: Claim) -> None:
        if not self.block:
            return
        claim.keep()
        if self.writer is None:
            self.writer = self.stack.enter_context(files.writing(self.batch.workspace))
        self.writer.write(b"\n".join(self.block) + b"\n")
        self.block, self.size = [], 0


def _lines(
    source: translate.Input, batch: Batch, jobs: list[Job], index: ResultIndex
) -> Iterator[tuple[bool, bytes]]:
    """One line for every record of the input, in its order, and whether it succeeded.

    A batch that was cancelled before anybody looked at its records has none.
    """
    if not batch.total:
        return
    carry = source.translation
    for number, record in enumerate(source.records()):
        result_id = hashlib.sha256(f"{batch.id}/{number}".encode()).hexdigest()[:32]
        line = index.get(number)
        if line is not None:
            yield carry.result(record, result_id, line)
        else:
            failure = carry.refusal(record) or _left_out(jobs, number, source.model_of(record))
            yield False, carry.failure(record, result_id, failure)


def _left_out(jobs: list[Job], number: int, model: str) -> Failure:
    mine = [job for job in jobs if share_of(job).model in (None, model)]
    job = mine[bisect_right(mine, number, key=lambda job: job.first) - 1]
    if job.problems:
        return Failure("missing", job.problems[0]["message"], job.problems[0]["code"])
    return LEFT_OUT[job.ending]


def _finish(
    claim: Claim,
    jobs: list[Job],
    index: ResultIndex,
    output: File | None,
    errors: File | None,
    counts: tuple[int, int],
) -> None:
    batch, now = claim.batch, timezone.now()
    status = _final_status(batch, jobs)
    with transaction.atomic():
        for old in (batch.output_file, batch.error_file):
            if old:
                files.delete(old)
        for file, word in ((output, "output"), (errors, "error")):
            if file:
                _publish(batch, file, word)
        for what, times in index.strays.items():
            batch.note("stray results", f"{times} {what}")
        batch.note(str(status), f"{counts[0]} succeeded, {counts[1]} failed")
        claim.release(
            None,
            status=status,
            **{f"{status}_at": now},
            output_file=output,
            error_file=errors,
            completed=counts[0],
            failed=counts[1],
            dropped=batch.dropped,
            usage=total_usage([job.usage for job in jobs]) or batch.usage,
        )


def _final_status(batch: Batch, jobs: list[Job]) -> Batch.Status:
    if batch.cancelling_at:
        return Batch.Status.CANCELLED
    if any(job.ending == "expired" for job in jobs):
        return Batch.Status.EXPIRED
    return Batch.Status.COMPLETED


def _publish(batch: Batch, file: File, word: str) -> None:
    seconds = batch.output_expires_seconds
    files.publish(
        file,
        purpose=File.Purpose.BATCH_OUTPUT,
        filename=f"batch_{batch.id}_{word}.jsonl",
        content_type=JSON_LINES,
        surface=batch.surface,
        expires_at=timezone.now() + timedelta(seconds=seconds) if seconds else None,
    )
