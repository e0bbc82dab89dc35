"""The audit trail as the admin shows it: to be read, and nothing else."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter
from unfold.contrib.filters.admin import DropdownFilter as ThemeDropdownFilter

from providers import cells
from providers.audit import ACTIONS
from providers.console import ReadOnlyAdmin
from providers.ids import core_id
from providers.lookback import where
from providers.models import AuditEvent

# The models that an action is about, by its first word.
ABOUT = {
    "batch": "batches.batch",
    "input": "batches.batch",
    "results": "batches.batch",
    "file": "files.file",
    "key": "providers.virtualkey",
    "credential": "providers.credential",
    "webhook": "batches.webhook",
    "delivery": "batches.delivery",
    "workspace": "providers.workspace",
    "user": "auth.user",
    "group": "auth.group",
}


class ActionFilter(ThemeDropdownFilter):  # type: ignore[misc]
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in ACTIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() in ACTIONS else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Nobody writes here, whatever their permissions."""

    list_display = ["when", "done", "who", "what", "workspace"]
    list_filter = [
        ActionFilter,
        ("actor_kind", ChoicesCheckboxFilter),
        ("workspace", RelatedDropdownFilter),
    ]
    workspace_path = "workspace"
    when_empty = "What people do here, by keys and at the command line is written down."
    list_select_related = ["workspace"]
    search_fields = ["target"]
    search_help_text = "Who, an id, or the beginning of a name"
    date_hierarchy = "at"
    ordering = ["-at", "-id"]
    actions = None
    fieldsets = [
        (
            None,
            {"fields": ["when", "action", "who", "address", "workspace", "object", "details"]},
        )
    ]

    @admin.display(description="time")
    def when(self, event: AuditEvent) -> SafeString:
        return cells.stacked(cells.stamp(event.at), cells.ago(event.at))

    @admin.display(description="action")
    def done(self, event: AuditEvent) -> SafeString:
        return cells.code(event.action)

    @admin.display(description="by")
    def who(self, event: AuditEvent) -> SafeString:
        return cells.stacked(
            cells.clipped(event.actor, 40), event.get_actor_kind_display(), event.address or ""
        )

    @admin.display(description="what it was done to")
    def what(self, event: AuditEvent) -> SafeString:
        target = "" if event.name == event.target else cells.code(event.target)
        return cells.stacked(cells.clipped(event.name, 60), target)

    @admin.display(description="what it was done to")
    def object(self, event: AuditEvent) -> SafeString:
        return cells.stacked(_linked(event), event.name)

    @admin.display(description="details")
    def details(self, event: AuditEvent) -> SafeString:
        rows = [(name, _said(value)) for name, value in event.detail.items()]
        return format_html_join("", "<div>{}: {}</div>", rows) if rows else cells.NONE

    def search(self, request: HttpRequest, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        named = queryset.filter(Q(target__in=[text, core_id(text)]) | Q(actor=text))
        if named.order_by().exists():
            return named
        matcher = where(Q(name__istartswith=text))
        return self.search_back(request, queryset, matcher, tried="who, ids and names")


def _linked(event: AuditEvent) -> SafeString:
    """The id, and the way to what it names, if that is still there."""
    shown = cells.code(event.target)
    label = ABOUT.get(event.action.partition(".")[0])
    if not (label and event.target):
        return shown
    model = apps.get_model(label)
    if not model._base_manager.filter(pk=event.target).exists():
        return shown
    return cells.link(
        reverse(f"admin:{label.replace('.', '_')}_change", args=[event.target]), shown
    )


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
