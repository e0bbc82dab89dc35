"""The bytes of a request, whether their number was announced or they come in chunks of their own."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from gateway.turns import stepping_aside

CHUNK_BYTES = 256 * 1024
DRAIN_SECONDS = 30
# Set once a body is read: until then the server does not let a client send who asked first.
BEGUN = "bifrost.body_begun"
# All of it, once it was read: who checks a signature needs it before the view does.
WHOLE = "bifrost.body"


class BrokenOffError(Exception):
    """The client went away before all was there."""


def chunks(request: HttpRequest) -> Iterator[bytes]:
    """Raises BrokenOffError, also for less than was announced."""
    request.META[BEGUN] = True
    # Django reads nothing of a body whose length was not announced.
    announced = "HTTP_TRANSFER_ENCODING" not in request.META
    stream = request if announced else request.META["wsgi.input"]
    size = 0
    while chunk := _read(stream):
        size += len(chunk)
        yield chunk
    if announced and size < _announced_size(request):
        raise BrokenOffError


def whole(request: HttpRequest) -> bytes:
    """All of it, in memory, however often it is asked for. Raises RequestDataTooBig and BrokenOffError."""
    if WHOLE not in request.META:
        request.META[WHOLE] = _read_whole(request)
    body: bytes = request.META[WHOLE]
    return body


def _read_whole(request: HttpRequest) -> bytes:
    body = bytearray()
    for chunk in chunks(request):
        body += chunk
        if len(body) > settings.MAX_JSON_BYTES:
            raise RequestDataTooBig
    return bytes(body)


def drain(request: HttpRequest) -> None:
    """Read what still comes, and forget it.

    A client that is answered while it sends would see a broken connection and not the answer. One that
    asked whether it should send has not begun.
    """
    asked = request.headers.get("expect", "").lower() == "100-continue"
    if asked and BEGUN not in request.META:
        return
    deadline = time.monotonic() + DRAIN_SECONDS
    with suppress(BrokenOffError):
        for _ in chunks(request):
            if time.monotonic() > deadline:
                return


def _announced_size(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or ""
    return int(text) if text.isascii() and text.isdecimal() else 0


def _read(stream: Any) -> bytes:
    try:
        with stepping_aside():
            chunk: bytes = stream.read(CHUNK_BYTES)
    except OSError as error:
        raise BrokenOffError from error
    return chunk
