"""The admin's first page: what runs, what waits, what failed and why, what it took and what it cost.

Every query reads an index, and no further than a bound: the page takes as long with a million batches.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from batches.admin import looks
from batches.admin.dashboard import charts, failures, figures, standing, tables, tiles
from batches.admin.dashboard.period import PERIODS, USUAL, Window
from batches.models import Batch
from providers import cells
from providers.models import Workspace

MOST_WORKSPACES = 200
LIVE = "live"
Checks = Mapping[str, Callable[[], str]]
# What to look at where a part does not answer.
ADVICE = {
    "database": "Is it up, and is DATABASE_URL right?",
    "broker": "Is it up, and is CELERY_BROKER_URL right? Work goes on once it answers.",
    "storage": "Is BIFROST_STORAGE_URL reachable and writable, and is there room?",
    "beat": "Start it: python -m bifrost.run beat. Until then nothing is polled.",
    "worker": "Start one: python -m bifrost.run worker. Until then nothing is sent or collected.",
}


@dataclass(frozen=True)
class View:
    """What is asked for: the period, and the workspaces that are told of (all, if None)."""

    period: str
    workspace: str
    workspaces: Collection[str] | None

    def url(self, **changes: str) -> str:
        asked = {"period": self.period, "workspace": self.workspace, **changes}
        named = {name: value for name, value in asked.items() if value}
        return f"{reverse('admin:index')}?{urlencode(named)}"


def show(
    request: HttpRequest,
    context: dict[str, Any],
    *,
    checks: Checks,
    workspaces: Collection[str] | None = None,
    example: str = "",
) -> dict[str, Any]:
    """What the page shows, as far as the user may see it: of these workspaces, or of all.

    The example of a client is for those who have no batch yet.
    """
    if not request.user.has_perm("batches.view_batch"):
        return context
    offered = _offered(workspaces)
    view = _asked(request, offered, workspaces)
    window = Window(PERIODS[view.period])
    past = _past(window, view.workspaces)
    present = _present(request, window, view.workspaces)
    idle = not (past["whole"].batches or present["oldest"])
    return context | {
        "title": "Overview",
        "layout": "admin/bare.html" if LIVE in request.GET else "admin/base.html",
        "view": view,
        "window": window,
        "updated": window.label(window.now, "%H:%M:%S %Z"),
        "live_url": view.url(**{LIVE: "1"}),
        "periods": [(one, view.url(period=one.key)) for one in PERIODS.values()],
        "offered": offered,
        "health": _health(checks),
        "example": example if idle and not _any_batch(view.workspaces) else "",
        **past,
        **present,
    }


def _offered(workspaces: Collection[str] | None) -> list[Workspace]:
    rows = Workspace.objects.order_by("name")
    if workspaces is not None:
        rows = rows.filter(pk__in=workspaces)
    return list(rows[:MOST_WORKSPACES])


def _asked(
    request: HttpRequest, offered: list[Workspace], workspaces: Collection[str] | None
) -> View:
    """Whatever is not offered is not looked at, whoever asks."""
    period = request.GET.get("period", "")
    workspace = request.GET.get("workspace", "")
    known = any(one.pk == workspace for one in offered)
    return View(
        period=period if period in PERIODS else USUAL,
        workspace=workspace if known else "",
        workspaces=[workspace] if known else workspaces,
    )


def _any_batch(workspaces: Collection[str] | None) -> bool:
    rows = Batch.objects.order_by()
    return (rows if workspaces is None else rows.filter(workspace__in=workspaces)).exists()


def _health(checks: Checks) -> list[dict[str, str]]:
    told = []
    for name, check in checks.items():
        said = check()
        tone = {"ok": "good", "not known yet": "calm"}.get(said, "bad")
        advice = ADVICE.get(name, "") if tone == "bad" else ""
        told.append({"name": name, "said": said, "tone": tone, "advice": advice})
    return told


def _past(window: Window, workspaces: Collection[str] | None) -> dict[str, Any]:
    """What the ledger tells of the period."""
    bars = figures.over_time(window, workspaces)
    by_model = figures.by_model(window, workspaces)
    whole = figures.total(by_model.values())
    return {
        "whole": whole,
        "past_tiles": tiles.past(window, whole),
        "ended": _counts(Batch.Status, whole.statuses, only=set(Batch.Status) - set(Batch.ACTIVE)),
        "bar_charts": [
            charts.records_over_time(window, bars),
            charts.spend_over_time(window, bars),
        ],
        "models": tables.models(by_model),
        "spend": tables.spend(by_model, figures.by_workspace(window, workspaces)),
        "causes": failures.causes(window, workspaces),
    }


def _present(
    request: HttpRequest, window: Window, workspaces: Collection[str] | None
) -> dict[str, Any]:
    """What is unfinished, and how that came about."""
    points: list[datetime] = window.points
    jobs, ages = standing.over_time(points, workspaces)
    may = request.user.has_perm
    return {
        "now_tiles": tiles.now(standing.now(workspaces)),
        "active": _counts(Batch.Status, standing.batches(workspaces), only=set(Batch.ACTIVE)),
        "job_charts": charts.jobs_over_time(window, points, jobs),
        "queue_chart": charts.queue_over_time(window, points, ages, looked=bool(jobs)),
        "oldest": tables.oldest(standing.oldest(workspaces), open_jobs=may("batches.view_job")),
        "credentials": tables.credentials(
            standing.credentials(workspaces), linked=may("providers.view_credential")
        ),
    }


def _counts(
    statuses: type[Batch.Status], counts: Mapping[str, int], *, only: set[Batch.Status]
) -> list[dict[str, Any]]:
    """How many batches there are of each of these statuses, and where they are listed."""
    lists = reverse("admin:batches_batch_changelist")
    return [
        {
            "count": cells.number(counts.get(status, 0)),
            "label": looks.batch_status(Batch(status=status)),
            "url": f"{lists}?{urlencode({'status__exact': status})}",
        }
        for status in statuses
        if status in only
    ]
