"""Ask the providers what became of the jobs that are due, many in one call."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models import Batch, BatchEvent, BatchQuerySet, Job
from batches.services.jobs import upstream_of
from batches.services.submit import problem
from batches.services.timing import poll_interval, retry_interval
from providers import tracing
from providers.base import JobState, UpstreamError

logger = logging.getLogger(__name__)

AT_ONCE = 1000
# A poller that died is taken for dead after this.
LEASE = timedelta(seconds=60)
# A job so old, of which the provider cannot tell twice in a row, is given up. No job of any provider's lives
# longer: Bedrock's may for 168 hours.
GIVE_UP = timedelta(days=8)
SEEN = [
    "upstream_status",
    "completed",
    "failed",
    "usage",
    "polled_at",
    "moved_at",
    "due_at",
    "attempts",
    "last_error",
]


def credentials_due() -> list[str]:
    """The credentials that have jobs to ask for. Each is polled on its own: one may hang."""
    due = Job.objects.due().filter(status=Job.Status.RUNNING)
    return list(due.order_by().values_list("credential_id", flat=True).distinct())


def poll_now(batches: BatchQuerySet) -> int:
    """Make the running jobs of these batches due; returns how many."""
    running = Job.objects.filter(batch__in=batches, status=Job.Status.RUNNING)
    return running.update(due_at=timezone.now())


def poll_soon(credential_id: str, upstream_ids: Collection[str]) -> int:
    """Make these of a credential's running jobs due; returns how many."""
    running = Job.objects.filter(status=Job.Status.RUNNING, credential_id=credential_id)
    return running.filter(upstream_id__in=upstream_ids).update(due_at=timezone.now())


def poll(credential_id: str) -> list[str]:
    """Ask for the due jobs of one credential; returns the batches that have a step to take now."""
    jobs = _claim(credential_id)
    if not jobs:
        return []
    with tracing.span("poll", {"bifrost.jobs": len(jobs)}, kind="consumer", links=_traces(jobs)):
        _ask(jobs)
        return _save(jobs)


def _traces(jobs: list[Job]) -> list[str]:
    if not tracing.is_on():
        return []
    batches = Batch.objects.filter(pk__in={job.batch_id for job in jobs})
    return list(batches.values_list("traceparent", flat=True))


def _ask(jobs: list[Job]) -> None:
    by_name = {job.upstream_id: job for job in jobs}
    now = timezone.now()
    try:
        for upstream_id, answer in upstream_of(jobs[0]).poll(list(by_name)):
            _observe(by_name[upstream_id], answer, now)
    except UpstreamError as error:
        for job in jobs:
            _observe(job, error, now)


def _claim(credential_id: str) -> list[Job]:
    due = Job.objects.due().filter(status=Job.Status.RUNNING, credential_id=credential_id)
    lease = timezone.now() + LEASE
    first = due.order_by("due_at").values("pk")[:AT_ONCE]
    if not due.filter(pk__in=Subquery(first)).update(due_at=lease):
        return []
    claimed = Job.objects.filter(due_at=lease, credential_id=credential_id)
    return list(claimed.select_related("credential"))


def _observe(job: Job, answer: JobState | UpstreamError, now: datetime) -> None:
    job.polled_at = now
    if isinstance(answer, UpstreamError):
        _observe_error(job, answer, now)
        return
    seen = (answer.raw[:100], answer.completed, answer.failed)
    if seen != (job.upstream_status, job.completed, job.failed):
        job.moved_at = now
    job.upstream_status, job.completed, job.failed = seen
    job.usage = dict(answer.usage) if answer.usage else None
    job.attempts, job.last_error = 0, ""
    job.due_at = now + poll_interval(now - (job.submitted_at or now))
    if answer.ended:
        job.ending, job.ended_at = answer.ended, now
        job.upstream_files = dict(answer.files)
        job.problems = [vars(one) for one in answer.problems]


def _observe_error(job: Job, error: UpstreamError, now: datetime) -> None:
    job.attempts += 1
    job.last_error = error.message
    job.due_at = now + retry_interval(job.attempts, error.retry_after)
    logger.warning("job %s of batch %s: %s", job.pk, job.batch_id, error.message)
    if job.attempts > 1 and now - (job.submitted_at or now) > GIVE_UP:
        message = f"Given up after {GIVE_UP}: {error.message}"
        job.ending, job.ended_at = "failed", now
        job.problems = [problem(error.code, message)]


def _save(jobs: list[Job]) -> list[str]:
    ended = [job for job in jobs if job.ending]
    with transaction.atomic():
        _save_running([job for job in jobs if not job.ending])
        _note_errors(jobs)
        for job in ended:
            _save_ended(job)
        _count({job.batch_id for job in jobs})
        ready = _ready({job.batch_id for job in ended})
        names = list(ready.values_list("pk", flat=True))
        ready.update(due_at=timezone.now(), attempts=0)
    return names


def _save_running(jobs: list[Job]) -> None:
    """An upsert in which every row is there: bulk_update takes ten times as long to put together."""
    Job.objects.bulk_create(
        jobs, update_conflicts=True, unique_fields=["id"], update_fields=SEEN, batch_size=500
    )


def _save_ended(job: Job) -> None:
    seen = {name: getattr(job, name) for name in SEEN}
    ended = {
        name: getattr(job, name) for name in ("ending", "ended_at", "upstream_files", "problems")
    }
    changes = {**seen, **ended, "due_at": None, "stuck_at": None, "status": Job.Status.ENDED}
    if Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(**changes):
        BatchEvent.objects.create(
            batch_id=job.batch_id, job=job, kind="ended", message=f"upstream: {job.upstream_status}"
        )


def _note_errors(jobs: list[Job]) -> None:
    """Into the timeline goes the first failure of a row of them."""
    BatchEvent.objects.bulk_create(
        BatchEvent(batch_id=job.batch_id, job=job, kind="poll failed", message=job.last_error)
        for job in jobs
        if job.attempts == 1
    )


def _count(batch_ids: set[str]) -> None:
    """Sum the counts of the jobs in their batches, as far as these still run.

    What was collected before some records were tried again is kept in the batch.
    """
    present = Job.objects.filter(batch=OuterRef("pk")).exclude(status=Job.Status.COLLECTED)
    jobs = present.order_by().values("batch")
    sums: dict[str, Any] = {
        name: Coalesce(Subquery(jobs.annotate(sum=Sum(name)).values("sum")), 0)
        for name in ("completed", "failed")
    }
    sums["completed"] += F("kept_completed")
    sums["failed"] += F("kept_failed") + F("refused")
    running = Batch.objects.filter(
        pk__in=batch_ids, status__in=(Batch.Status.IN_PROGRESS, Batch.Status.CANCELLING)
    )
    running.update(**sums)


def _ready(batch_ids: set[str]) -> QuerySet[Batch]:
    """Those whose jobs have all ended."""
    return Batch.objects.filter(
        ~Exists(Job.objects.active().filter(batch=OuterRef("pk"))),
        pk__in=batch_ids,
        status__in=(Batch.Status.IN_PROGRESS, Batch.Status.CANCELLING),
    )
