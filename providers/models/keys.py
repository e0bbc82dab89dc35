"""What clients present, and what it lets them do."""

import hashlib
import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.core.validators import MinValueValidator
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from providers import rows
from providers.ids import new_id
from providers.models.names import check_names
from providers.models.workspaces import Workspace
from providers.secrets import decrypt, encrypt
from providers.wildcards import matches


class KeyTexts(NamedTuple):
    """What a client is given of a new key: the key itself, or the pair that AWS's clients sign with."""

    key: str
    access_key_id: str
    secret_access_key: str


class NotAllowedError(Exception):
    """The key may not use the provider or the model, as the message says."""


class LimitExceededError(Exception):
    """The key has used up what it may for now. The message names the limit; try again in `retry_after` s."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class VirtualKeyQuerySet(models.QuerySet["VirtualKey"]):
    def in_state(self, state: str) -> "VirtualKeyQuerySet":
        """Those that are valid, expired or revoked."""
        over = Q(expires_at__lte=timezone.now())
        states = {
            "revoked": Q(revoked_at__isnull=False),
            "expired": over & Q(revoked_at=None),
            "valid": ~over & Q(revoked_at=None),
        }
        return self.filter(states[state])

    def revoke(self) -> "list[VirtualKey]":
        """Refuse them from now on; returns those that were not revoked before."""
        with transaction.atomic():
            revoked = list(self.filter(revoked_at=None).select_for_update(of=("self",)))
            found = VirtualKey.objects.filter(pk__in=[key.pk for key in revoked])
            found.update(revoked_at=timezone.now())
        return revoked


class VirtualKey(models.Model):
    """What a client presents. Only its hash is kept.

    Clients of AWS sign with an access key id and a secret instead. To check a signature takes the secret, so
    that one is kept encrypted; it opens nothing but the same key.
    """

    PREFIX = "bf-"
    ACCESS_PREFIX = "BFKA"
    ACCESS_ALPHABET = string.ascii_uppercase + "234567"
    ACCESS_LENGTH = 20
    TERMS = (
        "allowed_providers",
        "allowed_models",
        "requests_per_minute",
        "batches_in_flight",
        "bytes_in_flight",
        "records_per_day",
        "monthly_budget",
    )
    # Its `last_used_at` is behind by no more than this.
    SEEN_EVERY = timedelta(minutes=1)
    # Which are valid at a moment: the one place that says so.
    VALID = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)"

    id = models.CharField(primary_key=True, max_length=12, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.PROTECT, related_name="keys")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12, editable=False, help_text="How the key begins")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    access_key_id = models.CharField(max_length=20, unique=True, editable=False)
    encrypted_signing_secret = models.TextField(editable=False)
    allowed_providers = models.JSONField(
        default=list,
        blank=True,
        validators=[check_names],
        help_text="providers that it may use, all if none is named",
    )
    allowed_models = models.JSONField(
        default=list,
        blank=True,
        validators=[check_names],
        help_text="models that it may use, with * for any ending, all if none is named",
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="requests of any kind, those that an SDK repeats as well"
    )
    batches_in_flight = models.PositiveIntegerField(
        null=True, blank=True, help_text="batches that have not ended"
    )
    bytes_in_flight = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="bytes of the inputs of these"
    )
    records_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="records in batches of the last 24 hours"
    )
    monthly_budget = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="US dollars that its batches of one month may cost",
    )
    next_request_at = models.DateTimeField(
        null=True, editable=False, help_text="when its requests would be as slow as is allowed"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="to the minute")

    objects = VirtualKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @classmethod
    def valid(cls, digest: str) -> "VirtualKey | None":
        """The key with this digest, if it is neither revoked nor over."""
        return cls.valid_by("digest", digest)

    @classmethod
    def signing(cls, access_key_id: str) -> "VirtualKey | None":
        """The valid key that signs with this id. Its signature is still to be checked."""
        return cls.valid_by("access_key_id", access_key_id)

    @classmethod
    def valid_by(cls, column: str, value: str) -> "VirtualKey | None":
        """The valid key with this in a column that is unique. Of its workspace only the id is read."""
        moment = connection.ops.adapt_datetimefield_value(timezone.now())
        key = rows.find(cls, f'"{column}" = %s AND {cls.VALID}', value, moment)
        if key is not None:
            key.workspace = Workspace.from_db(connection.alias, ["id"], [key.workspace_id])
        return key

    @property
    def unseen(self) -> bool:
        """Whether nobody has noted for a while that it is in use."""
        seen = self.last_used_at
        return seen is None or seen <= timezone.now() - self.SEEN_EVERY

    @classmethod
    def any_counts(cls, workspace: Workspace) -> bool:
        """Whether it matters how many records there are in a file of the workspace."""
        counting = (
            "workspace_id = %s AND records_per_day IS NOT NULL AND revoked_at IS NULL LIMIT 1"
        )
        return rows.find(cls, counting, workspace.pk) is not None

    @classmethod
    def digest_of(cls, text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    def renew(self) -> KeyTexts:
        """Give the key new texts and return them: the only time that anyone sees them."""
        text = f"{self.PREFIX}{secrets.token_urlsafe(32)}"
        signing_secret = secrets.token_urlsafe(30)
        self.hint = text[:8]
        self.digest = self.digest_of(text)
        rest = self.ACCESS_LENGTH - len(self.ACCESS_PREFIX)
        letters = (secrets.choice(self.ACCESS_ALPHABET) for _ in range(rest))
        self.access_key_id = self.ACCESS_PREFIX + "".join(letters)
        self.encrypted_signing_secret = encrypt(signing_secret)
        return KeyTexts(text, self.access_key_id, signing_secret)

    @property
    def signing_secret(self) -> str:
        """What its clients of AWS sign with. Raises SecretUnreadableError."""
        return decrypt(self.encrypted_signing_secret)

    @property
    def terms(self) -> dict[str, Any]:
        """What it may do and how long, as JSON takes it. Nothing of it is secret."""
        over = self.expires_at.isoformat() if self.expires_at else None
        budget = None if self.monthly_budget is None else str(self.monthly_budget)
        told = {name: getattr(self, name) for name in self.TERMS}
        return {"expires_at": over, **told, "monthly_budget": budget}

    @property
    def state(self) -> str:
        """valid, expired or revoked: as VALID has it."""
        if self.revoked_at:
            return "revoked"
        over = self.expires_at is not None and self.expires_at <= timezone.now()
        return "expired" if over else "valid"

    def check_provider(self, provider: str) -> None:
        """Raises NotAllowedError."""
        if self.allowed_providers and provider not in self.allowed_providers:
            raise NotAllowedError(
                f"This key may not use the provider '{provider}': "
                f"name {_or(self.allowed_providers)}, or ask the operator."
            )

    def check_model(self, model: str) -> None:
        """Raises NotAllowedError."""
        if not self.allows_model(model):
            raise NotAllowedError(
                f"This key may not use the model '{model[:100]}': "
                f"name {_or(self.allowed_models)}, or ask the operator."
            )

    def allows_model(self, model: str) -> bool:
        """Google's names count with their prefix and without."""
        names = {model, model.removeprefix("models/")}
        return not self.allowed_models or any(
            matches(allowed, name) for allowed in self.allowed_models for name in names
        )


def _or(names: Sequence[str]) -> str:
    *others, last = (f"'{name}'" for name in names)
    return f"{', '.join(others)} or {last}" if others else last
