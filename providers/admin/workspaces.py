"""Who owns what."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest
from django.utils.safestring import SafeString

from providers import cells
from providers.admin.fields import NamesField
from providers.admin.members import MembersInline
from providers.admin.protected import ProtectedAdmin
from providers.models import Workspace
from providers.money import dollars
from providers.prices import DOLLAR
from providers.roles import is_bound

KEPT = {
    "keep_inputs_days": "Inputs",
    "keep_results_days": "Results",
    "keep_rows_days": "Batches",
}


class WorkspaceForm(forms.ModelForm[Workspace]):
    buckets = NamesField(
        label="Buckets",
        help_text="S3 buckets that its clients may name, one per line, beside those of its own credentials.",
    )

    class Meta:
        model = Workspace
        fields = ["name", "buckets", "monthly_budget", *KEPT]
        labels = {
            "monthly_budget": "Budget per month, US dollars",
            **{name: f"{label}, days" for name, label in KEPT.items()},
        }


@admin.register(Workspace)
class WorkspaceAdmin(ProtectedAdmin):
    form = WorkspaceForm
    list_display = ["name", "code", "budget", "kept", "created"]
    search_fields = ["name", "id"]
    search_help_text = "Name or id"
    workspace_path = "pk"
    inlines = (MembersInline,)
    fieldsets = [
        (None, {"fields": ["name", "buckets"]}),
        (
            "What it may cost",
            {
                "fields": ["monthly_budget"],
                "description": "What is left empty is not limited. Batches that would cost more are refused.",
            },
        ),
        (
            "How long things are kept",
            {
                "fields": list(KEPT),
                "description": "What is left empty stays until a client deletes it.",
            },
        ),
    ]
    change_form_template = "admin/providers/workspace/page.html"
    instead = "Revoke its keys and disable its credentials instead."

    @admin.display(description="id")
    def code(self, workspace: Workspace) -> SafeString:
        return cells.code(workspace.id)

    @admin.display(description="budget per month")
    def budget(self, workspace: Workspace) -> str | SafeString:
        amount = workspace.monthly_budget
        return cells.faint("not limited") if amount is None else dollars(int(amount * DOLLAR))

    @admin.display(description="keeps")
    def kept(self, workspace: Workspace) -> SafeString:
        days = {label: getattr(workspace, name) for name, label in KEPT.items()}
        told = [f"{label.lower()} {kept} d" for label, kept in days.items() if kept is not None]
        return cells.stacked(*told) if told else cells.faint("all")

    @admin.display(description="created")
    def created(self, workspace: Workspace) -> SafeString:
        return cells.ago(workspace.created_at)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What a workspace may have is for those to say who look after all of them."""
        if not is_bound(request.user):
            # It is known by its name: to clients where any key will do, and to the command line.
            return ["name"] if obj and obj.name == Workspace.DEFAULT else []
        return [str(name) for name in flatten_fieldsets(self.get_fieldsets(request, obj))]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        super().save_formset(request, form, formset, change)
        changed = [member for member, _ in formset.changed_objects]
        for verb, members in (
            ("added", formset.new_objects),
            ("changed", changed),
            ("removed", formset.deleted_objects),
        ):
            for member in members:
                self._trace(request, [member], verb, noun="member", role=member.role)

    def terms_of(self, obj: Any) -> dict[str, Any]:
        budget = None if obj.monthly_budget is None else str(obj.monthly_budget)
        return {
            **{name: getattr(obj, name) for name in ("buckets", *KEPT)},
            "monthly_budget": budget,
        }
