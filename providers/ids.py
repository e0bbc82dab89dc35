"""The core id of every object that clients see."""

import re
import secrets

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 12
RENDERED = re.compile(r"(?:^|[-_/:])([0-9a-z]{12})$")


def new_id() -> str:
    """Twelve characters of [a-z0-9]: what a Bedrock job id may be, and so every other id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def core_id(text: str) -> str:
    """The core id within an id as any surface renders it: what follows its prefix, if it has one."""
    found = RENDERED.search(text)
    return found[1] if found else text
