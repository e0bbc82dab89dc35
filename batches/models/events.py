"""What happened, and what was seen at work."""

from django.db import models
from django.utils import timezone

from batches.models.batches import Batch
from batches.models.jobs import Job


class BatchEvent(models.Model):
    """What happened to a batch and when: the timeline."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="events")
    job = models.ForeignKey(Job, models.CASCADE, null=True, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40)
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"


class Heartbeat(models.Model):
    """When a part of the system was last seen at work."""

    name = models.CharField(primary_key=True, max_length=20)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
