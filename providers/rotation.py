"""Encrypt anew all secrets that are kept, so that an old key can be taken away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from providers.models import Credential, VirtualKey
from providers.secrets import SecretUnreadableError, rotate

SECRETS: dict[type[Model], str] = {
    Credential: "encrypted_secret",
    VirtualKey: "encrypted_signing_secret",
}
PAGE = 200


@dataclass
class Rotated:
    """How many secrets of a kind have the newest key now, and the ids of those that no key opens."""

    kind: str
    count: int = 0
    unreadable: list[str] = field(default_factory=list)


def rotate_all() -> list[Rotated]:
    """Safe at any time and as often as one likes: whoever saves a secret meanwhile wins."""
    return [_rotate(model, column) for model, column in SECRETS.items()]


def _rotate(model: type[Model], column: str) -> Rotated:
    found = Rotated(str(model._meta.verbose_name_plural))
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
