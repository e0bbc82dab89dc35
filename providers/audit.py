"""Write down who did what: keys, credentials, cancels, deletions, downloads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db.models import Model

from providers.models import AuditEvent, Workspace

LONGEST_NAME = 512
LONGEST_TARGET = 60
# What an object is called in the name of an action, where it is not as its model.
NOUNS = {"virtualkey": "key", "accessattempt": "failed_logins"}
ACTIONS = (
    *("batch.cancelled", "batch.cloned", "batch.collected_again", "batch.deleted", "batch.erased"),
    *("batch.polled", "batch.retried"),
    *("credential.changed", "credential.deleted", "credential.erased", "credential.made"),
    *("credential.tested", "secrets.rotated"),
    *("credential.webhook_set", "delivery.sent_again"),
    "failed_logins.deleted",
    *("file.deleted", "file.downloaded", "file.erased", "file.estimated"),
    *("group.changed", "group.deleted", "group.made"),
    *("input.downloaded", "records.viewed", "results.downloaded"),
    *("job.adopted", "jobs.listed"),
    *("key.changed", "key.made", "key.revoked"),
    "list.exported",
    *("member.added", "member.changed", "member.removed"),
    *("user.changed", "user.deleted", "user.logged_in", "user.logged_out", "user.login_failed"),
    "user.made",
    *("webhook.changed", "webhook.deleted", "webhook.disabled", "webhook.made", "webhook.rotated"),
    "webhook.tested",
    *("workspace.changed", "workspace.deleted", "workspace.erased", "workspace.exported"),
    *("workspace.made", "workspace.retention_set"),
)
"""What the admin's list can be narrowed to."""


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
    names = {str(about): about.pk} if about else {"": ""}
    record_named(actor, action, names, workspace=workspace, **detail)


def record_each(actor: Actor, action: str, objects: Iterable[Model], **detail: Any) -> None:
    """The same of several objects, each with the workspace that it belongs to."""
    AuditEvent.objects.bulk_create(
        _event(actor, action, str(about), about.pk, _workspace_of(about), detail)
        for about in objects
    )


def record_named(
    actor: Actor,
    action: str,
    names: Mapping[str, object],
    *,
    workspace: Workspace | None = None,
    **detail: Any,
) -> None:
    """The same of what may have no row: names, and the ids of what they stand for, or ""."""
    owner = workspace.pk if workspace else None
    AuditEvent.objects.bulk_create(
        _event(actor, action, name, target, owner, detail) for name, target in names.items()
    )


def noun_of(model: type[Model]) -> str:
    name = str(model._meta.model_name)
    return NOUNS.get(name, name)


def address_of(meta: Mapping[str, Any]) -> str | None:
    """Where a request came from, given its environment: who called Bifrost, or the proxy before it.

    A proxy appends whom it was called by to X-Forwarded-For. What stands before came from the client.
    """
    caller = str(meta.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY:
        hops = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        caller = hops[-settings.PROXIES :][0].strip() or caller
    try:
        return str(ip_address(caller))
    except ValueError:
        return None


def _event(
    actor: Actor,
    action: str,
    name: str,
    target: object,
    workspace_id: str | None,
    detail: dict[str, Any],
) -> AuditEvent:
    return AuditEvent(
        actor_kind=actor.kind,
        actor=actor.name[:150],
        address=actor.address,
        workspace_id=workspace_id,
        action=action,
        target=str(target)[:LONGEST_TARGET],
        name=name[:LONGEST_NAME],
        detail=detail,
    )


def _workspace_of(about: Model) -> str | None:
    return about.pk if isinstance(about, Workspace) else getattr(about, "workspace_id", None)
