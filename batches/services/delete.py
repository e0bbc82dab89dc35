"""Take an ended batch from its clients' sight. Its files stay until they are deleted themselves."""

from contextlib import suppress

from django.utils import timezone

from batches.models import Batch
from batches.services.cancel import NotCancellableError, cancel


class NotDeletableError(Exception):
    """The batch has not ended."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(f"Cannot delete a batch with status '{batch.status}': cancel it first.")
        self.batch = batch


def delete(batch: Batch, *, stop: bool = False) -> bool:
    """Whether it was there. Raises NotDeletableError while it runs, unless it is to `stop`: that ends
    unseen, as after a cancel."""
    gone = Batch.objects.filter(pk=batch.pk, deleted_at=None)
    if stop and not batch.ended:
        # One whose results are being written ends by itself.
        with suppress(NotCancellableError):
            cancel(batch)
    elif not batch.ended:
        raise NotDeletableError(batch)
    else:
        # Conditional: a batch whose results are collected again is not to vanish meanwhile.
        gone = gone.exclude(status__in=Batch.ACTIVE)
    deleted = gone.update(deleted_at=timezone.now())
    if deleted:
        batch.note("deleted", "asked for")
    return bool(deleted)
