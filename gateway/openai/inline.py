"""Requests that come in the body of a create instead of in a file. They become one, line by line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import transaction

from files import services as files
from files.models import File
from gateway.fields import WORDS, decoded
from gateway.surface import RequestError
from providers.models import Workspace

FILENAME = "requests.jsonl"
BLOCK_BYTES = 256 * 1024
# Of JSON that is laid out for people. Inside of texts there are none.
LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")


def parted(body: bytes) -> tuple[dict[str, Any], Sequence[msgspec.Raw] | None]:
    """The fields of a create, and its requests as they were written, if it has any. Raises RequestError."""
    parts = decoded(body, dict[str, msgspec.Raw]) if body else {}
    requests = parts.pop("requests", None)
    fields: dict[str, Any] = {name: decoded(part, object) for name, part in parts.items()}
    return fields, read_requests(requests) if requests else None


def read_requests(given: msgspec.Raw) -> Sequence[msgspec.Raw] | None:
    """Raises RequestError."""
    try:
        requests = msgspec.json.decode(given, type=list[msgspec.Raw] | None)
    except msgspec.ValidationError:
        got = WORDS[type(decoded(given, object))]
        raise RequestError(
            f"Invalid type for 'requests': expected an array, but got {got} instead.",
            code="invalid_type",
            param="requests",
        ) from None
    if requests == []:
        raise RequestError(
            "Invalid 'requests': it holds no request.", code="empty_array", param="requests"
        )
    return requests


@dataclass
class Written:
    """The file of the requests, and whether a batch wants it."""

    file: File
    wanted: bool = False


@contextmanager
def stored(workspace: Workspace, requests: Sequence[msgspec.Raw]) -> Iterator[Written]:
    """A file of these lines, which is deleted again unless it turns out to be wanted. Raises StoreError.

    The workspace is locked meanwhile, so that a repeated create finds what a first try made that was still
    under way. Creates that name a file meet at the file's row; each of these brings a file of its own.
    """
    written = Written(_write(workspace, requests))
    try:
        with transaction.atomic():
            list(Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk))
            yield written
    finally:
        if not written.wanted:
            files.delete(written.file)


def _write(workspace: Workspace, requests: Sequence[msgspec.Raw]) -> File:
    with files.writing(workspace) as writer:
        block = bytearray()
        for request in requests:
            block += bytes(request).translate(LINE_ENDS) + b"\n"
            if len(block) > BLOCK_BYTES:
                writer.write(block)
                block = bytearray()
        writer.write(block)
    return files.publish(
        writer.file,
        purpose=File.Purpose.BATCH,
        filename=FILENAME,
        content_type="application/jsonl",
        surface="openai",
    )
