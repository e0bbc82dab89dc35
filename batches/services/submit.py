"""Validate a batch, plan its jobs, and hand each to its provider exactly once."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.utils import timezone

from batches import translate
from batches.models import Batch, Job
from batches.services.claim import Claim
from batches.services.timing import poll_interval
from batches.services.validate import Findings, validate
from files import services as files
from files.buckets import BucketError
from files.models import UpstreamFile
from providers import registry
from providers.base import AnswerLostError, JobRequest, JobState, Upstream, UpstreamError
from providers.models import Credential
from providers.secrets import SecretUnreadableError

BLOCK_BYTES = 256 * 1024


def submit(claim: Claim) -> None:
    """From `validating` to `in_progress`, or to `failed`. Raises UpstreamError to be tried again."""
    batch = claim.batch
    if not batch.jobs.exists() and not _plan(claim):
        return
    for job in batch.jobs.filter(status__in=(Job.Status.PLANNED, Job.Status.SUBMITTING)).order_by(
        "ordinal"
    ):
        claim.renew(status=Batch.Status.VALIDATING)
        _submit_job(claim, job)
    jobs = list(batch.jobs.all())
    if jobs and all(job.status not in Job.ACTIVE for job in jobs):
        fail(claim, [one for job in jobs for one in job.problems])
        return
    now = timezone.now()
    # Due at once, to look whether its jobs have ended before the status said that they may.
    claim.write(
        {
            "status": Batch.Status.IN_PROGRESS,
            "in_progress_at": now,
            "due_at": now,
            "attempts": 0,
            "last_error": "",
        },
        status=Batch.Status.VALIDATING,
    )
    batch.note("in progress")


def fail(claim: Claim, errors: list[dict[str, Any]]) -> None:
    now = timezone.now()
    claim.release(None, status=Batch.Status.FAILED, failed_at=now, errors=errors)
    claim.batch.note("failed", f"{len(errors)} errors, the first: {errors[0]['message']}")


def problem(code: str, message: str) -> dict[str, Any]:
    """What is wrong with a batch as a whole, in the shape of its errors."""
    return {"code": code, "message": message, "param": None, "line": None}


def give_up(claim: Claim, error: UpstreamError) -> bool:
    """Fail a batch that could not be submitted within its window, if nothing of it may be running."""
    batch = claim.batch
    too_late = batch.expires_at is not None and batch.expires_at < timezone.now()
    if batch.status != Batch.Status.VALIDATING or not too_late:
        return False
    if batch.jobs.exclude(status=Job.Status.PLANNED).exists():
        return False
    message = f"The provider could not be reached within the completion window: {error.message}"
    fail(claim, [problem(error.code, message)])
    return True


def upstream_of(job: Job) -> Upstream:
    """Raises UpstreamError if the credential cannot be used."""
    try:
        return registry.upstream(job.credential.provider, job.credential.account)
    except SecretUnreadableError as error:
        raise UpstreamError(str(error), code="secret_unreadable") from error


def request_of(job: Job, batch: Batch) -> JobRequest:
    return JobRequest(
        id=job.id,
        endpoint=batch.endpoint,
        completion_window=batch.completion_window,
        since=job.submitting_at or timezone.now(),
        model=job.model,
        records=job.records,
        invocation=_invocation_of(job, batch),
        output_uri=batch.output_uri,
        # Clients who need no role, but must name one, write what they like.
        role_arn=batch.role_arn if batch.role_arn.startswith("arn:") else "",
        tags=batch.tags,
        timeout_hours=batch.timeout_hours,
        known=Job.objects.exclude(pk=job.pk).filter(credential=job.credential).known,
    )


def input_of(batch: Batch) -> translate.Input:
    return translate.Input(
        files.stream(batch.input_file),
        provider=batch.provider,
        model=batch.model_override,
        created=int(timezone.now().timestamp()),
    )


def share_of(job: Job) -> translate.Share:
    upstream = registry.upstream_class(job.credential.provider)
    return translate.Share(
        job.first,
        job.records,
        job.model if upstream.limits.one_model else None,
        f"{job.id}-" if upstream.marks_records else "",
    )


def _invocation_of(job: Job, batch: Batch) -> str:
    """As the client says, whose own records they are; whatever is translated says it itself."""
    if not registry.upstream_class(job.credential.provider).names_invocation:
        return ""
    source = input_of(batch)
    if batch.invocation and source.translation.untouched:
        return batch.invocation
    return source.invocation(share_of(job))


def record_submission(job: Job, state: JobState, *, found: bool) -> None:
    """Note what the provider calls the job: from here on it is polled."""
    now = timezone.now()
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(
            status=Job.Status.RUNNING,
            upstream_id=state.upstream_id,
            upstream_status=state.raw,
            submitted_at=now,
            due_at=now + poll_interval(now - now),
            attempts=0,
            last_error="",
        )
        how = "found upstream after a lost answer" if found else "accepted by the provider"
        job.batch.note("submitted", f"{how} as {state.upstream_id}", job=job)


def _plan(claim: Claim) -> bool:
    """Validate, and write the jobs down; says whether there is anything to submit."""
    batch = claim.batch
    credential = Credential.objects.usable(
        workspace=batch.workspace, provider=batch.provider
    ).first()
    if credential is None:
        message = f"No credential reaches {batch.provider} any more: ask the operator to add one."
        fail(claim, [problem("no_credential", message)])
        return False
    limits = registry.upstream_class(batch.provider).limits
    try:
        files.keep_copy(batch.input_file, keep=claim.keep)
        findings = validate(batch, limits, keep=claim.keep)
    except FileNotFoundError:
        message = "The input file was deleted or replaced before the batch could be validated."
        fail(claim, [problem("file_deleted", message)])
        return False
    except BucketError as error:
        if not error.permanent:
            raise
        fail(claim, [problem("file_unreadable", f"The input file cannot be read: {error}.")])
        return False
    if findings.errors:
        fail(claim, findings.errors)
        return False
    _write_plan(claim, findings, credential)
    return True


def _write_plan(claim: Claim, findings: Findings, credential: Credential) -> None:
    batch = claim.batch
    with transaction.atomic():
        claim.write(
            {
                "total": findings.total,
                "refused": findings.refused,
                "failed": findings.refused,
                "dropped": {"requests": findings.dropped} if findings.dropped else {},
                "model": findings.model[:255],
            }
        )
        Job.objects.bulk_create(
            Job(
                batch=batch,
                credential=credential,
                ordinal=ordinal,
                first=part.first,
                records=part.records,
                model=part.model,
            )
            for ordinal, part in enumerate(findings.parts)
        )
        jobs = len(findings.parts)
        batch.note("validated", f"{findings.total} records, {jobs} job{'s' * (jobs > 1)}")


def _submit_job(claim: Claim, job: Job) -> None:
    upstream, request = upstream_of(job), request_of(job, claim.batch)
    if job.status == Job.Status.SUBMITTING and (state := upstream.find(request)):
        record_submission(job, state, found=True)
        return
    input_id = _uploaded(claim, job, upstream)
    claim.renew(status=Batch.Status.VALIDATING)
    _move(job, Job.Status.SUBMITTING, submitting_at=job.submitting_at or timezone.now())
    try:
        state = upstream.submit(
            request_of(job, claim.batch), input_id, partial(_spooled, claim, job)
        )
    except AnswerLostError:
        raise
    except UpstreamError as error:
        _refused(job, error)
        return
    record_submission(job, state, found=False)


def _refused(job: Job, error: UpstreamError) -> None:
    """The provider said no: for good, or for now, which is raised again."""
    if not error.permanent:
        _move(job, Job.Status.PLANNED, last_error=error.message)
        raise error
    problems = [problem(error.code, error.message)]
    _move(job, Job.Status.DROPPED, last_error=error.message, problems=problems)
    job.batch.note("refused", error.message, job=job)


def _move(job: Job, status: Job.Status, **changes: Any) -> None:
    Job.objects.filter(pk=job.pk).update(status=status, **changes)
    for name, value in {"status": status, **changes}.items():
        setattr(job, name, value)


def _uploaded(claim: Claim, job: Job, upstream: Upstream) -> str:
    """The provider's id of the job's records; empty where they travel with the job."""
    if job.upstream_input:
        return job.upstream_input.upstream_id
    batch = claim.batch
    upstream_id = upstream.upload(request_of(job, batch), partial(_spooled, claim, job))
    if upstream_id:
        job.upstream_input = UpstreamFile.objects.create(
            file=batch.input_file,
            credential=job.credential,
            role=UpstreamFile.Role.INPUT,
            upstream_id=upstream_id,
        )
        Job.objects.filter(pk=job.pk).update(upstream_input=job.upstream_input)
    return upstream_id


@contextmanager
def _spooled(claim: Claim, job: Job) -> Iterator[BinaryIO]:
    """The job's lines in a temporary file: their length must be known before they are sent."""
    batch = claim.batch
    source = input_of(batch)
    with tempfile.TemporaryFile() as spool:
        block: list[bytes] = []
        size = 0
        for _, line in source.sent(share_of(job)):
            block.append(line)
            size += len(line)
            if size >= BLOCK_BYTES:
                claim.keep()
                spool.write(b"\n".join(block) + b"\n")
                block, size = [], 0
        if block:
            spool.write(b"\n".join(block) + b"\n")
        yield cast(BinaryIO, _Kept(cast(BinaryIO, spool), claim))


class _Kept:
    """A file that keeps the claim while it is read: an upload may outlast the lease."""

    def __init__(self, file: BinaryIO, claim: Claim) -> None:
        self.file = file
        self.claim = claim

    def read(self, size: int = -1) -> bytes:
        self.claim.keep()
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)
