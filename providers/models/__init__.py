"""Who may ask (workspaces and their keys), on whose account we ask (credentials), and who did what."""

from providers.models.audit import AuditEvent, WrittenOnceError
from providers.models.calls import CredentialHealth, UpstreamCalls
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
from providers.models.members import Membership
from providers.models.workspaces import Workspace

__all__ = [
    "AuditEvent",
    "Credential",
    "CredentialHealth",
    "CredentialQuerySet",
    "KeyTexts",
    "LimitExceededError",
    "Membership",
    "NoCredentialError",
    "NotAllowedError",
    "Provider",
    "UpstreamCalls",
    "VirtualKey",
    "Workspace",
    "WrittenOnceError",
]
