"""What was used and what it cost, in sums that outlive the batches they come from.

Money is whole billionths of a US dollar: sums of it are exact.
"""

from django.db import models
from django.db.models import Q

from batches.models.batches import Batch, Surface
from batches.models.jobs import Job
from providers.models import Provider, Workspace


class UsageHour(models.Model):
    """What ended in one hour: the one table behind charts, spend and counters.

    A batch counts under its first model, its records and tokens under those of its jobs. `length` is the
    power of two that the batch took in seconds, rounded up: percentiles are read from it. What is collected
    again adds what differs, in the hour of the collecting.
    """

    hour = models.DateTimeField()
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_index=False)
    surface = models.CharField(max_length=20, choices=Surface)
    provider = models.CharField(max_length=20, choices=Provider)
    model = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=12, choices=Batch.Status)
    length = models.SmallIntegerField()
    batches = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0, help_text="of the inputs")
    completed = models.BigIntegerField(default=0, help_text="records with an answer")
    failed = models.BigIntegerField(default=0, help_text="records without one")
    input_tokens = models.BigIntegerField(default=0, help_text="those from a cache as well")
    cached_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0, help_text="of what has a known price")
    unpriced = models.BigIntegerField(default=0, help_text="answers whose price is not known")

    class Meta:
        ordering = ["-hour", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "workspace", "surface", "provider", "model", "status", "length"],
                name="usage_counted_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model} in the hour of {self.hour:%Y-%m-%d %H:%M}"


class Spend(models.Model):
    """How much of a month's budget is held and spent: of a workspace, or of one of its keys.

    `owner` is the id of either. A batch counts in the month in which it was made.
    """

    owner = models.CharField(max_length=12)
    month = models.DateField(help_text="its first day, in UTC")
    held = models.BigIntegerField(default=0, help_text="what batches at work may cost")
    spent = models.BigIntegerField(default=0)
    unpriced = models.BigIntegerField(default=0, help_text="answers whose price is not known")

    class Meta:
        ordering = ["-month", "owner"]
        constraints = [models.UniqueConstraint(fields=["owner", "month"], name="spend_once")]

    def __str__(self) -> str:
        return f"{self.owner} in {self.month:%Y-%m}"


class Sample(models.Model):
    """How many unfinished jobs of a provider stood how, at one moment: what the hours do not tell.

    Those without a workspace tell of all of them together, and are there for every moment that was looked at:
    their absence says that nobody looked. A batch that has no jobs yet counts as a planned one.
    """

    at = models.DateTimeField()
    workspace = models.ForeignKey(
        Workspace, models.CASCADE, null=True, related_name="+", db_index=False
    )
    provider = models.CharField(max_length=20, choices=Provider)
    status = models.CharField(max_length=12, choices=Job.Status)
    jobs = models.PositiveIntegerField()
    oldest_at = models.DateTimeField(null=True, help_text="since when the oldest of them stands so")

    class Meta:
        ordering = ["-at", "provider", "status"]
        constraints = [
            models.UniqueConstraint(
                fields=["at", "provider", "status"],
                condition=Q(workspace__isnull=True),
                name="sampled_once",
            ),
            models.UniqueConstraint(
                fields=["at", "workspace", "provider", "status"], name="sampled_once_of_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jobs} {self.status} at {self.provider}"
