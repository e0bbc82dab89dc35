"""What Ctrl+K finds: what an id names, the lists that text can be searched in, and the pages of the menu.

Each model's own admin says what the user may see. Nothing is kept: the theme's own search shows what it found
for minutes, be it gone or somebody else's by then, and takes small letters for capital ones.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from batches.admin.search import batches_named, jobs_named
from batches.models import Batch, Job, OutsideJob, Webhook
from bifrost.menu import MENU
from files.models import File
from providers.console import ConsoleAdmin
from providers.ids import core_id
from providers.models import Credential, VirtualKey, Workspace

LONGEST = 200
MOST = 5
# Of these there are many: no more is asked here than whether an id names them, which indexes tell.
NAMED: dict[type[Any], Callable[[str], Iterable[str]]] = {
    Batch: batches_named,
    Job: jobs_named,
    File: lambda text: [core_id(text)],
}
FEW: tuple[type[Any], ...] = (OutsideJob, Webhook, VirtualKey, Credential, Workspace)
SEARCHED = {
    Batch: "any id, custom_id, model, name or error, as far back as you like",
    Job: "any id, model or error",
    File: "ids and names",
}


@dataclass(frozen=True)
class Found:
    """A row of the palette, as the theme shows it."""

    title: str
    description: str
    link: str
    icon: str


@require_GET
def search(request: HttpRequest) -> TemplateResponse:
    """The rows for what was typed."""
    text = request.GET.get("s", "").strip()[:LONGEST]
    found = (
        [*_places(request, text), *_objects(request, text), *_lists(request, text)] if text else []
    )
    return TemplateResponse(request, "admin/palette.html", {"results": found})


def _places(request: HttpRequest, text: str) -> Iterator[Found]:
    for section in MENU:
        for item in section["items"]:
            seen = item.get("permission", lambda request: True)
            if text.lower() in item["title"].lower() and seen(request):
                yield Found(item["title"], section["title"], str(item["link"]), item["icon"])


def _objects(request: HttpRequest, text: str) -> Iterator[Found]:
    for model in (*NAMED, *FEW):
        viewing = _admin_of(request, model)
        if viewing is None:
            continue
        rows = viewing.get_queryset(request)
        if model in NAMED:
            rows = rows.filter(pk__in=NAMED[model](text))
        else:
            rows, _ = viewing.get_search_results(request, rows, text)
        for row in rows[:MOST]:
            kind = str(viewing.opts.verbose_name)
            yield Found(viewing.name_of(row), kind, viewing.url("change", row), "arrow_outward")


def _lists(request: HttpRequest, text: str) -> Iterator[Found]:
    """It takes a second to look into so many, so that is left to who wants it."""
    for model, told in SEARCHED.items():
        if viewing := _admin_of(request, model):
            link = f"{viewing.url('changelist')}?{urlencode({'q': text})}"
            name = viewing.opts.verbose_name_plural
            yield Found(f"Search {name} for “{text}”", told, link, "search")


def _admin_of(request: HttpRequest, model: type[Any]) -> ConsoleAdmin | None:
    """None if the user may not look at any of it."""
    viewing = admin.site.get_model_admin(model)
    assert isinstance(viewing, ConsoleAdmin)
    return viewing if viewing.has_view_permission(request) else None
