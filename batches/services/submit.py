"""Validate a batch, plan its jobs, and hand each to its provider exactly once."""

from contextlib import closing
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from batches.models import Batch, Job
from batches.services import budgets, custom_ids, ledger, quota
from batches.services.budgets import BudgetExceededError, Reserve
from batches.services.claim import Claim
from batches.services.jobs import each, request_of, upstream_of
from batches.services.quota import OverLimitError
from batches.services.spools import Spools
from batches.services.timing import poll_interval
from batches.services.upload import content_of, uploaded
from batches.services.validate import Findings, validate
from batches.services.webhooks import tell_end
from files import services as files
from files.buckets import BucketError
from providers import registry
from providers.base import AnswerLostError, InputGoneError, JobState, UpstreamError
from providers.models import Credential, LimitExceededError

# A provider may still be at work on a call that it gave no answer to: a look at once would be too early.
SETTLE_SECONDS = 30


def submit(claim: Claim) -> None:
    """From `validating` to `in_progress`, or to `failed`. Raises UpstreamError to be tried again."""
    batch = claim.batch
    with closing(Spools(registry.upstream_class(batch.provider))) as spools:
        # The total says nothing: of inline requests it is known from the first.
        if not batch.jobs.exists() and not _plan(claim, spools):
            return
        unsent = batch.jobs.filter(status__in=Job.UNSENT).order_by("ordinal")
        each(unsent, partial(_submit_job, claim, spools))
    dropped = [job for job in batch.jobs.all() if job.status == Job.Status.DROPPED]
    if dropped and len(dropped) == batch.jobs.count():
        fail(claim, [one for job in dropped for one in job.problems])
        return
    _begin(claim)
    # Due at once, to look whether its jobs have ended before the status said that they may.
    due = {"due_at": timezone.now(), "attempts": 0, "last_error": ""}
    claim.write(due, status=Batch.Status.IN_PROGRESS)


def fail(claim: Claim, errors: list[dict[str, Any]]) -> None:
    batch, status = claim.batch, Batch.Status.FAILED
    with transaction.atomic():
        jobs = list(batch.jobs.select_related("credential").order_by("ordinal"))
        booked = ledger.book(batch, jobs, status=status)
        claim.release(None, status=status, failed_at=timezone.now(), errors=errors, **booked)
        batch.note("failed", f"{len(errors)} errors, the first: {errors[0]['message']}")
        tell_end(batch)


def problem(code: str, message: str) -> dict[str, Any]:
    """What is wrong with a batch as a whole, in the shape of its errors."""
    return {"code": code, "message": message, "param": None, "line": None}


def give_up(claim: Claim, error: UpstreamError) -> bool:
    """End what could not be submitted within the window of its batch; says whether there was anything."""
    batch = claim.batch
    too_late = batch.expires_at is not None and batch.expires_at < timezone.now()
    if not too_late or batch.status not in (Batch.Status.VALIDATING, Batch.Status.IN_PROGRESS):
        return False
    statuses = set(batch.jobs.values_list("status", flat=True))
    if Job.Status.SUBMITTING in statuses:
        return False
    if statuses <= {Job.Status.PLANNED}:
        why = f"The provider could not be reached within the completion window: {error.message}"
        fail(claim, [problem(error.code, why)])
        return True
    planned = batch.jobs.filter(status=Job.Status.PLANNED)
    expired = planned.update(status=Job.Status.DROPPED, ending="expired")
    if expired:
        batch.note("given up", f"{expired} of its jobs could not be submitted: {error.message}")
        claim.write({"due_at": timezone.now(), "attempts": 0}, status=batch.status)
    return bool(expired)


def record_submission(job: Job, state: JobState, *, found: bool) -> None:
    """Note what the provider calls the job: from here on it is polled."""
    now = timezone.now()
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(
            status=Job.Status.RUNNING,
            upstream_id=state.upstream_id,
            upstream_status=state.raw,
            submitted_at=now,
            moved_at=now,
            due_at=now + poll_interval(now - now),
            attempts=0,
            last_error="",
        )
        how = "found upstream after a lost answer" if found else "accepted by the provider"
        job.batch.note("submitted", f"{how} as {state.upstream_id}", job=job)


