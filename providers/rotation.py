"""Encrypt anew all secrets that are kept, so that an old key can be taken away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model

from providers.secrets import SecretUnreadableError, rotate

# Each kind with its model and column. Webhooks are not of this package, and so named.
SECRETS = (
    ("credentials", "providers.Credential", "encrypted_secret"),
    ("virtual keys", "providers.VirtualKey", "encrypted_signing_secret"),
    ("incoming webhooks", "providers.Credential", "encrypted_webhook_secret"),
    ("webhooks", "batches.Webhook", "encrypted_secret"),
    ("webhooks before a rotation", "batches.Webhook", "encrypted_former_secret"),
)
PAGE = 200


@dataclass
class Rotated:
    """How many secrets of a kind have the newest key now, and the ids of those that no key opens."""

    kind: str
    count: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate_all() -> list[Rotated]:
    """Safe at any time and as often as one likes: whoever saves a secret meanwhile wins."""
    return [_rotate(kind, apps.get_model(label), column) for kind, label, column in SECRETS]


def _rotate(kind: str, model: type[Model], column: str) -> Rotated:
    found = Rotated(kind)
    for pk, old in _tokens(model, column):
        try:
            new = rotate(old)
        except SecretUnreadableError:
            found.unreadable.append(pk)
            continue
        same = model._default_manager.filter(pk=pk, **{column: old})
        found.count += same.update(**{column: new})
    return found


def _tokens(model: type[Model], column: str) -> Iterator[tuple[str, str]]:
    """A page at a time, each read when the one before it is written."""
    rows: Any = model._default_manager.exclude(**{column: ""}).order_by("pk")
    last = ""
    while page := list(rows.filter(pk__gt=last).values_list("pk", column)[:PAGE]):
        yield from page
        last = page[-1][0]
