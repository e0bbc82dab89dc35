"""Who may ask (workspaces and their keys) and on whose account we ask (credentials)."""

import hashlib
import secrets
from typing import Any

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from providers.base import Account
from providers.ids import new_id
from providers.secrets import decrypt, encrypt


class Provider(models.TextChoices):
    OPENAI = "openai", "OpenAI"
    ANTHROPIC = "anthropic", "Anthropic"
    BEDROCK = "bedrock", "Amazon Bedrock"
    GEMINI = "gemini", "Google Gemini"


class Workspace(models.Model):
    """Who owns files, batches, keys and credentials; nothing crosses it."""

    DEFAULT = "default"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    name = models.SlugField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class VirtualKey(models.Model):
    """What a client presents. Only its hash is kept."""

    PREFIX = "bf-"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="keys")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12, editable=False, help_text="How the key begins")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def valid(cls, digest: str) -> "VirtualKey | None":
        """The key with this digest, if it is not revoked.

        In SQL: every request asks this, and the ORM takes twice as long to put the same together. Of
        the workspace only the id is there; the rest is read when somebody wants it.
        """
        sql = f'SELECT * FROM "{cls._meta.db_table}" WHERE digest = %s AND revoked_at IS NULL'
        for key in cls.objects.raw(sql, [digest]):
            key.workspace = Workspace.from_db(key._state.db, ["id"], [key.workspace_id])
            return key
        return None

    @classmethod
    def digest_of(cls, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    def renew(self) -> str:
        """Give the key a new text and return it: the only time that anyone sees it."""
        text = f"{self.PREFIX}{secrets.token_urlsafe(32)}"
        self.hint = text[:8]
        self.digest = self.digest_of(text)
        return text


class NoCredentialError(Exception):
    """No enabled credential of the workspace reaches the provider, which the message names."""


class CredentialQuerySet(models.QuerySet["Credential"]):
    def usable(self, *, workspace: Workspace, provider: str) -> "CredentialQuerySet":
        """What a workspace may send with, its own before the shared."""
        return self.filter(
            Q(workspace=workspace) | Q(workspace=None), provider=provider, enabled=True
        ).order_by(models.F("workspace").asc(nulls_last=True), "created_at")


class Credential(models.Model):
    """The secret for one account at one provider, with its options."""

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
