"""Who did what, for whoever has to find out later."""

from typing import Any

from django.db import models
from django.utils import timezone

from providers.models.workspaces import Workspace


class WrittenOnceError(Exception):
    """What is in the audit trail is neither changed nor deleted."""


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **fields: Any) -> int:
        raise WrittenOnceError

    def delete(self) -> tuple[int, dict[str, int]]:
        raise WrittenOnceError


class AuditEvent(models.Model):
    """One act of a person, a key or a command. It is written once and never changed: raises WrittenOnceError.

    `detail` holds no secret and no text of a record.
    """

    class ActorKind(models.TextChoices):
        USER = "user", "user of the admin"
        KEY = "key", "virtual key"
        COMMAND = "command"
        SYSTEM = "system"

    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor = models.CharField(max_length=150, help_text="a user's name, a key's id, a command")
    address = models.GenericIPAddressField(null=True, help_text="where the request came from")
    workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=40, help_text="such as batch.cancelled")
    target = models.CharField(max_length=60, blank=True, help_text="the id of what it was done to")
    name = models.CharField(max_length=512, blank=True, help_text="what that is called")
    detail = models.JSONField(default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["workspace", "-at", "-id"], name="audit_of_workspace"),
            models.Index(fields=["action", "-at", "-id"], name="audit_of_action"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_of_actor"),
            models.Index(fields=["target"], name="audit_of_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise WrittenOnceError
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise WrittenOnceError
