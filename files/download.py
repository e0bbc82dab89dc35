"""Stored files as downloads: streamed, and never opened by the browser itself."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from files import services
from files.models import File

# The last turn the direction of a text: what is shown as one name would be another.
UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class UnavailableError(Exception):
    """The bytes cannot be given now, or never again."""


def attachment(file: File, name: str = "") -> StreamingHttpResponse:
    """One file. Raises UnavailableError."""
    response = _answer(_opened(file), name or file.filename or file.id)
    response["Content-Length"] = str(file.size)
    return response


def archive(files: list[tuple[str, File]], name: str) -> StreamingHttpResponse:
    """Several files in one, packed while they are sent. Raises UnavailableError."""
    opened = [(_safe(inner), _opened(file)) for inner, file in files]
    return _answer(_packed(opened), name)


def _opened(file: File) -> Iterator[bytes]:
    if file.status != File.Status.STORED:
        raise UnavailableError(f"File {file.id} is {file.status}: there is nothing to download.")
    try:
        return services.opened(file)
    except FileNotFoundError:
        raise UnavailableError(f"The bytes of file {file.id} are gone from the store.") from None
    except services.StoreError as error:
        raise UnavailableError(f"The store cannot be read now: {error}.") from error


def _safe(name: str) -> str:
    return UNSAFE.sub("_", name)


def _answer(chunks: Iterable[bytes], name: str) -> StreamingHttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=_safe(name))
    headers = {
        "Content-Disposition": disposition or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(chunks, content_type="application/octet-stream", headers=headers)


class _Outbox(io.RawIOBase):
    """Where a zip file is written to, to be taken away piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "io.ReadableBuffer") -> int:  # type: ignore[name-defined]
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)


def _packed(files: list[tuple[str, Iterator[bytes]]]) -> Iterator[bytes]:
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
        for name, chunks in files:
            with pack.open(name, "w", force_zip64=True) as entry:
                for chunk in chunks:
                    entry.write(chunk)
                    yield outbox.take()
    yield outbox.take()
