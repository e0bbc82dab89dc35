"""The life of a batch: create, submit, poll, collect, cancel. Each step is a claim on its row."""

from batches.services.advance import advance
from batches.services.cancel import NotCancellableError, cancel, stop
from batches.services.collect import NotCollectableError, collect_again
from batches.services.create import (
    IdempotencyConflictError,
    Repeat,
    RoleDeniedError,
    create,
    made_before,
)
from batches.services.delete import NotDeletableError, delete
from batches.services.discard import credentials_with_leftovers, discard
from batches.services.erase import erase_keys
from batches.services.outcomes import results
from batches.services.poll import credentials_due, poll, poll_now
from batches.services.quota import OverLimitError, Usage, usage_of
from batches.services.sweep import beat, expire, forgotten
from providers.models import NoCredentialError

__all__ = [
    "IdempotencyConflictError",
    "NoCredentialError",
    "NotCancellableError",
    "NotCollectableError",
    "NotDeletableError",
    "OverLimitError",
    "Repeat",
    "RoleDeniedError",
    "Usage",
    "advance",
    "beat",
    "cancel",
    "collect_again",
    "create",
    "credentials_due",
    "credentials_with_leftovers",
    "delete",
    "discard",
    "erase_keys",
    "expire",
    "forgotten",
    "made_before",
    "poll",
    "poll_now",
    "results",
    "usage_of",
    "stop",
]
