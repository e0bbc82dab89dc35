"""The core id of every object that clients see."""

import secrets

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 12


def new_id() -> str:
    """Twelve characters of [a-z0-9]: what a Bedrock job id may be, and so every other id."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
