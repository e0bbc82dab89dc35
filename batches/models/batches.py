"""What clients created."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models.due import DueQuerySet
from files.models import File
from providers import rows
from providers.ids import new_id
from providers.models import Credential, Provider, VirtualKey, Workspace

if TYPE_CHECKING:
    from batches.models.jobs import Job


class Surface(models.TextChoices):
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    BEDROCK = "bedrock", "Bedrock"
    GENAI = "genai", "Google GenAI"


ENDED_AT = Coalesce("completed_at", "failed_at", "expired_at", "cancelled_at")


# What the index of them and every question for them have to say in the same words.
BATCH_TROUBLED = Q(failed__gt=0) | Q(errors__isnull=False) | ~Q(last_error="")


class BatchQuerySet(DueQuerySet):
    def claim(self, pk: str, *, was: Iterable[str]) -> datetime | None:
        """Take a batch for one step: None if another has it, else the end of the lease.

        Whoever dies holding it, holds it until then. The lease is the claimant's proof: every later
        write of the step is conditional on it (`held`).
        """
        lease = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
        free = self.due().filter(pk=pk, status__in=was)
        return lease if free.update(due_at=lease, attempts=F("attempts") + 1) else None

    def held(self, pk: str, lease: datetime) -> "BatchQuerySet":
        return self.filter(pk=pk, due_at=lease)

    def active(self) -> "BatchQuerySet":
        return self.filter(status__in=Batch.ACTIVE)

    def visible(self, workspace: Workspace) -> "BatchQuerySet":
        """What a client of the workspace may see."""
        return self.filter(workspace=workspace, deleted_at=None)

    def ended_before(self, moment: datetime) -> "BatchQuerySet":
        """Those that have ended, and whose results were not written again since then; the oldest first."""
        over: BatchQuerySet = self.exclude(status__in=Batch.ACTIVE).alias(over_at=ENDED_AT)
        return over.filter(over_at__lt=moment).order_by("over_at", "pk")


class Batch(models.Model):
    """What the client created: one input file, one set of results, one status."""

    class Status(models.TextChoices):
        VALIDATING = "validating"
        IN_PROGRESS = "in_progress"
        FINALIZING = "finalizing"
        COMPLETED = "completed"
        FAILED = "failed"
        EXPIRED = "expired"
        CANCELLING = "cancelling"
        CANCELLED = "cancelled"

    ACTIVE = (Status.VALIDATING, Status.IN_PROGRESS, Status.FINALIZING, Status.CANCELLING)

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="batches")
    virtual_key = models.ForeignKey(
        VirtualKey, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    credential = models.ForeignKey(
        Credential,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="its client's own account, if it brought a key of its own",
    )
    surface = models.CharField(max_length=20, choices=Surface)
    provider = models.CharField(max_length=20, choices=Provider)
    endpoint = models.CharField(max_length=100)
    name = models.CharField(max_length=512, blank=True, help_text="what its client calls it")
    inline = models.BooleanField(default=False, help_text="its requests came with its creation")
    input_uri = models.CharField(max_length=1100, blank=True, help_text="the input, in S3's words")
    output_uri = models.CharField(max_length=1100, blank=True, help_text="where S3 results go")
    role_arn = models.CharField(max_length=2048, blank=True)
    tags = models.JSONField(default=dict)
    timeout_hours = models.PositiveIntegerField(null=True)
    invocation = models.CharField(
        max_length=20,
        blank=True,
        help_text="how its records call their model, where AWS is told so",
    )
    completion_window = models.CharField(max_length=10, default="24h")
    metadata = models.JSONField(null=True)
    model = models.CharField(max_length=255, blank=True, help_text="what its records ask for")
    model_override = models.CharField(max_length=255, blank=True)
    output_expires_seconds = models.PositiveIntegerField(null=True)
    request_digest = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=255, null=True)

    status = models.CharField(max_length=12, choices=Status, default=Status.VALIDATING)
    total = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(
        default=0, help_text="records that the provider has no words for"
    )
    failures = models.JSONField(
        default=dict, help_text="how many of the failed are so for what kind of reason"
    )
    dropped = models.JSONField(
        default=dict, help_text="how many requests and answers lost what on their way"
    )
    errors = models.JSONField(null=True, help_text="code, message, param and line of each")
    usage = models.JSONField(null=True)
    cost = models.BigIntegerField(
        null=True,
        help_text="billionths of a US dollar; none if the price of any of it is not known",
    )
    booked = models.JSONField(
        null=True, help_text="what the ledger has of it, beside what it has of its jobs"
    )
    reserved = models.BigIntegerField(
        default=0, help_text="what it may cost, held against budgets until it has ended"
    )
    input_file = models.ForeignKey(File, models.PROTECT, related_name="batches")
    stand_in = models.BooleanField(
        default=False,
        help_text="its input was made of its results, since nobody has the requests any more",
    )
    output_file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")
    error_file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")
    results_file = models.ForeignKey(
        File,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="answers and failures together, in the order of the input",
    )

    created_at = models.DateTimeField(default=timezone.now)
    in_progress_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    finalizing_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    cancelling_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True, help_text="since when clients do not see it")
    archived_at = models.DateTimeField(null=True, help_text="since when its results are removed")

    retrying_at = models.DateTimeField(
        null=True, help_text="since when its records without an answer wait to be planned again"
    )
    kept_completed = models.PositiveIntegerField(
        default=0, help_text="records with an answer that its present jobs do not carry"
    )
    kept_failed = models.PositiveIntegerField(
        default=0, help_text="sent records without an answer that its present jobs do not carry"
    )

    due_at = models.DateTimeField(null=True, default=timezone.now)
    attempts = models.PositiveIntegerField(default=0, help_text="tries of the present step")
    last_error = models.TextField(blank=True)
    traceparent = models.CharField(
        max_length=55,
        blank=True,
        help_text="the trace of the request that made it, as W3C writes it",
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "batches"
        permissions = [("view_records", "Can see what is in the records of a batch")]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="batch_listed"),
            models.Index(fields=["-created_at", "-id"], name="batch_newest"),
            models.Index(fields=["status", "-created_at"], name="batch_by_status"),
            models.Index(fields=["provider", "-created_at"], name="batch_by_provider"),
            models.Index(fields=["surface", "-created_at"], name="batch_by_surface"),
            models.Index(
                fields=["-created_at", "-id"], name="batch_troubled", condition=BATCH_TROUBLED
            ),
            models.Index(fields=["virtual_key", "created_at"], name="batch_of_key"),
            models.Index(fields=["due_at"], name="batch_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["workspace", "request_digest"], name="batch_repeated"),
            models.Index(
                F("workspace"),
                ENDED_AT,
                name="batch_with_results",
                condition=Q(archived_at__isnull=True),
            ),
            models.Index(
                F("workspace"),
                ENDED_AT,
                name="batch_archived",
                condition=Q(archived_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="batch_idempotent",
            )
        ]

    def __str__(self) -> str:
        return f"batch_{self.id}"

    @classmethod
    def of(cls, workspace: Workspace, pk: str) -> "Batch | None":
        """A batch of the workspace, if it was not deleted."""
        return rows.find(
            cls, "id = %s AND workspace_id = %s AND deleted_at IS NULL", pk, workspace.pk
        )

    @property
    def ended(self) -> bool:
        return self.status not in self.ACTIVE

    @property
    def role(self) -> str:
        """The role at AWS that its client wants. Clients who need none, but must name one, write what they
        like: that is none."""
        real = self.provider == Provider.BEDROCK and self.role_arn.startswith("arn:")
        return self.role_arn if real else ""

    @property
    def buckets(self) -> set[str]:
        """Where in S3 its input lies, and its results go."""
        named = self.output_uri.removeprefix("s3://").partition("/")[0]
        return {name for name in (self.input_file.bucket, named) if name}

    def note(self, kind: str, message: str = "", *, job: "Job | None" = None) -> None:
        """Write into the timeline. The message holds no secret and no text of a record."""
        event = self.events.model(batch=self, job=job, kind=kind, message=message[:2000])
        rows.insert(event)
