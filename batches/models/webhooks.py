"""Whom to tell that something happened to a batch, and what became of telling.

https://www.standardwebhooks.com/
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from batches.models.batches import Batch
from batches.models.due import DueQuerySet
from providers.ids import new_id
from providers.models import Workspace
from providers.secrets import decrypt, encrypt


class Webhook(models.Model):
    """An address that is told what happens to the batches of a workspace."""

    class Event(models.TextChoices):
        COMPLETED = "batch.completed"
        FAILED = "batch.failed"
        EXPIRED = "batch.expired"
        CANCELLED = "batch.cancelled"
        STUCK = "batch.stuck"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=100)
    url = models.CharField(max_length=2048)
    events = models.JSONField(default=list, help_text="which it is told; none named means all")
    encrypted_secret = models.TextField(editable=False)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["workspace", "name"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="webhook_named_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> str:
        """What its receiver verifies with: `whsec_...`. Raises SecretUnreadableError."""
        return decrypt(self.encrypted_secret)

    @secret.setter
    def secret(self, text: str) -> None:
        self.encrypted_secret = encrypt(text)


class Delivery(models.Model):
    """One message to one webhook, kept from the moment of what it tells. Its id is the message's.

    It is written in the transaction that changes the batch, and sent until it is taken or a day is over.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, choices=Webhook.Event)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    answered = models.PositiveSmallIntegerField(
        null=True, help_text="the status of the last answer"
    )
    last_error = models.TextField(blank=True)
    delivered_at = models.DateTimeField(null=True)

    objects = DueQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["webhook", "batch", "event"], name="told_once")
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.batch_id}"
