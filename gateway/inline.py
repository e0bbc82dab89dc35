"""Requests that come in the body of a create instead of in a file. They become one, as they come."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from rest_framework.request import Request

from files import services as files
from files.models import File
from gateway.body import chunks
from gateway.caller import Caller
from gateway.elements import Elements, Path
from gateway.repeats import digest_of
from gateway.surface import RequestError
from providers.models import Workspace

if TYPE_CHECKING:
    from hashlib import _Hash

Each = Callable[[int, bytes], bytes | None]

FILENAME = "requests.jsonl"
BLOCK_BYTES = 256 * 1024
# Of JSON that is laid out for people. Inside of texts there are none.
LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


@dataclass
class Created:
    """The body of a create: its fields, with null in place of the requests, and the file of these, if any.

    `digest` is for Repeat. Say `wanted` if a batch took the file: then it is published, else nothing is left
    of it.
    """

    fields: dict[str, Any]
    digest: str
    file: File | None = None
    wanted: bool = False


@dataclass(frozen=True)
class Limits:
    """What a surface takes at once: bytes of a body, and requests in it, if these are bounded."""

    bytes: int
    requests: int | None = None


@contextmanager
def created(
    request: Request,
    caller: Caller,
    path: Path,
    *,
    surface: str,
    limits: Limits,
    each: Each | None = None,
) -> Iterator[Created]:
    """Read a create, and write the requests in the array at `path` to a file, a line for each.

    `each` is given a request's index and bytes, may refuse it with a RequestError that tells the index, and
    returns the line to write instead, or None to write it as it came. Raises RequestError,
    RequestDataTooBig, BrokenOffError and StoreError.

    The workspace is locked for as long as the block runs, so that a repeated create finds what a first try
    made that was still under way. Creates that name a file meet at the file's row; each of these brings a
    file of its own.
    """
    digest = digest_of(caller)
    body = _metered(chunks(request._request), digest, limits.bytes)
    elements = Elements(body, path, most_rest=settings.MAX_JSON_BYTES)
    file = _stored(caller.workspace, elements, limits, each)
    made = Created(elements.rest, digest.hexdigest(), file)
    if file is None:
        yield made
        return
    try:
        with transaction.atomic():
            caller.lock()
            yield made
            if made.wanted:
                _publish(file, surface)
    finally:
        if not made.wanted:
            files.discard(file)


def _metered(body: Iterable[bytes], digest: "_Hash", most: int) -> Iterator[bytes]:
    size = 0
    for chunk in body:
        size += len(chunk)
        if size > most:
            raise RequestError(
                f"The body is larger than {most} bytes: make several batches of it.",
                status=413,
                code="request_too_large",
            )
        digest.update(chunk)
        yield chunk


def _stored(
    workspace: Workspace, elements: Elements, limits: Limits, each: Each | None
) -> File | None:
    """The file of the elements; None if there is no array for them."""
    found = iter(elements)
    first = next(found, None)
    if first is None and not elements.found:
        return None
    if first is None:
        raise RequestError(
            f"Invalid '{elements.name}': it holds no request.",
            code="empty_array",
            param=elements.name,
        )
    with files.writing(workspace) as writer:
        for block in _blocks(_lines(chain((first,), found), elements.name, limits, each)):
            writer.write(block)
    return writer.file


def _publish(file: File, surface: str) -> None:
    files.publish(
        file,
        purpose=File.Purpose.BATCH,
        filename=FILENAME,
        content_type="application/jsonl",
        surface=surface,
    )


def _lines(found: Iterable[bytes], name: str, limits: Limits, each: Each | None) -> Iterator[bytes]:
    for index, element in enumerate(found):
        if index == limits.requests:
            raise RequestError(
                f"Invalid '{name}': it holds more than {index} requests: make several batches of them.",
                code="array_above_max_length",
                param=name,
            )
        line = (None if each is None else each(index, element)) or element
        # It is quicker to look than to translate.
        yield line.translate(LINE_ENDS) if b"\n" in line or b"\r" in line else line


def _blocks(lines: Iterable[bytes]) -> Iterator[bytes | bytearray]:
    block = bytearray()
    for line in lines:
        if len(line) >= BLOCK_BYTES:
            # Of what is large no copy is made.
            yield block
            yield line
            block = bytearray()
        else:
            block += line
        block += b"\n"
        if len(block) >= BLOCK_BYTES:
            yield block
            block = bytearray()
    yield block
