"""What is kept encrypted: the providers' secrets, and those that clients of AWS sign with."""

from typing import Any

from django.core.management.base import CommandError

from bifrost.cli.verbs import Output, actor, noun, verb
from providers import audit
from providers.rotation import rotate_all


def add(nouns: Any) -> None:
    verbs = noun(nouns, "secrets", "The secrets that are kept encrypted")
    verb(verbs, "rotate", rotate)


def rotate(out: Output, options: dict[str, Any]) -> None:
    """Encrypt all secrets with the first key of BIFROST_ENCRYPTION_KEYS.

    Once it says that none is unreadable, the other keys may be taken away. Before, every process must know
    the first key: restart them with both. It may be run as often as one likes.
    """
    kinds = rotate_all()
    rows = [{"kind": one.kind, "rotated": one.count, "unreadable": one.unreadable} for one in kinds]
    audit.record(
        actor(),
        "secrets.rotated",
        None,
        workspace=None,
        rotated={one.kind: one.count for one in kinds},
        unreadable=[pk for one in kinds for pk in one.unreadable],
    )
    out.rows(rows)
    if any(one.unreadable for one in kinds):
        raise CommandError(
            "Some secrets could not be read: add the key they were saved with to BIFROST_ENCRYPTION_KEYS, "
            "or enter them anew."
        )
