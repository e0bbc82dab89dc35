"""On whose account we ask a provider."""

from typing import Any

from django.core.validators import MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q

from providers.base import Account
from providers.ids import new_id
from providers.models.workspaces import Workspace
from providers.secrets import decrypt, encrypt


class Provider(models.TextChoices):
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    BEDROCK = "bedrock", "Amazon Bedrock"
    GEMINI = "gemini", "Google Gemini"


class NoCredentialError(Exception):
    """No enabled credential of the workspace reaches the provider, which the message names."""


class CredentialQuerySet(models.QuerySet["Credential"]):
    def usable(self, *, workspace: Workspace, provider: str) -> "CredentialQuerySet":
        """What a workspace may send with, its own before the shared."""
        return self.filter(
            Q(workspace=workspace) | Q(workspace=None),
            provider=provider,
            enabled=True,
            direct=False,
        ).order_by(models.F("workspace").asc(nulls_last=True), "created_at")


class Credential(models.Model):
    """The secret for one account at one provider, with its options.

    One that is not enabled is drained: its jobs are watched to their end, and no new one is sent with it. A
    `direct` one is a client's own, for one batch; its secret is erased once that batch needs it no more.
    """

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(
        Workspace,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="credentials",
        help_text="Leave empty to share it with every workspace",
    )
    provider = models.CharField(max_length=20, choices=Provider)
    name = models.CharField(max_length=100)
    encrypted_secret = models.TextField(blank=True, editable=False)
    base_url = models.CharField(
        max_length=200,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Leave empty for the provider's own address",
    )
    options = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1)],
        help_text="how many batches it takes for each one that a credential of weight 1 takes",
    )
    direct = models.BooleanField(default=False, editable=False)
    sandbox = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["provider", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "provider", "name"], name="credential_named_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "name"],
                condition=Q(workspace=None),
                name="shared_credential_named_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_provider_display()})"

    @property
    def secret(self) -> str:
        """The secret itself. Raises SecretUnreadableError."""
        return decrypt(self.encrypted_secret) if self.encrypted_secret else ""

    @secret.setter
    def secret(self, text: str) -> None:
        self.encrypted_secret = encrypt(text)

    @property
    def account(self) -> Account:
        """What an upstream needs of it. Raises SecretUnreadableError."""
        options: dict[str, Any] = self.options
        return Account(id=self.id, secret=self.secret, base_url=self.base_url, options=options)
