"""Typed readers of environment variables that say what to write instead of a wrong value."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

Value = TypeVar("Value")

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}
OURS = "BIFROST_"
HOST = re.compile(
    r"\*|((\*\.)?[a-z0-9.*-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII
)


def load_file() -> None:
    """Read `.env`, or what BIFROST_ENV_FILE names. What the environment says already stays.

    Raises ImproperlyConfigured.
    """
    named = os.environ.get("BIFROST_ENV_FILE", "")
    if named and not os.path.exists(named):
        raise ImproperlyConfigured(f"BIFROST_ENV_FILE={named!r} is not there: write a file's path.")
    load_dotenv(named or Path(__file__).resolve().parent.parent / ".env")


def host_of(address: str) -> str:
    """The host of a URL with its port, as `hosts` reads it."""
    parts = urlsplit(address)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{name}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Environment:
    """Reads variables, and remembers their names so that a misspelt one can be told.

    Every reader raises ImproperlyConfigured with a sentence that names the variable and a right value.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = os.environ if variables is None else variables
        self.known: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self.known.add(name)
        return self.variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name, str(default)).lower()
        if value in TRUE | FALSE:
            return value in TRUE
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no: write 1 or 0.")

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value in choices:
            return value
        raise ImproperlyConfigured(f"{name}={value!r} is unknown: write {' or '.join(choices)}.")

    def whole(self, name: str, default: int, *, least: int = 1, most: int = 2**40) -> int:
        return self._number(name, int, default, least, most, "a whole number")

    def number(self, name: str, default: float, *, least: float, most: float) -> float:
        return self._number(name, float, default, least, most, "a number")

    def words(self, name: str, default: str = "") -> list[str]:
        """A list whose parts are set off by commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def address(self, name: str, default: str = "", *, example: str) -> str:
        """An http or https URL without a slash at its end, or nothing."""
        value = self.text(name, default).rstrip("/")
        if value and not _is_address(value):
            raise ImproperlyConfigured(f"{name}={value!r} is no address: write {example}.")
        return value

    def hosts(self, name: str) -> list[str]:
        """Hosts with or without a port, which may have a star for a part of their name."""
        found = self.words(name)
        if wrong := next((one for one in found if not HOST.fullmatch(one)), None):
            raise ImproperlyConfigured(
                f"{name} holds {wrong!r}, which is no host: write api.example.com, "
                "api.example.com:8443, *.example.com, or * for any."
            )
        return found

    def folder(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().absolute()

    def refuse_unknown(self) -> None:
        """Raise for a BIFROST_ variable that nothing reads: most likely it is misspelt."""
        for name in sorted(self.variables):
            if name.startswith(OURS) and name not in self.known:
                close = difflib.get_close_matches(name, self.known, n=1)
                hint = f"did you mean {close[0]}?" if close else "remove it, or see .env.example."
                raise ImproperlyConfigured(f"{name} is no setting of Bifrost: {hint}")

    def _number(
        self,
        name: str,
        kind: Callable[[str], Value],
        default: Value,
        least: float,
        most: float,
        what: str,
    ) -> Value:
        value = self.text(name, str(default))
        try:
            number = kind(value)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}={value!r} is not {what}: write {default}."
            ) from None
        if not least <= number <= most:  # type: ignore[operator]
            raise ImproperlyConfigured(f"{name}={value} must lie between {least} and {most}.")
        return number
