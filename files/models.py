"""Stored bytes: what clients upload, what batches result in, and the providers' copies."""

import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from files.fields import KeyField
from providers import rows
from providers.ids import new_id
from providers.models import Credential, Workspace


def new_token() -> str:
    return secrets.token_urlsafe(32)


class FileQuerySet(models.QuerySet["File"]):
    def visible(self, workspace: Workspace) -> "FileQuerySet":
        """What a client of the workspace may see."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
            workspace=workspace,
            status=File.Status.STORED,
        ).exclude(purpose__in=File.HIDDEN)

    def expired(self) -> "FileQuerySet":
        return self.filter(status=File.Status.STORED, expires_at__lte=timezone.now())

    def unwanted(self) -> "FileQuerySet":
        """Deleted, with their bytes still there."""
        return self.filter(status=File.Status.DELETING)

    def broken_off(self, before: datetime) -> "FileQuerySet":
        """Whose writer died: begun before that time, and neither whole nor part of an upload."""
        return self.filter(status=File.Status.WRITING, created_at__lt=before, part=None)


class File(models.Model):
    """Bytes with a purpose, and where they lie.

    The row comes first and says `writing`; it is `stored` once all bytes are. A file that is deleted
    is gone for clients at once (`deleting`), and its bytes once no batch reads them (`deleted`); the
    row stays, since batches name it.

    Its bytes lie in the gateway's own store, under `path`, or in a client's S3 bucket, under `key`, reached
    with `credential`. A file in the own store may have a bucket and a key too: S3 clients call it so. What
    others can change in their bucket has a `copy`, from when a batch reads it.
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
        COPY = "copy", "a copy of what lies in a client's bucket"

    HIDDEN = (Purpose.RAW_RESULTS, Purpose.COPY)

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="files")
    purpose = models.CharField(max_length=20, choices=Purpose)
    filename = models.CharField(max_length=512)
    name = models.CharField(max_length=40, blank=True, help_text="what a GenAI client calls it")
    content_type = models.CharField(max_length=255, default="application/octet-stream")
    surface = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.WRITING)
    size = models.BigIntegerField(default=0, help_text="bytes")
    lines = models.PositiveBigIntegerField(
        null=True, help_text="the last one without an end as well; known where a key's limit asks"
    )
    sha256 = models.CharField(max_length=64, blank=True)
    credential = models.ForeignKey(
        Credential,
        models.PROTECT,
        null=True,
        related_name="files",
        help_text="whose S3 bucket its bytes lie in; none for the gateway's own store",
    )
    region = models.CharField(max_length=40, blank=True)
    bucket = models.CharField(max_length=255, blank=True)
    key = KeyField(blank=True, help_text="what it is called in the bucket")
    etag = models.CharField(max_length=255, blank=True, help_text="what S3 said of its bytes")
    copy = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="original",
        help_text="the same bytes in the gateway's own store, for the batches that read them",
    )
    headers = models.JSONField(
        default=dict, blank=True, help_text="what an S3 client wants to be told with its bytes"
    )
    traceparent = models.CharField(
        max_length=55, blank=True, help_text="the trace of its upload, as W3C writes it"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="file_listed"),
            models.Index(fields=["-created_at", "-id"], name="file_newest"),
            models.Index(fields=["purpose", "-created_at"], name="file_by_purpose"),
            models.Index(fields=["status", "-created_at"], name="file_by_status"),
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
            models.Index(
                fields=["workspace", "created_at"], name="file_kept", condition=Q(status="stored")
            ),
            models.Index(
                fields=["workspace", "deleted_at"],
                name="file_gone",
                condition=Q(status="deleted"),
            ),
            models.Index(fields=["workspace", "bucket", "key"], name="file_named"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "bucket", "key"],
                condition=Q(status="stored", credential=None) & ~Q(bucket=""),
                name="file_named_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "credential", "bucket", "key"],
                condition=Q(status="stored", credential__isnull=False),
                name="file_in_bucket_once",
            ),
            models.UniqueConstraint(
                fields=["workspace", "name"],
                condition=Q(status="stored") & ~Q(name=""),
                name="file_called_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.id})"

    @classmethod
    def of(cls, workspace: Workspace, pk: str) -> "File | None":
        """A file that a client of the workspace may see."""
        file = rows.find(cls, "id = %s AND workspace_id = %s", pk, workspace.pk)
        return file if file and file.is_visible else None

    @property
    def path(self) -> str:
        """The name of its bytes in the store."""
        return f"{self.workspace_id}/{self.id[:2]}/{self.id}"

    @property
    def is_visible(self) -> bool:
        """As FileQuerySet.visible has it."""
        return (
            self.status == File.Status.STORED
            and self.purpose not in self.HIDDEN
            and (self.expires_at is None or self.expires_at > timezone.now())
        )

    @property
    def folder(self) -> str:
        """What nothing but this file lies in, in a client's bucket."""
        return f"file-{self.id}/"

    @property
    def has_own_folder(self) -> bool:
        return self.folder in self.key

    @property
    def is_adopted(self) -> bool:
        """Whether it was in a client's bucket before Bifrost knew of it."""
        return self.credential_id is not None and not (self.sha256 or self.surface)

    @property
    def s3_uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}" if self.bucket else ""


class UploadQuerySet(models.QuerySet["Upload"]):
    def live(self) -> "UploadQuerySet":
        return self.filter(expires_at__gt=timezone.now())

    def ended(self, now: datetime) -> "UploadQuerySet":
        """Completed, given up or too old: their parts are of no more use."""
        return self.filter(Q(file__isnull=False) | Q(expires_at__lte=now))


class Upload(models.Model):
    """A file that comes in several requests, at whichever process: resumable, or in parts of any order.

    Whoever knows its id may send to it, so the id cannot be guessed. `wanted` is what the file is to be.
    """

    LASTS = timedelta(days=7)

    id = models.CharField(primary_key=True, max_length=43, default=new_token, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="uploads")
    surface = models.CharField(max_length=20)
    wanted = models.JSONField(default=dict)
    size = models.BigIntegerField(null=True, help_text="bytes that were announced")
    file = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    objects = UploadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.surface} upload of {self.created_at:%Y-%m-%d %H:%M}"


class UploadPart(models.Model):
    """Bytes of an upload: in its order, by number from 1 or by offset."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    number = models.BigIntegerField()
    size = models.BigIntegerField(help_text="bytes")
    etag = models.CharField(max_length=64)
    checksum = models.CharField(max_length=100, blank=True, help_text="what an S3 client sent too")
    file = models.OneToOneField(
        File, models.CASCADE, related_name="part", help_text="its bytes, never seen as a file"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="upload_part_once")
        ]

    def __str__(self) -> str:
        return f"part {self.number}"


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
