"""Whom to tell that something happened to a batch, and what became of telling.

https://www.standardwebhooks.com/
"""

import secrets
from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.utils import timezone

from batches.models.batches import Batch
from batches.models.due import DueQuerySet
from providers.ids import new_id
from providers.models import Workspace
from providers.secrets import SecretUnreadableError, decrypt, encrypt

PREFIX, SECRET_BYTES = "whsec_", 32
FORMER_LASTS, MOST_FORMER = timedelta(days=1), 3


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
    encrypted_former_secret = models.TextField(
        blank=True, editable=False, help_text="those before, which sign beside the new for a day"
    )
    rotated_at = models.DateTimeField(null=True, editable=False)
    enabled = models.BooleanField(default=True)
    rests_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="somebody calls it, or it rests: until then nobody does",
    )
    silent_since = models.DateTimeField(
        null=True, editable=False, help_text="the first of its calls in a row without an answer"
    )
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

    @property
    def signing_secrets(self) -> list[str]:
        """All that a message is signed with: after a rotation its receiver has a day to learn the new one.

        Raises SecretUnreadableError.
        """
        told = [self.secret]
        if self.rotated_at and timezone.now() < self.rotated_at + FORMER_LASTS:
            with suppress(SecretUnreadableError):
                told += decrypt(self.encrypted_former_secret).split()
        return told

    def renew_secret(self) -> str:
        """A new one, which the caller shows and nobody else ever does. The row is not saved."""
        text = f"{PREFIX}{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
        if self.encrypted_secret:
            former: list[str] = []
            with suppress(SecretUnreadableError):
                former = self.signing_secrets[:MOST_FORMER]
            self.encrypted_former_secret, self.rotated_at = (
                encrypt(" ".join(former)),
                timezone.now(),
            )
        self.encrypted_secret = encrypt(text)
        return text

    @property
    def host(self) -> str:
        """Where it is, without the path: what that holds is a secret of its receiver's now and then."""
        return urlsplit(self.url).netloc


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
    begun_at = models.DateTimeField(
        default=timezone.now,
        help_text="when that began which it is about: what is tried again and ends again is news",
    )
    payload = models.JSONField(default=dict, help_text="what it tells, as it was then")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(
        default=timezone.now, help_text="when it was first to be sent, or asked for again"
    )
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
            models.Index(
                fields=["webhook", "due_at"],
                name="delivery_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "batch", "event", "begun_at"], name="told_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.batch_id}"

    @property
    def workspace(self) -> Workspace:
        return self.webhook.workspace

    @property
    def workspace_id(self) -> str:
        return self.webhook.workspace_id
