"""Who may ask (workspaces and their keys), on whose account we ask (credentials), and who did what."""

from providers.models.audit import AuditEvent, WrittenOnceError
from providers.models.credentials import (
    Credential,
    CredentialQuerySet,
    NoCredentialError,
    Provider,
)
from providers.models.keys import (
    KeyTexts,
    LimitExceededError,
    NotAllowedError,
    VirtualKey,
)
from providers.models.workspaces import Workspace

__all__ = [
    "AuditEvent",
    "Credential",
    "CredentialQuerySet",
    "KeyTexts",
    "LimitExceededError",
    "NoCredentialError",
    "NotAllowedError",
    "Provider",
    "VirtualKey",
    "Workspace",
    "WrittenOnceError",
]
