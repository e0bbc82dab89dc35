"""Jobs that Bifrost did not make."""

from django.db import models
from django.utils import timezone

from batches.models.batches import Batch
from providers.ids import new_id
from providers.models import Credential, Workspace


class OutsideJob(models.Model):
    """A job that stands at a provider on one of our accounts, and was made by somebody else.

    What is known is what its provider lists. Once it is adopted, a batch of a workspace stands for it.
    """

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    credential = models.ForeignKey(Credential, models.CASCADE, related_name="outside_jobs")
    upstream_id = models.CharField(max_length=512)
    upstream_status = models.CharField(max_length=100, help_text="the provider's word")
    ending = models.CharField(max_length=12, blank=True, help_text="how it ended, in our words")
    name = models.CharField(max_length=512, blank=True)
    model = models.CharField(max_length=255, blank=True)
    endpoint = models.CharField(max_length=100, blank=True)
    total = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    input_id = models.CharField(
        max_length=1100, blank=True, help_text="the provider's, or its address"
    )
    upstream_files = models.JSONField(default=dict, help_text="the provider's ids of its results")
    batch = models.OneToOneField(
        Batch, models.SET_NULL, null=True, related_name="adopted_from", help_text="once adopted"
    )
    made_at = models.DateTimeField(null=True, help_text="as the provider says")
    seen_at = models.DateTimeField(default=timezone.now, help_text="when it was last listed")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="outside_newest")]
        constraints = [
            models.UniqueConstraint(fields=["credential", "upstream_id"], name="outside_once")
        ]

    def __str__(self) -> str:
        return self.upstream_id

    @property
    def workspace_id(self) -> str | None:
        """Whose account it stands on; none if every workspace may use that."""
        return self.credential.workspace_id

    @property
    def workspace(self) -> Workspace | None:
        return self.credential.workspace
