"""Who owns what."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.safestring import SafeString

from providers import cells
from providers.admin.fields import NamesField
from providers.admin.protected import ProtectedAdmin
from providers.models import Workspace

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
        fields = ["name", "buckets", *KEPT]
        labels = {name: f"{label}, days" for name, label in KEPT.items()}


@admin.register(Workspace)
class WorkspaceAdmin(ProtectedAdmin):
    form = WorkspaceForm
    list_display = ["name", "code", "created"]
    search_fields = ["name", "id"]
    search_help_text = "Name or id"
    fieldsets = [
        (None, {"fields": ["name", "buckets"]}),
        (
            "How long things are kept",
            {
                "fields": list(KEPT),
                "description": "What is left empty stays until a client deletes it.",
            },
        ),
    ]
    instead = "Revoke its keys and disable its credentials instead."

    @admin.display(description="id")
    def code(self, workspace: Workspace) -> SafeString:
        return cells.code(workspace.id)

    @admin.display(description="created")
    def created(self, workspace: Workspace) -> SafeString:
        return cells.ago(workspace.created_at)

    def terms_of(self, obj: Any) -> dict[str, Any]:
        return {name: getattr(obj, name) for name in ("buckets", *KEPT)}
