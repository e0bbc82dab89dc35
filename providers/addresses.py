"""Which addresses a credential may name: whoever gets a call there gets the key with it."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

ANY = "*"
ONE = re.escape("*")
PORTED = re.compile(r":([0-9]+)$")
PORTS = {"http": 80, "https": 443}
# Whole, since those who split addresses do not agree about what is none: no user, query or fragment,
# nothing that ends a line, no backslash.
ADDRESS = re.compile(
    r"https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?"
    r"(/[a-z0-9._~!$&'()*+,;=:@%/-]*)?",
    re.IGNORECASE | re.ASCII,
)


def check_address(address: str) -> None:
    """Raises ValidationError for what may not be called."""
    if refusal := refusal_of(address):
        raise ValidationError(f"{refusal[:1].upper()}{refusal[1:]}.")


def refusal_of(address: str) -> str:
    """Why an address may not be called, empty if it may. It does not repeat what may hold a secret."""
    if not ADDRESS.fullmatch(address):
        return (
            "its address is no plain http or https URL: write one such as https://api.example.com/v1, "
            "without user, query and fragment"
        )
    host, port = place_of(address)
    if any(_covers(allowed, host, port) for allowed in settings.UPSTREAM_HOSTS):
        return ""
    named = host if port == PORTS[urlsplit(address).scheme] else f"{host}:{port}"
    return f"its host is not allowed: the operator can add {named} to BIFROST_UPSTREAM_HOSTS"


def place_of(address: str) -> tuple[str, int]:
    """The host and the port of a URL; a port that is none is 0."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = 0
    return parts.hostname or "", PORTS[parts.scheme] if port is None else port


def _covers(allowed: str, host: str, port: int) -> bool:
    """Without a port, the two that a URL need not name are meant."""
    if allowed == ANY:
        return True
    ported = PORTED.search(allowed)
    if port not in ([int(ported[1])] if ported else PORTS.values()):
        return False
    return bool(re.fullmatch(_pattern(PORTED.sub("", allowed.lower())), host))


def _pattern(name: str) -> str:
    """A star at the beginning stands for any names, and elsewhere for one."""
    escaped = re.escape(name.strip("[]"))
    if escaped.startswith(ONE):
        escaped = ".+" + escaped.removeprefix(ONE)
    return escaped.replace(ONE, "[^.]+")
