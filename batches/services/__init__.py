"""The life of a batch: create, submit, poll, collect, cancel. Each step is a claim on its row."""

from batches.services.advance import advance
from batches.services.budgets import BudgetExceededError, Month, month_of
from batches.services.cancel import NotCancellableError, cancel, stop
from batches.services.clone import CLONE_REFUSALS, NotClonableError, clone
from batches.services.collect import NotCollectableError, collect_again
from batches.services.create import (
    IdempotencyConflictError,
    Repeat,
    RoleDeniedError,
    create,
    made_before,
)
from batches.services.delete import NotDeletableError, delete
from batches.services.direct import erase_keys
from batches.services.discard import credentials_with_leftovers, discard
from batches.services.erase import (
    LeftBehindError,
    StillRunningError,
    cancel_all,
    erase_batch,
    erase_file,
    erase_workspace,
)
from batches.services.failures import Failures, Group, grouped
from batches.services.looking import (
    Bounds,
    Look,
    OutOfBoundsError,
    Page,
    Row,
    Wanted,
    look,
    look_at,
)
from batches.services.outcomes import ResultsRemovedError, results
from batches.services.outside import (
    NoSuchJobError,
    NotAdoptableError,
    Synced,
    adopt,
    credentials_to_sync,
    sync,
    sync_one,
)
from batches.services.poll import credentials_due, poll, poll_now, poll_soon
from batches.services.quota import OverLimitError, Usage, usage_of
from batches.services.retention import archive, retain
from batches.services.retry import NotRetriableError, retry
from batches.services.samples import sample
from batches.services.sending import (
    Outcome,
    send,
    send_again,
    send_test,
    webhooks_due,
)
from batches.services.sweep import beat, expire, forgotten, seen
from batches.services.watchdog import stuck
from batches.services.webhooks import rotate_secret
from providers.models import NoCredentialError

__all__ = [
    "Bounds",
    "BudgetExceededError",
    "CLONE_REFUSALS",
    "Failures",
    "Group",
    "IdempotencyConflictError",
    "LeftBehindError",
    "Look",
    "Month",
    "NoCredentialError",
    "NoSuchJobError",
    "NotAdoptableError",
    "NotCancellableError",
    "NotClonableError",
    "NotCollectableError",
    "NotDeletableError",
    "NotRetriableError",
    "OutOfBoundsError",
    "Outcome",
    "OverLimitError",
    "Page",
    "Repeat",
    "ResultsRemovedError",
    "RoleDeniedError",
    "Row",
    "StillRunningError",
    "Synced",
    "Usage",
    "Wanted",
    "adopt",
    "advance",
    "archive",
    "beat",
    "cancel",
    "cancel_all",
    "clone",
    "collect_again",
    "create",
    "credentials_due",
    "credentials_to_sync",
    "credentials_with_leftovers",
    "delete",
    "discard",
    "erase_batch",
    "erase_file",
    "erase_keys",
    "erase_workspace",
    "expire",
    "forgotten",
    "grouped",
    "look",
    "look_at",
    "made_before",
    "month_of",
    "poll",
    "poll_now",
    "poll_soon",
    "results",
    "retain",
    "retry",
    "rotate_secret",
    "sample",
    "seen",
    "send",
    "send_again",
    "send_test",
    "stop",
    "stuck",
    "sync",
    "sync_one",
    "usage_of",
    "webhooks_due",
]
