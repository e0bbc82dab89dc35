"""A request as its client may have signed it, put together from what arrived."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Message:
    """The server hands on a decoded path, so it cannot tell how it was encoded: `paths` are all the ways in
    which clients do it. `resources` are those of the older version, for which a path is a bucket and a key.
    """

    method: str
    paths: tuple[str, ...]
    resources: Callable[[], tuple[str, ...]]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """By lower-case names."""
    payload: Callable[[bool], str]
    """The hash of the body as it was signed, of a request in whose query the signature is or is not."""

    @property
    def host(self) -> str:
        return self.headers.get("host", "")


def query_of(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    """As the views read it, and not as it is written, which clients do in several ways."""
    return tuple((name, value) for name, values in request.GET.lists() for value in values)


def headers_of(request: HttpRequest) -> dict[str, str]:
    """With the host that clients sign, where a proxy changes it."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return headers | ({"host": _signed_host()} if settings.SIGNED_URL else {})


def path_of(request: HttpRequest) -> str:
    """Decoded, below the path that clients sign, where a proxy takes it off."""
    return urlsplit(settings.SIGNED_URL).path + request.path_info


def unsigned(headers: Mapping[str, str], signed: tuple[str, ...]) -> Iterator[str]:
    """Amazon's own headers that no signature holds, so that anybody may have put them there."""
    return (name for name in headers if name.startswith("x-amz-") and name not in signed)


def _signed_host() -> str:
    """As clients say it: without a port that goes without saying."""
    parts = urlsplit(settings.SIGNED_URL)
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(f":{USUAL_PORTS[parts.scheme]}")