def _plan(claim: Claim, spools: Spools) -> bool:
    """Validate, and write the jobs down; says whether there is anything to submit."""
    batch = claim.batch
    credential = batch.credential or Credential.objects.choose(
        workspace=batch.workspace, provider=batch.provider, buckets=batch.buckets, role=batch.role
    )
    if credential is None:
        message = f"No credential reaches {batch.provider} any more: ask the operator to add one."
        fail(claim, [problem("no_credential", message)])
        return False
    limits = registry.upstream_class(batch.provider).limits
    try:
        files.keep_copy(batch.input_file, keep=claim.keep)
        reserve = Reserve.of(batch, credential)
        findings = validate(batch, limits, keep=claim.keep, reserve=reserve, spools=spools)
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
    try:
        _write_plan(claim, findings, credential, reserve)
    except (LimitExceededError, OverLimitError) as error:
        fail(claim, [problem("records_per_day_exceeded", str(error))])
        return False
    except BudgetExceededError as error:
        fail(claim, [problem(budgets.USED_UP, str(error))])
        return False
    return True


def _write_plan(
    claim: Claim, findings: Findings, credential: Credential, reserve: Reserve | None
) -> None:
    """Raises LimitExceededError, OverLimitError and BudgetExceededError."""
    batch, cost = claim.batch, reserve.cost if reserve else 0
    with transaction.atomic():
        quota.check_records(batch, findings.total)
        if reserve:
            budgets.hold(batch, cost)
        claim.write(
            {
                "reserved": cost,
                "total": findings.total,
                "refused": findings.refused,
                "failed": findings.refused,
                "dropped": {"requests": findings.dropped} if findings.dropped else {},
                "model": findings.model[:255],
            }
        )
        Job.objects.bulk_create(
            Job(
                id=part.job_id,
                batch=batch,
                credential=credential,
                ordinal=ordinal,
                first=part.first,
                records=part.records,
                model=part.model,
            )
            for ordinal, part in enumerate(findings.parts)
        )
        custom_ids.keep(batch, findings.checksums)
        jobs = len(findings.parts)
        batch.note("validated", f"{findings.total} records, {jobs} job{'s' * (jobs > 1)}")


def _submit_job(claim: Claim, spools: Spools, job: Job) -> None:
    batch, upstream = claim.batch, upstream_of(job)
    content = content_of(claim, job, spools.of(job.pk))
    claim.renew(status=batch.status)
    if job.status == Job.Status.SUBMITTING:
        _begin(claim)
        if state := upstream.find(request_of(job, batch)):
            record_submission(job, state, found=True)
            return
    input_id = uploaded(claim, job, upstream, content)
    claim.renew(status=batch.status)
    _move(job, Job.Status.SUBMITTING, submitting_at=job.submitting_at or timezone.now())
    request = request_of(job, batch, goes_on=partial(_goes_on, claim))
    try:
        state = upstream.submit(request, input_id, content)
    except AnswerLostError as error:
        error.retry_after = max(error.retry_after or 0, SETTLE_SECONDS)
        raise
    except InputGoneError as error:
        _move(job, Job.Status.PLANNED, upstream_input=None, last_error=error.message)
        raise
    except UpstreamError as error:
        _refused(job, error)
        return
    record_submission(job, state, found=False)
    _begin(claim)


def _begin(claim: Claim) -> None:
    """Say that the batch is in progress: a provider has, or may have, the first of its jobs."""
    if claim.batch.status == Batch.Status.VALIDATING:
        changes = {"status": Batch.Status.IN_PROGRESS, "in_progress_at": timezone.now()}
        claim.write(changes, status=Batch.Status.VALIDATING)
        claim.batch.note("in progress")


def _goes_on(claim: Claim) -> bool:
    """Whether a job is still wanted while its upstream runs it here."""
    claim.keep()
    _begin(claim)
    return Batch.objects.filter(pk=claim.batch.pk, status=Batch.Status.IN_PROGRESS).exists()


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
