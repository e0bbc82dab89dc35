"""Write down who did what: keys, credentials, cancels, deletions, downloads."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from providers.models import AuditEvent, Workspace

LONGEST_NAME = 512


@dataclass(frozen=True)
class Actor:
    """Who acts. `name` is a user's name, a key's id, or a command; `address` where a request came from."""

    kind: AuditEvent.ActorKind
    name: str
    address: str | None = None


def record(
    actor: Actor, action: str, about: Model | None, *, workspace: Workspace | None, **detail: Any
) -> None:
    """Keep that somebody did something to an object, or to many without naming any.

    `detail` holds no secret and no text of a record.
    """
    AuditEvent.objects.create(
        actor_kind=actor.kind,
        actor=actor.name[:150],
        address=actor.address,
        workspace=workspace,
        action=action,
        target=str(about.pk) if about else "",
        name=str(about)[:LONGEST_NAME] if about else "",
        detail=detail,
    )
