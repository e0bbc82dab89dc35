"""The installation's own secrets: taken from the environment, else made once and kept in a file."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def secret_key(given: str, path: Path) -> str:
    """Django's secret key. Raises ImproperlyConfigured if the given one is too short."""
    if given and len(given) < 50:
        raise ImproperlyConfigured(
            "BIFROST_SECRET_KEY is too short: write 50 random characters or more."
        )
    return given or _kept(path, secrets.token_urlsafe(64))


def encryption_keys(given: list[str], path: Path) -> list[str]:
    """The Fernet keys that encrypt credentials, the newest first. Raises ImproperlyConfigured."""
    keys = given or [_kept(path, Fernet.generate_key().decode())]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                "BIFROST_ENCRYPTION_KEYS holds something that is no Fernet key: write what "
                "`python -m bifrost.keys` prints."
            ) from None
    return keys


def _kept(path: Path, fresh: str) -> str:
    """The secret in the file. Several processes may start at once: the first to link it wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


if __name__ == "__main__":
    print(Fernet.generate_key().decode())  # noqa: T201
