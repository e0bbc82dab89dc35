"""How the whole stands, at a glance."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from batches.models import Batch, Delivery, Job
from bifrost.cli.verbs import Output, verb
from bifrost.health import CHECKS
from providers.models import Credential, Provider

RECENT = timedelta(days=1)
UNFINISHED = (*Job.ACTIVE, Job.Status.ENDED)


def add(nouns: Any) -> None:
    verb(nouns, "status", show)


def show(out: Output, options: dict[str, Any]) -> None:
    """Show whether all parts work, and how many batches and jobs stand how.

    Batches that have ended count for a day.
    """
    out.sections(
        {
            "health": [{"part": name, "is": check()} for name, check in CHECKS.items()],
            "credentials": credentials(),
            "jobs": jobs(),
            "batches": batches(),
            "waiting": [waiting()],
        }
    )


def credentials() -> list[dict[str, Any]]:
    """What each provider can be reached with, and whether it was when last asked."""
    named = Credential.objects.filter(direct=False).select_related("workspace", "health")
    return [
        {
            "provider": one.provider,
            "credential": one.name,
            "workspace": one.workspace.name if one.workspace else "all",
            "state": one.state,
            "answered": _health_of(one, "ok_at"),
            "failed": _health_of(one, "failed_at"),
            "how": _health_of(one, "code"),
        }
        for one in named.order_by("provider", "name")
    ]


def jobs() -> list[dict[str, Any]]:
    """Those that have not ended."""
    rows = Job.objects.filter(status__in=UNFINISHED).order_by()
    by_provider = rows.values("credential__provider").annotate(
        **{status: Count("pk", filter=Q(status=status)) for status in UNFINISHED},
        stuck=Count("pk", filter=Q(stuck_at__isnull=False)),
        oldest=Min("created_at"),
    )
    found = {row.pop("credential__provider"): row for row in by_provider}
    none = {**dict.fromkeys((*map(str, UNFINISHED), "stuck"), 0), "oldest": None}
    return [{"provider": provider, **found.get(provider, none)} for provider in Provider.values]


def batches() -> list[dict[str, Any]]:
    told = Q(status__in=Batch.ACTIVE) | Q(created_at__gte=timezone.now() - RECENT)
    counts = dict(Batch.objects.filter(told).order_by().values_list("status").annotate(Count("pk")))
    return [{"status": status, "batches": counts.get(status, 0)} for status in Batch.Status.values]


def waiting() -> dict[str, Any]:
    """How late the next steps are, in seconds, and what has not been told yet."""
    return {
        "next_step_late_seconds": _late(Batch.objects.active().due()),
        "next_poll_late_seconds": _late(Job.objects.filter(status=Job.Status.RUNNING).due()),
        "messages_to_send": Delivery.objects.filter(due_at__isnull=False).count(),
    }


def _late(rows: Any) -> int:
    oldest = rows.aggregate(oldest=Min("due_at"))["oldest"]
    return int((timezone.now() - oldest).total_seconds()) if oldest else 0


def _health_of(credential: Credential, name: str) -> Any:
    health = getattr(credential, "health", None)
    return getattr(health, name, None)
