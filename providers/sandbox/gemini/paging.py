"""Pages of a list: https://google.aip.dev/158"""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar

from aiohttp import web

from providers.sandbox.gemini import refusals

QUERY = frozenset({"pageSize", "page_size", "pageToken", "page_token"})
MOST = 100


class _Named(Protocol):
    id: str


NamedT = TypeVar("NamedT", bound=_Named)


def after(request: web.Request) -> str:
    """The id behind which the page begins."""
    token = request.query.get("pageToken") or request.query.get("page_token") or ""
    try:
        return b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise refusals.refusal(400, "Invalid page token.") from None


def page(
    request: web.Request,
    objects: Iterator[NamedT],
    *,
    name: str,
    usual: int,
    show: Callable[[NamedT], dict[str, Any]],
) -> dict[str, Any]:
    size = _size(request, usual=usual)
    found = list(islice(objects, size + 1))
    answer: dict[str, Any] = {}
    if found:
        answer[name] = [show(each) for each in found[:size]]
    if len(found) > size:
        answer["nextPageToken"] = urlsafe_b64encode(found[size - 1].id.encode()).decode()
    return answer


def _size(request: web.Request, *, usual: int) -> int:
    """Zero means the usual size, and whatever is too large means the largest."""
    text = request.query.get("pageSize") or request.query.get("page_size") or "0"
    if not text.lstrip("-").isdecimal():
        raise refusals.invalid_value("page_size", "TYPE_INT32", text)
    if int(text) < 0:
        raise refusals.refusal(400, "page_size must not be negative.")
    return min(int(text) or usual, MOST)
