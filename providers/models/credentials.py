"""On whose account we ask a provider."""

from collections.abc import Collection
from random import SystemRandom
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from providers.addresses import check_address, refusal_of
from providers.base import Account, UpstreamError
from providers.ids import new_id
from providers.models.workspaces import Workspace
from providers.prices import check_prices
from providers.secrets import decrypt, encrypt

_dice = SystemRandom()


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

    def choose(
        self, *, workspace: Workspace, provider: str, buckets: Collection[str] = (), role: str = ""
    ) -> "Credential | None":
        """One for all jobs of a batch: of the workspace's own or else of the shared, each as often as it
        weighs.

        Whichever has one of the `buckets` for its own goes first. Where the workspace may not have any
        `role`, those that allow it are alone.
        """
        usable = [
            one
            for one in self.usable(workspace=workspace, provider=provider)
            if not role or one.allows_role(role)
        ]
        own = [one for one in usable if one.workspace_id]
        fitting = [[one for one in pool if one.bucket in buckets] for pool in (own, usable)]
        pool = next(filter(None, (*fitting, own, usable)), [])
        return _dice.choices(pool, [one.weight for one in pool])[0] if pool else None


class Credential(models.Model):
    """The secret for one account at one provider, with its options.

    One that is not enabled is drained: its jobs are watched to their end, and no new batch goes to it. A
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
        validators=[check_address],
        help_text="Leave empty for the provider's own address",
    )
    options = models.JSONField(default=dict, blank=True)
    prices = models.JSONField(
        default=dict,
        blank=True,
        validators=[check_prices],
        help_text="US dollars for a million tokens, by model, where this account pays another price",
    )
    encrypted_webhook_secret = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(
        default=True,
        help_text="If not, it is drained: its jobs are watched to their end, and no new batch goes to it",
    )
    weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1)],
        help_text="how many batches it takes for each one that a credential of weight 1 takes",
    )
    direct = models.BooleanField(default=False, editable=False)
    sandbox = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # Which are `usable` in a workspace for a provider, in SQL.
    USABLE = (
        "(workspace_id = %s OR workspace_id IS NULL) AND provider = %s AND enabled AND NOT direct"
    )

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = ["provider", "name"]
        indexes = [
            # Of a client's own there may be one for each batch.
            models.Index(
                fields=["provider", "workspace"],
                name="credential_usable",
                condition=Q(direct=False),
            ),
            models.Index(
                fields=["created_at"],
                name="credential_to_erase",
                condition=Q(direct=True) & ~Q(encrypted_secret=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "provider", "name"], name="credential_named_once"
            ),
            models.UniqueConstraint(
                fields=["provider", "name"],
                condition=Q(workspace=None),
                name="shared_credential_named_once",
            ),
            models.CheckConstraint(condition=Q(weight__gte=1), name="credential_weighs_something"),
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
    def webhook_secret(self) -> str:
        """What the provider's own messages are verified with. Raises SecretUnreadableError."""
        return decrypt(self.encrypted_webhook_secret) if self.encrypted_webhook_secret else ""

    @webhook_secret.setter
    def webhook_secret(self, text: str) -> None:
        self.encrypted_webhook_secret = encrypt(text) if text else ""

    @property
    def account(self) -> Account:
        """What an upstream needs of it. Raises SecretUnreadableError, and UpstreamError where it may not be
        used: its address is not allowed, or its secret was erased."""
        if self.is_erased:
            message = "the key that the client brought was erased when its batch needed it no more"
            raise UpstreamError(message, permanent=True, code="key_erased")
        for address in self.addresses:
            if refusal := refusal_of(address):
                raise UpstreamError(f"the credential is not used: {refusal}", code="address_denied")
        options: dict[str, Any] = self.options
        return Account(id=self.id, secret=self.secret, base_url=self.base_url, options=options)

    @property
    def state(self) -> str:
        """Whether new batches go to it, in a word."""
        return "direct" if self.direct else "enabled" if self.enabled else "drained"

    @property
    def is_erased(self) -> bool:
        """Whether it was a client's own whose batch needs it no more."""
        return self.direct and not self.encrypted_secret

    @property
    def addresses(self) -> list[str]:
        """All that it names itself: the base URL, and those of single services among its options."""
        services = (self.options[name] for name in self.options if name.startswith("endpoint_url"))
        return [str(address) for address in (self.base_url, *services) if address]

    @property
    def bucket(self) -> str:
        """Its own at AWS, empty if it has none."""
        return str(self.options.get("bucket") or "")

    def allows_role(self, arn: str) -> bool:
        """Whether clients may have jobs run with a role of AWS's. Where any key does, any role does."""
        roles = self.options.get("roles")
        named = roles if isinstance(roles, list) else []
        return settings.AUTH == "open" or arn in (self.options.get("role_arn"), *named)
