"""Who owns what."""

from django.contrib import admin
from django.utils.safestring import SafeString

from providers import cells
from providers.admin.protected import ProtectedAdmin
from providers.models import Workspace


@admin.register(Workspace)
class WorkspaceAdmin(ProtectedAdmin):
    list_display = ["name", "code", "created"]
    search_fields = ["name", "id"]
    search_help_text = "Name or id"
    fields = ["name"]
    instead = "Revoke its keys and disable its credentials instead."

    @admin.display(description="id")
    def code(self, workspace: Workspace) -> SafeString:
        return cells.code(workspace.id)

    @admin.display(description="created")
    def created(self, workspace: Workspace) -> SafeString:
        return cells.ago(workspace.created_at)
