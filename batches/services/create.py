"""Write down what a client wants; a worker does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from batches.models import Batch
from batches.services import budgets, quota
from files.models import File
from providers import rows, tracing
from providers.models import Credential, NoCredentialError, Workspace
from providers.services import direct_credential

REPEATED_WITHIN = timedelta(minutes=10)
WINDOWS = {"24h": timedelta(hours=24)}


class IdempotencyConflictError(Exception):
    """The idempotency key was used before, for something else."""


class RoleDeniedError(Exception):
    """No credential of the workspace lets clients name that role of AWS's."""


@dataclass(frozen=True)
class Repeat:
    """How to tell that a create was made before.

    `digest` stands for the body and who sent it, `key` is the client's Idempotency-Key, and `automatic`
    says that the SDK repeats on its own because an answer got lost.
    """

    digest: str
    key: str | None = None
    automatic: bool = False


def create(
    *,
    workspace: Workspace,
    input_file: File,
    repeat: Repeat,
    fields: Mapping[str, Any],
    own_key: str = "",
) -> tuple[Batch, bool]:
    """The batch, and whether it is new: a repeated create gets the one that the first try made.

    `own_key` is its client's own at the provider. Raises NoCredentialError, RoleDeniedError,
    OwnKeyRefusedError, IdempotencyConflictError and what its key does not allow: NotAllowedError,
    LimitExceededError, OverLimitError and BudgetExceededError.
    """
    if key := fields.get("virtual_key"):
        key.check_provider(fields["provider"])
        if model := fields.get("model_override"):
            key.check_model(model)
    try:
        return _create(workspace, input_file, repeat, fields, own_key)
    except IntegrityError:
        # Another file came with the same Idempotency-Key, at the same moment, and was faster.
        made = made_before(workspace, repeat)
        if made is None:
            raise
        return made, False


def _create(
    workspace: Workspace,
    input_file: File,
    repeat: Repeat,
    fields: Mapping[str, Any],
    own_key: str,
) -> tuple[Batch, bool]:
    with transaction.atomic():
        _lock(input_file, alone=repeat.automatic)
        if made := made_before(workspace, repeat):
            return made, False
        key = fields.get("virtual_key")
        if key:
            quota.check(key, input_file)
        now = timezone.now()
        batch = Batch(
            workspace=workspace,
            input_file=input_file,
            request_digest=repeat.digest,
            idempotency_key=repeat.key,
            created_at=now,
            traceparent=tracing.current(),
            expires_at=_expiry(now, fields),
            **fields,
        )
        batch.credential = _own_account(batch, own_key)
        budgets.check(batch.workspace, key)
        rows.insert(batch)
        with_it = ", with a key of its client's own" if own_key else ""
        way = f"through {batch.get_surface_display()}, for {batch.get_provider_display()}"
        batch.note("created", f"{way}{with_it}")
    return batch, True


def _own_account(batch: Batch, own_key: str) -> Credential | None:
    """That of its client's own key; without one, the workspace must have one for it.

    Raises NoCredentialError, RoleDeniedError and OwnKeyRefusedError.
    """
    if own_key:
        return direct_credential(
            batch.workspace, batch.provider, secret=own_key, name=f"direct {batch.pk}"
        )
    # The workspace of a key is known by its id alone: what budget it has comes along.
    table = Credential._meta.db_table
    reached = f'id = %s AND EXISTS (SELECT 1 FROM "{table}" WHERE {Credential.USABLE})'  # noqa: S608 -- our own words
    workspace = rows.find(
        Workspace, reached, batch.workspace_id, batch.workspace_id, batch.provider
    )
    if workspace is None:
        raise NoCredentialError(batch.provider)
    batch.workspace = workspace
    if batch.role and not _allows(workspace, batch.provider, batch.role):
        raise RoleDeniedError(
            f"The role '{batch.role[:200]}' is not allowed here: name another, or ask the operator to add it "
            "to the credential for Bedrock."
        )
    return None


def _allows(workspace: Workspace, provider: str, role: str) -> bool:
    usable = Credential.objects.usable(workspace=workspace, provider=provider)
    return any(one.allows_role(role) for one in usable)


def _lock(input_file: File, *, alone: bool) -> None:
    """Equal creates name the same file: they share it, and a repeat wants it alone.

    So it waits until a first try that is still under way has been written. SQLite has one writer anyway.
    """
    if connection.features.has_select_for_update:
        how = "UPDATE" if alone else "KEY SHARE"
        table = connection.ops.quote_name(File._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR {how}", [input_file.pk])  # noqa: S608 -- our own table and words


def made_before(workspace: Workspace, repeat: Repeat) -> Batch | None:
    """What the first try of a repeated create made. Raises IdempotencyConflictError."""
    if repeat.key is None and not repeat.automatic:
        return None
    made = Batch.objects.filter(workspace=workspace)
    if repeat.key is not None:
        batch = made.filter(idempotency_key=repeat.key).first()
        if batch and batch.request_digest != repeat.digest:
            raise IdempotencyConflictError(repeat.key)
        return batch
    since = timezone.now() - REPEATED_WITHIN
    return made.filter(request_digest=repeat.digest, created_at__gte=since).first()


def _expiry(created_at: datetime, fields: Mapping[str, Any]) -> datetime:
    if hours := fields.get("timeout_hours"):
        return created_at + timedelta(hours=hours)
    return created_at + WINDOWS[fields["completion_window"]]
