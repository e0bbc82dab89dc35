"""Who may ask, and on whose account we ask."""

from providers.admin.credentials import CredentialAdmin
from providers.admin.keys import VirtualKeyAdmin
from providers.admin.workspaces import WorkspaceAdmin

__all__ = ["CredentialAdmin", "VirtualKeyAdmin", "WorkspaceAdmin"]
