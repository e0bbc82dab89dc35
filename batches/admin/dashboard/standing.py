"""What is unfinished: how many stand how, now and over time, and which are the oldest."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from batches.admin.dashboard.period import samples_for
from batches.models import Batch, Job, Sample
from batches.services.samples import Standing, summed, unfinished
from providers.models import Credential

MOST = 10
MOST_CREDENTIALS = 40

Points = dict[str, dict[str, list[int | None]]]


def now(workspaces: Collection[str] | None) -> list[Standing]:
    """By provider and status, of all these workspaces together."""
    return summed(replace(row, workspace=None) for row in unfinished(workspaces))


def queue_age(rows: list[Standing]) -> timedelta | None:
    """How long the oldest has been waiting that was not sent yet."""
    waiting = [row.oldest_at for row in rows if row.status in Job.UNSENT and row.oldest_at]
    return max(timezone.now() - min(waiting), timedelta()) if waiting else None


def over_time(
    points: list[datetime], workspaces: Collection[str] | None
) -> tuple[Points, dict[str, list[int | None]]]:
    """By provider: how many jobs stood how at each of the points, and how old the queue was, in seconds.

    None where nobody looked.
    """
    places = samples_for(points)
    rows = Sample.objects.filter(at__in=list(places)).order_by("at")
    scope = Q(workspace=None) | Q(workspace__in=workspaces or ())
    taken: dict[int, list[Sample]] = {}
    for row in rows.filter(Q(workspace=None) if workspaces is None else scope):
        known = taken.setdefault(places[row.at], [])
        if known and known[0].at != row.at:
            known.clear()
        known.append(row)
    return _arranged(taken, len(points), everything=workspaces is None)


def _arranged(
    taken: dict[int, list[Sample]], length: int, *, everything: bool
) -> tuple[Points, dict[str, list[int | None]]]:
    jobs: Points = {}
    ages: dict[str, list[int | None]] = {}
    seen = [0 if place in taken else None for place in range(length)]
    for place, rows in taken.items():
        for row in rows:
            if (row.workspace_id is None) != everything or not row.jobs:
                continue
            series = jobs.setdefault(row.provider, {}).setdefault(row.status, list(seen))
            series[place] = (series[place] or 0) + row.jobs
            if row.status in Job.UNSENT and row.oldest_at:
                queue = ages.setdefault(row.provider, list(seen))
                age = max(int((row.at - row.oldest_at).total_seconds()), 0)
                queue[place] = max(queue[place] or 0, age)
    return jobs, ages


def batches(workspaces: Collection[str] | None) -> dict[str, int]:
    """How many stand how, of those that have not ended."""
    rows = Batch.objects.active().order_by()
    scoped = rows if workspaces is None else rows.filter(workspace__in=workspaces)
    return dict(scoped.values_list("status").annotate(Count("pk")))


def oldest(workspaces: Collection[str] | None) -> QuerySet[Job]:
    jobs = Job.objects.filter(status__in=Job.UNFINISHED, batch__status__in=Batch.ACTIVE)
    if workspaces is not None:
        jobs = jobs.filter(batch__workspace__in=workspaces)
    # Which they are comes first: joined with all that is shown of them, every unfinished one would be.
    first = jobs.order_by("created_at").values("pk")[:MOST]
    shown = Job.objects.filter(pk__in=first).select_related("batch__workspace", "credential")
    return shown.order_by("created_at")


def credentials(workspaces: Collection[str] | None) -> QuerySet[Credential]:
    """Those that new batches may go to, and the drained; not what clients brought for one batch."""
    rows = Credential.objects.filter(direct=False).select_related("health", "workspace")
    if workspaces is not None:
        rows = rows.filter(Q(workspace=None) | Q(workspace__in=workspaces))
    return rows.order_by("provider", "name")[:MOST_CREDENTIALS]
