"""Make a batch once more: of the same input, as one of its own."""

from typing import Any

from django.db import transaction

from batches.models import Batch
from batches.services.budgets import BudgetExceededError
from batches.services.create import Repeat, RoleDeniedError, create
from batches.services.quota import OverLimitError
from files.models import File
from providers.models import LimitExceededError, NoCredentialError, NotAllowedError

# What its client said of it. What it is to be known by, such as an Idempotency-Key, is its own.
SAID = (
    *("virtual_key", "surface", "provider", "endpoint", "name", "inline", "input_uri"),
    *("output_uri", "role_arn", "tags", "timeout_hours", "invocation", "completion_window"),
    *("metadata", "model_override", "output_expires_seconds"),
)


class NotClonableError(Exception):
    """There is nothing that could be sent once more, or not to there."""


CLONE_REFUSALS = (
    NotClonableError,
    NoCredentialError,
    RoleDeniedError,
    NotAllowedError,
    LimitExceededError,
    OverLimitError,
    BudgetExceededError,
)
"""What `clone` raises where it makes none. Their messages say why."""


def clone(batch: Batch, *, provider: str = "", model: str = "") -> Batch:
    """A new batch of the same workspace, perhaps for another provider, or to ask for another model.

    It is the account of the workspace that pays, also where a client brought a key for the first one.
    Raises one of CLONE_REFUSALS.
    """
    if batch.input_file.status != File.Status.STORED:
        raise NotClonableError(f"The input of batch {batch.id} was deleted.")
    if batch.stand_in or not batch.input_file.size:
        raise NotClonableError(
            f"Nobody has the requests of batch {batch.id}: somebody else made it."
        )
    fields: dict[str, Any] = {name: getattr(batch, name) for name in SAID}
    if provider and provider != batch.provider:
        _check_move(batch)
        # A model is one provider's. Whoever names none asks for what the records ask for.
        fields |= {"provider": provider, "model_override": "", "invocation": ""}
    if model:
        fields["model_override"] = model
    if batch.inline:
        fields["total"] = batch.total
    with transaction.atomic():
        new, _ = create(
            workspace=batch.workspace,
            input_file=batch.input_file,
            repeat=Repeat(digest=""),
            fields=fields,
        )
        new.note("cloned", f"from batch {batch.pk}")
        batch.note("cloned", f"as batch {new.pk}, for {new.provider}")
    return new


def _check_move(batch: Batch) -> None:
    """Raises NotClonableError."""
    if batch.input_uri or batch.output_uri or batch.input_file.credential_id:
        raise NotClonableError(
            f"Batch {batch.id} reads or writes in S3, where its provider can: clone it for "
            f"{batch.get_provider_display()}."
        )
