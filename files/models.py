"""Stored bytes: what clients upload, what batches result in, and the providers' copies."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from providers.ids import new_id
from providers.models import Credential, Workspace


class FileQuerySet(models.QuerySet["File"]):
    def visible(self, workspace: Workspace) -> "FileQuerySet":
        """What a client of the workspace may see."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
            workspace=workspace,
            status=File.Status.STORED,
        ).exclude(purpose=File.Purpose.RAW_RESULTS)

    def expired(self) -> "FileQuerySet":
        return self.filter(status=File.Status.STORED, expires_at__lte=timezone.now())

    def unwanted(self) -> "FileQuerySet":
        """Deleted, with their bytes still there."""
        return self.filter(status=File.Status.DELETING)

    def broken_off(self, before: datetime) -> "FileQuerySet":
        """Whose writer died: begun before that time, and still not whole."""
        return self.filter(status=File.Status.WRITING, created_at__lt=before)


class File(models.Model):
    """Bytes with a purpose, and where they lie.

    The row comes first and says `writing`; it is `stored` once all bytes are. A file that is deleted
    is gone for clients at once (`deleting`), and its bytes once no batch reads them (`deleted`); the
    row stays, since batches name it.
    """

    class Status(models.TextChoices):
        WRITING = "writing"
        STORED = "stored"
        DELETING = "deleting"
        DELETED = "deleted"

    class Purpose(models.TextChoices):
        BATCH = "batch"
        BATCH_OUTPUT = "batch_output"
        ASSISTANTS = "assistants"
        FINE_TUNE = "fine-tune"
        VISION = "vision"
        USER_DATA = "user_data"
        RAW_RESULTS = "raw_results", "what a provider answered"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="files")
    purpose = models.CharField(max_length=20, choices=Purpose)
    filename = models.CharField(max_length=512)
    content_type = models.CharField(max_length=255, default="application/octet-stream")
    surface = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WRITING)
    size = models.BigIntegerField(default=0, help_text="bytes")
    sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="file_listed"),
            models.Index(fields=["-created_at", "-id"], name="file_newest"),
            models.Index(
                fields=["expires_at"],
                name="file_expiring",
                condition=Q(status="stored", expires_at__isnull=False),
            ),
            models.Index(
                fields=["created_at"],
                name="file_unsettled",
                condition=Q(status__in=["writing", "deleting"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.id})"

    @property
    def path(self) -> str:
        """The name of its bytes in the store."""
        return f"{self.workspace_id}/{self.id[:2]}/{self.id}"


class UpstreamFile(models.Model):
    """A provider's copy of a file, or a file that a provider wrote."""

    class Role(models.TextChoices):
        INPUT = "input"
        OUTPUT = "output"
        ERROR = "error"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    file = models.ForeignKey(File, models.CASCADE, related_name="upstream_files")
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="upstream_files")
    role = models.CharField(max_length=10, choices=Role)
    upstream_id = models.CharField(max_length=512, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.upstream_id
