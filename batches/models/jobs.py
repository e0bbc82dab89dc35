"""What providers run."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from batches.models.batches import Batch
from batches.models.due import DueQuerySet
from files.models import File, UpstreamFile
from providers.ids import new_id
from providers.models import Credential

# What the index of them and every question for them have to say in the same words.
JOB_TROUBLED = Q(failed__gt=0) | ~Q(last_error="") | ~Q(problems=[])


class JobQuerySet(DueQuerySet):
    def active(self) -> "JobQuerySet":
        return self.filter(status__in=Job.ACTIVE)

    def known(self, upstream_id: str) -> bool:
        """Whether one of them is what a provider calls by this id."""
        return self.filter(upstream_id=upstream_id).exists()


class Job(models.Model):
    """What a provider runs for a batch.

    It stands for `records` records of the input, from number `first` on: of those that ask for `model`, where
    a provider's jobs have one, and without those that the provider has no words for. One with `chosen` has no
    others than these.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        SUBMITTING = "submitting", "submitting (it may have arrived)"
        RUNNING = "running"
        ENDED = "ended", "ended, results not collected"
        COLLECTED = "collected"
        DROPPED = "dropped", "never ran"

    UNSENT = (Status.PLANNED, Status.SUBMITTING)
    ACTIVE = (*UNSENT, Status.RUNNING)
    UNFINISHED = (*ACTIVE, Status.ENDED)

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="jobs")
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="jobs")
    ordinal = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    records = models.PositiveIntegerField()
    model = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.PLANNED)
    upstream_id = models.CharField(max_length=512, blank=True, db_index=True)
    upstream_status = models.CharField(max_length=100, blank=True, help_text="the provider's word")
    ending = models.CharField(max_length=12, blank=True, help_text="how it ended, in our words")
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    usage = models.JSONField(null=True)
    chosen = models.JSONField(
        null=True,
        help_text="which records it has, where they are tried again, as batches.chosen packs them",
    )
    booked = models.JSONField(
        null=True, help_text="what the ledger has of it, so that only what differs is added"
    )
    problems = models.JSONField(default=list)
    upstream_input = models.ForeignKey(UpstreamFile, models.SET_NULL, null=True, related_name="+")
    upstream_files = models.JSONField(default=dict, help_text="the provider's ids of its results")
    raw_results = models.ForeignKey(File, models.SET_NULL, null=True, related_name="+")
    adopted = models.BooleanField(
        default=False,
        help_text="somebody else made it, so that its records bear the ids of their client",
    )
    forgetting = models.BooleanField(
        default=False, help_text="what it left at its provider is to be removed"
    )
    created_at = models.DateTimeField(default=timezone.now)
    submitting_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    polled_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True, help_text="when its progress was last another one")
    stuck_at = models.DateTimeField(null=True, help_text="since when that is too long ago")
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["due_at"], name="job_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["-created_at", "-id"], name="job_newest"),
            models.Index(fields=["status", "-created_at"], name="job_by_status"),
            models.Index(
                fields=["-created_at", "-id"], name="job_troubled", condition=JOB_TROUBLED
            ),
            models.Index(
                fields=["created_at"],
                name="job_unfinished",
                condition=Q(status__in=["planned", "submitting", "running", "ended"]),
            ),
            models.Index(
                fields=["stuck_at"], name="job_stuck", condition=Q(stuck_at__isnull=False)
            ),
            models.Index(
                fields=["credential", "id"], name="job_to_forget", condition=Q(forgetting=True)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "ordinal"], name="job_planned_once")
        ]

    def __str__(self) -> str:
        return self.upstream_id or self.id
