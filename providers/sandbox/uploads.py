"""An upload in a form, streamed from the wire to the disk.

https://www.rfc-editor.org/rfc/rfc7578
"""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import multipart
from aiohttp import web

from providers.sandbox.refusal import Refusal

_LONGEST_FIELD = 64 * 1024


class Words(NamedTuple):
    """How a vendor refuses a form: one that is none, a field or a file that is too long."""

    bad_form: Callable[[str], Refusal]
    long_field: Callable[[str, int], Refusal]
    large_file: Callable[[int], Refusal]


class Upload:
    """The fields of a form, and the bytes of its file in a path of the caller's choice.

    Used as a context manager: unless the bytes are taken away, they are gone afterwards.
    """

    def __init__(self, path: Path, *, most_bytes: int, words: Words) -> None:
        self.path = path
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.content_type = ""
        self.bytes = 0
        self._most_bytes = most_bytes
        self._words = words
        self._file: BinaryIO = path.open("wb", buffering=0)
        self._field: tuple[str, bytearray] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    async def read(self, request: web.Request) -> None:
        _, options = multipart.parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get("boundary")
        if not boundary:
            raise self._words.bad_form("Expected a multipart/form-data request body.")
        parser = multipart.PushMultipartParser(boundary)
        try:
            with parser:
                async for chunk in request.content.iter_any():
                    for event in parser.parse(chunk):
                        self._take(event)
        except multipart.MultipartError as error:
            message = f"The request body is not a valid form: {error}"
            raise self._words.bad_form(message) from None

    def _take(self, event: multipart.MultipartSegment | bytearray | bytes | None) -> None:
        match event:
            case multipart.MultipartSegment():
                self._begin(event)
            case None:
                self._end()
            case _ if self._field is None:
                self._write(event)
            case _:
                self._extend(event)

    def _begin(self, part: multipart.MultipartSegment) -> None:
        if part.name == "file" and part.filename is not None:
            self.filename = part.filename
            self.content_type = part.content_type or ""
            self._field = None
        else:
            self._field = (part.name, bytearray())

    def _end(self) -> None:
        if self._field is not None:
            name, value = self._field
            self.fields[name] = value.decode(errors="replace")

    def _extend(self, chunk: bytearray | bytes) -> None:
        assert self._field is not None
        self._field[1].extend(chunk)
        if len(self._field[1]) > _LONGEST_FIELD:
            raise self._words.long_field(self._field[0], _LONGEST_FIELD)

    def _write(self, chunk: bytearray | bytes) -> None:
        self.bytes += len(chunk)
        if self.bytes > self._most_bytes:
            raise self._words.large_file(self._most_bytes)
        self._file.write(chunk)
