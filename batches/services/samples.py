"""How the unfinished jobs stand, now and as it was seen over time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef
from django.utils import timezone

from batches.models import Batch, Job, Sample
from providers.models import Provider

# Charts of the last hours want every minute, those of a month no more than a few points a day.
DENSITY = ((timedelta(hours=3), range(0, 60, 5)), (timedelta(days=2), (0,)))
KEPT = timedelta(days=35)
SINCE = {
    Job.Status.PLANNED: "created_at",
    Job.Status.SUBMITTING: "created_at",
    Job.Status.RUNNING: "submitted_at",
    Job.Status.ENDED: "ended_at",
}


@dataclass(frozen=True)
class Standing:
    """Jobs of one workspace at one provider that stand alike, and since when the oldest of them does."""

    workspace: str | None
    provider: str
    status: str
    jobs: int
    oldest_at: datetime | None

    def __add__(self, other: "Standing") -> "Standing":
        moments = [moment for moment in (self.oldest_at, other.oldest_at) if moment]
        return replace(
            self, jobs=self.jobs + other.jobs, oldest_at=min(moments) if moments else None
        )


def unfinished(workspaces: Collection[str] | None = None) -> list[Standing]:
    """All jobs that have not been collected yet; a batch that has none yet counts as a planned one."""
    jobs = Job.objects.filter(status__in=Job.UNFINISHED, batch__status__in=Batch.ACTIVE)
    unplanned = Batch.objects.filter(status=Batch.Status.VALIDATING).exclude(
        Exists(Job.objects.filter(batch=OuterRef("pk")))
    )
    if workspaces is not None:
        jobs = jobs.filter(batch__workspace__in=workspaces)
        unplanned = unplanned.filter(workspace__in=workspaces)
    moments = {name: Min(name) for name in sorted(set(SINCE.values()))}
    counted = jobs.order_by().values_list("batch__workspace", "batch__provider", "status")
    waiting = unplanned.order_by().values_list("workspace", "provider")
    rows = [
        *(_standing(row) for row in counted.annotate(Count("pk"), **moments)),
        *(
            Standing(workspace, provider, Job.Status.PLANNED, count, oldest_at)
            for workspace, provider, count, oldest_at in waiting.annotate(
                Count("pk"), Min("created_at")
            )
        ),
    ]
    return summed(rows)


def summed(rows: Iterable[Standing]) -> list[Standing]:
    """One for each workspace, provider and status."""
    sums: dict[tuple[str | None, str, str], Standing] = {}
    for row in rows:
        key = (row.workspace, row.provider, row.status)
        sums[key] = sums[key] + row if key in sums else row
    return [sums[key] for key in sorted(sums, key=str)]


def sample() -> int:
    """Keep how it stands this minute, once however often it runs; returns how many rows that took."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    each = unfinished()
    rows = [_sample(row, minute) for row in (*_of_all(each), *each)]
    with transaction.atomic():
        if not Sample.objects.filter(at=minute).exists():
            Sample.objects.bulk_create(rows, ignore_conflicts=True)
    if not minute.minute:
        thin(minute)
    return len(rows)


def thin(now: datetime) -> None:
    """Remove what is past its time, and of what is older keep fewer."""
    Sample.objects.filter(at__lt=now - KEPT).delete()
    for age, minutes in DENSITY:
        Sample.objects.filter(at__lt=now - age).exclude(at__minute__in=minutes).delete()


def _standing(row: Any) -> Standing:
    workspace, provider, status, count, *moments = row
    named = dict(zip(sorted(set(SINCE.values())), moments, strict=True))
    return Standing(workspace, provider, status, count, named[SINCE[Job.Status(status)]])


def _of_all(each: Iterable[Standing]) -> list[Standing]:
    """All workspaces together, and a zero for a provider that has none: that somebody looked is told, too."""
    of_all = summed(replace(row, workspace=None) for row in each)
    busy = {row.provider for row in of_all}
    idle = (Standing(None, name, Job.Status.RUNNING, 0, None) for name in Provider.values)
    return [*of_all, *(row for row in idle if row.provider not in busy)]


def _sample(row: Standing, at: datetime) -> Sample:
    return Sample(
        at=at,
        workspace_id=row.workspace,
        provider=row.provider,
        status=row.status,
        jobs=row.jobs,
        oldest_at=row.oldest_at,
    )
