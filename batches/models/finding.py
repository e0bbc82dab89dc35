"""What makes batches findable, and what their finders keep."""

from django.conf import settings
from django.db import models

from batches.models.batches import Batch


class CustomIds(models.Model):
    """The CRC-32 of every custom_id of a batch, in order, four bytes each: whether it may have one."""

    batch = models.OneToOneField(Batch, models.CASCADE, primary_key=True, related_name="custom_ids")
    digests = models.BinaryField()

    def __str__(self) -> str:
        return self.batch_id


class SavedFilter(models.Model):
    """A list as somebody wants to see it again: which page, and with what narrowed down."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=100)
    page = models.CharField(
        max_length=60, help_text="the list's view, as in batches_batch_changelist"
    )
    query = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="filter_named_once")
        ]

    def __str__(self) -> str:
        return self.name
