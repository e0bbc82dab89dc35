"""Encryption of what we keep of other people's secrets."""

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SecretUnreadableError(Exception):
    """None of the installation's encryption keys opens this secret."""


def encrypt(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text behind a token. Raises SecretUnreadableError."""
    with _readable():
        return _box().decrypt(token.encode()).decode()


def rotate(token: str) -> str:
    """The same secret in a token of the newest key. Raises SecretUnreadableError."""
    with _readable():
        return _box().rotate(token.encode()).decode()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except InvalidToken:
        raise SecretUnreadableError(
            "no key in BIFROST_ENCRYPTION_KEYS opens this secret: add the key it was saved with"
        ) from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
