"""What clients present, and what it lets them do."""

import hashlib
import secrets
import string
from typing import NamedTuple

from django.db import models

from providers.ids import new_id
from providers.models.names import check_names
from providers.models.workspaces import Workspace
from providers.secrets import decrypt, encrypt


class KeyTexts(NamedTuple):
    """What a client is given of a new key: the key itself, or the pair that AWS's clients sign with."""

    key: str
    access_key_id: str
    secret_access_key: str


class VirtualKey(models.Model):
    """What a client presents. Only its hash is kept.

    Clients of AWS sign with an access key id and a secret instead. To check a signature takes the secret, so
    that one is kept encrypted; it opens nothing but the same key.
    """

    PREFIX = "bf-"
    ACCESS_PREFIX = "BFKA"
    ACCESS_ALPHABET = string.ascii_uppercase + "234567"
    ACCESS_LENGTH = 20

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
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    batches_in_flight = models.PositiveIntegerField(
        null=True, blank=True, help_text="batches that have not ended"
    )
    bytes_in_flight = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="bytes of the inputs of these"
    )
    records_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="records in batches of the last 24 hours"
    )
    next_request_at = models.DateTimeField(
        null=True, editable=False, help_text="when its requests would be as slow as is allowed"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="to the minute")

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
