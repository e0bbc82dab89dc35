"""Find the jobs that stand still, and say so before their clients ask."""

import logging
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models import Batch, BatchEvent, Job, Webhook
from batches.services.webhooks import tell

logger = logging.getLogger(__name__)

AT_ONCE = 500
SINCE = Coalesce("ended_at", "moved_at", "submitted_at", "created_at")


def stuck() -> int:
    """Mark the jobs whose progress is too long ago, and tell of each once; returns how many.

    A mark goes when the job moves again or ends. What is more than can be marked at once has the next turn.
    """
    now = timezone.now()
    _moving(now)
    found = _standing_still(now).select_related("batch", "credential").order_by("created_at")
    return sum(_mark(job, now) for job in found[:AT_ONCE])


def _shortest() -> timedelta:
    return timedelta(hours=min((settings.STUCK_HOURS, *settings.STUCK_HOURS_BY.values())))


def _standing_still(now: datetime) -> QuerySet[Job]:
    """The limit of a job is that of the longest pattern that fits it. Where none does, a client who gave the
    provider more than a day has that time to wait for.

    One whose results are being collected stands still only if that has failed: it may have ended long ago.
    """
    limit = Case(
        *(
            When(_fits(provider, model), then=Value(now - timedelta(hours=one)))
            for (provider, model), one in settings.STUCK_HOURS_BY.items()
        ),
        When(batch__timeout_hours__isnull=False, batch__expires_at__gt=now, then=None),
        default=Value(now - timedelta(hours=settings.STUCK_HOURS)),
        output_field=DateTimeField(),
    )
    old = _unfinished().filter(stuck_at=None, created_at__lte=now - _shortest())
    tried = ~Q(status=Job.Status.ENDED) | ~Q(batch__last_error="")
    found: QuerySet[Job] = old.alias(since=SINCE, limit=limit).filter(tried, since__lte=F("limit"))
    return found


def _unfinished() -> QuerySet[Job]:
    return Job.objects.filter(status__in=Job.UNFINISHED, batch__status__in=Batch.ACTIVE)


def _fits(provider: str, model: str) -> Q:
    of_provider = Q(credential__provider=provider)
    if model == "*":
        return of_provider
    pattern = f"^{'.*'.join(map(re.escape, model.split('*')))}$"
    # A job of many models has none of its own.
    named = Q(model__regex=pattern) | Q(model="", batch__model__regex=pattern)
    return of_provider & named


def _mark(job: Job, now: datetime) -> bool:
    with transaction.atomic():
        still = Job.objects.filter(
            pk=job.pk, status=job.status, stuck_at=None, moved_at=job.moved_at
        )
        if not still.update(stuck_at=now):
            return False
        why = _why(job, now)
        job.batch.note("stuck", why, job=job)
        tell(job.batch, Webhook.Event.STUCK)
    logger.warning("job %s of batch %s is stuck: %s", job.pk, job.batch_id, why)
    return True


def _why(job: Job, now: datetime) -> str:
    """In the provider's own words, as far as it has any."""
    since = job.ended_at or job.moved_at or job.submitted_at or job.created_at
    said = f"the provider says {job.upstream_status}" if job.upstream_status else "nothing was said"
    problem = job.problems[0].get("message", "") if job.problems else ""
    parts = (
        f"no progress for {int((now - since).total_seconds() // 3600)} h",
        "" if job.status == Job.Status.RUNNING else f"it is {job.get_status_display()}",
        f"{job.completed + job.failed} of {job.records} records done",
        said,
        job.last_error or problem or job.batch.last_error,
    )
    return "; ".join(filter(None, parts))


def _moving(now: datetime) -> None:
    """Take the mark from those that have moved since, or have ended."""
    marked = Job.objects.filter(stuck_at__isnull=False)
    marked.exclude(pk__in=_unfinished().values("pk")).update(stuck_at=None)
    # Who marked it may have looked before the news was written: what was marked had stood still for longer.
    moved = marked.filter(status=Job.Status.RUNNING, moved_at__gt=F("stuck_at") - _shortest())
    with transaction.atomic():
        jobs = list(moved.order_by("pk")[:AT_ONCE])
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(stuck_at=None)
        BatchEvent.objects.bulk_create(
            BatchEvent(
                batch_id=job.batch_id,
                job=job,
                kind="moving again",
                message=f"the provider says {job.upstream_status}",
                at=now,
            )
            for job in jobs
        )
