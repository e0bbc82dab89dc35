"""How providers answered our calls."""

from django.db import models

from providers.models.credentials import Credential, Provider


class UpstreamCalls(models.Model):
    """How many calls of one kind there were, and how long they took, since ever.

    `length` is the power of two that a call took in milliseconds, rounded up. `outcome` is `ok`, or the code
    of the error.
    """

    provider = models.CharField(max_length=20, choices=Provider)
    operation = models.CharField(max_length=20)
    outcome = models.CharField(max_length=40)
    length = models.SmallIntegerField()
    count = models.BigIntegerField(default=0)
    milliseconds = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["provider", "operation", "outcome", "length"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "operation", "outcome", "length"], name="calls_counted_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} at {self.provider}: {self.outcome}"


class CredentialHealth(models.Model):
    """When an account last answered, and when it last failed, and how."""

    credential = models.OneToOneField(
        Credential, models.CASCADE, primary_key=True, related_name="health"
    )
    ok_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.credential_id

    @property
    def failing(self) -> bool:
        """A failure that an answer came after is over."""
        return bool(self.failed_at and (self.ok_at is None or self.failed_at > self.ok_at))
