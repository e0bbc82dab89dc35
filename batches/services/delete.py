"""Take an ended batch from its clients' sight. Its files stay until they are deleted themselves."""

from django.utils import timezone

from batches.models import Batch


class NotDeletableError(Exception):
    """The batch has not ended."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(f"Cannot delete a batch with status '{batch.status}': cancel it first.")
        self.batch = batch


def delete(batch: Batch) -> None:
    """Raises NotDeletableError while it runs."""
    if not batch.ended:
        raise NotDeletableError(batch)
    # Conditional: a batch whose results are collected again is not to vanish meanwhile.
    gone = Batch.objects.exclude(status__in=Batch.ACTIVE).filter(pk=batch.pk, deleted_at=None)
    if gone.update(deleted_at=timezone.now()):
        batch.note("deleted", "asked for")
