"""The admin's first page: how the batches stand, what failed last, what runs."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from batches.admin import looks
from batches.models import Batch, Job
from providers.roles import narrowed

VIEW = "batches.view_batch"
RECENT = timedelta(days=7)
MOST = 8
FAILED = (Batch.Status.FAILED, Batch.Status.EXPIRED)


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page shows, as far as the user may see it."""
    if not request.user.has_perm(VIEW):
        return context
    batches = narrowed(Batch.objects.all(), request.user, VIEW, path="workspace")
    jobs = narrowed(Job.objects.all(), request.user, VIEW, path="batch__workspace")
    running = jobs.filter(status=Job.Status.RUNNING).order_by("-submitted_at")
    return context | {
        "title": "Overview",
        "tiles": _tiles(batches),
        "failures": _failures(batches),
        "running": [
            (job, looks.route(job.batch), looks.public_id(job.batch_id))
            for job in running.select_related("batch", "credential")[:MOST]
        ],
    }


def _tiles(batches: QuerySet[Batch]) -> list[dict[str, Any]]:
    """How many batches there are of each status: all that run, and those of the last days."""
    told = Q(status__in=Batch.ACTIVE) | Q(created_at__gte=timezone.now() - RECENT)
    rows = batches.filter(told).order_by().values_list("status").annotate(Count("pk"))
    counts = dict(rows)
    return [
        {
            "count": counts.get(status, 0),
            "label": looks.batch_status(Batch(status=status)),
            "url": f"{reverse('admin:batches_batch_changelist')}?{urlencode({'status__exact': status})}",
        }
        for status in Batch.Status
    ]


def _failures(batches: QuerySet[Batch]) -> list[tuple[Batch, str, Any, str]]:
    failed = batches.filter(status__in=FAILED).select_related("workspace")[:MOST]
    return [
        (batch, looks.public_id(batch.pk), looks.batch_status(batch), looks.trouble(batch, ()))
        for batch in failed
    ]
