"""How things stand now."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from batches.models import Batch, Delivery, Heartbeat, Job, Spend
from bifrost.metrics.labels import clipped
from providers.models import Credential, Provider, Workspace
from providers.prices import DOLLAR

BROKER_SECONDS = 2
MOST_CREDENTIALS = 200
# A delivery is tried for a day.
DELIVERED_WITHIN = timedelta(days=2)


def build() -> Iterator[Metric]:
    about = {
        "version": settings.VERSION,
        "database": connection.vendor,
        "broker": settings.CELERY_BROKER_URL.partition(":")[0],
    }
    yield InfoMetricFamily("bifrost_build", "What runs here", value=about)


def jobs() -> Iterator[Metric]:
    """Those whose results are not collected; the others are too many to count."""
    found = GaugeMetricFamily(
        "bifrost_jobs", "Jobs whose results are not collected", labels=["provider", "state"]
    )
    counted = Job.objects.filter(
        status__in=Job.UNFINISHED, batch__status__in=Batch.ACTIVE
    ).order_by()
    rows = counted.values_list("batch__provider", "status").annotate(count=Count("pk"))
    counts = {(provider, status): count for provider, status, count in rows}
    for key in product(Provider.values, Job.UNFINISHED):
        found.add_metric(key, counts.get(key, 0))
    yield found
    stuck = GaugeMetricFamily(
        "bifrost_jobs_stuck", "Unfinished jobs without progress for too long", labels=["provider"]
    )
    unfinished = Job.objects.filter(status__in=Job.UNFINISHED, batch__status__in=Batch.ACTIVE)
    marked = unfinished.filter(stuck_at__isnull=False).order_by()
    of_provider = dict(marked.values_list("batch__provider").annotate(count=Count("pk")))
    for provider in Provider.values:
        stuck.add_metric([provider], of_provider.get(provider, 0))
    yield stuck


def batches() -> Iterator[Metric]:
    found = GaugeMetricFamily(
        "bifrost_batches", "Batches that have not ended", labels=["provider", "status"]
    )
    oldest = GaugeMetricFamily(
        "bifrost_oldest_batch_age_seconds",
        "Age of the oldest batch that has not ended",
        labels=["provider"],
    )
    now = timezone.now()
    rows = Batch.objects.active().order_by().values_list("provider", "status")
    told = {
        (provider, status): (count, first)
        for provider, status, count, first in rows.annotate(count=Count("pk"), at=Min("created_at"))
    }
    for key in product(Provider.values, Batch.ACTIVE):
        found.add_metric(key, told.get(key, (0, now))[0])
    for provider in Provider.values:
        firsts = [first for (one, _), (_, first) in told.items() if one == provider]
        oldest.add_metric([provider], _age(min(firsts, default=now), now))
    yield from (found, oldest)


def lags() -> Iterator[Metric]:
    now = timezone.now()
    job = Job.objects.due().filter(status=Job.Status.RUNNING).order_by("due_at")
    batch = Batch.objects.active().due().order_by("due_at")
    for name, what, rows in (
        ("poll", "the job that should have been polled first", job),
        ("step", "the batch whose next step is due longest", batch),
    ):
        due_at = next(iter(rows.values_list("due_at", flat=True)[:1]), now)
        gauge = GaugeMetricFamily(f"bifrost_{name}_lag_seconds", f"How late {what} is")
        gauge.add_metric([], _age(due_at, now))
        yield gauge


def heartbeats() -> Iterator[Metric]:
    found = GaugeMetricFamily(
        "bifrost_heartbeat_age_seconds",
        "Since when a part of Bifrost was not seen at work",
        labels=["part"],
    )
    now = timezone.now()
    for beat in Heartbeat.objects.order_by("name"):
        found.add_metric([beat.name], _age(beat.at, now))
    yield found


def queue() -> Iterator[Metric]:
    """Nothing where the broker gives no answer: no number is the right one then."""
    name = current_app.conf.task_default_queue
    redis = settings.CELERY_BROKER_URL.startswith("redis")
    patience = {"socket_timeout": BROKER_SECONDS} if redis else {}
    try:
        with current_app.connection_for_read(transport_options=patience) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
            channel: Any = broker.default_channel
            try:
                waiting = channel.queue_declare(name, passive=True).message_count
            except broker.channel_errors:
                # A queue that nobody wrote to yet.
                waiting = 0
    except (BrokerError, OSError):
        return
    gauge = GaugeMetricFamily(
        "bifrost_queue_messages", "Messages that no worker has taken yet", labels=["queue"]
    )
    gauge.add_metric([name], waiting)
    yield gauge


def deliveries() -> Iterator[Metric]:
    found = GaugeMetricFamily(
        "bifrost_webhook_deliveries",
        "Messages to webhooks of the last two days",
        labels=["status"],
    )
    recent = Delivery.objects.filter(created_at__gt=timezone.now() - DELIVERED_WITHIN).order_by()
    counts = dict(recent.values_list("status").annotate(count=Count("pk")))
    for status in Delivery.Status.values:
        found.add_metric([status], counts.get(status, 0))
    yield found


def credentials() -> Iterator[Metric]:
    """Clients' own keys are not among them: there may be one for each batch."""
    found = GaugeMetricFamily(
        "bifrost_credential_up",
        "Whether an account answered when it was last asked",
        labels=["provider", "credential"],
    )
    kept = Credential.objects.filter(direct=False, enabled=True, health__isnull=False)
    worst: dict[tuple[str, str], bool] = {}
    for one in kept.select_related("health").order_by("created_at")[:MOST_CREDENTIALS]:
        health = one.health
        works = not health.failed_at or bool(health.ok_at and health.ok_at >= health.failed_at)
        key = (one.provider, clipped(one.name))
        worst[key] = worst.get(key, True) and works
    for labels, works in worst.items():
        found.add_metric(labels, works)
    yield found


def budgets() -> Iterator[Metric]:
    allowed = GaugeMetricFamily(
        "bifrost_budget_dollars", "What a workspace may spend in a month", labels=["workspace"]
    )
    used = GaugeMetricFamily(
        "bifrost_budget_used_dollars",
        "What a workspace with a budget has spent this month, or may with what is at work",
        labels=["workspace"],
    )
    limited = Workspace.objects.exclude(monthly_budget=None).order_by("created_at")
    limited = limited[: settings.METRICS_WORKSPACES]
    budget_of = {one.pk: one for one in limited}
    month = timezone.now().date().replace(day=1)
    spends = {
        one.owner: one.held + one.spent
        for one in Spend.objects.filter(month=month, owner__in=budget_of)
    }
    for pk, workspace in budget_of.items():
        allowed.add_metric([clipped(workspace.name)], float(workspace.monthly_budget or 0))
        used.add_metric([clipped(workspace.name)], spends.get(pk, 0) / DOLLAR)
    yield from (allowed, used)


def _age(then: datetime, now: datetime) -> float:
    return max(0.0, (now - then).total_seconds())
