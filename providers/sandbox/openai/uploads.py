"""An upload, streamed from the wire to the disk.

https://www.rfc-editor.org/rfc/rfc7578
"""

from pathlib import Path
from typing import BinaryIO, Self

import multipart
from aiohttp import web

from providers.sandbox.openai import refusals
from providers.sandbox.refusal import Refusal

_LONGEST_FIELD = 64 * 1024


class Upload:
    """The fields of a form, and the bytes of its file in a path of the caller's choice.

    Used as a context manager: unless the bytes are taken away, they are gone afterwards.
    """

    def __init__(self, path: Path, *, most_bytes: int) -> None:
        self.path = path
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.bytes = 0
        self._most_bytes = most_bytes
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
            raise refusals.refusal(400, "Expected a multipart/form-data request body.")
        parser = multipart.PushMultipartParser(boundary)
        try:
            with parser:
                async for chunk in request.content.iter_any():
                    for event in parser.parse(chunk):
                        self._take(event)
        except multipart.MultipartError as error:
            raise refusals.refusal(400, f"The request body is not a valid form: {error}") from None

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
            raise refusals.too_long(self._field[0], most=_LONGEST_FIELD, got=_LONGEST_FIELD + 1)

    def _write(self, chunk: bytearray | bytes) -> None:
        self.bytes += len(chunk)
        if self.bytes > self._most_bytes:
            raise _too_large(self._most_bytes)
        self._file.write(chunk)


def _too_large(most: int) -> Refusal:
    return refusals.refusal(413, f"The file is larger than the maximum of {most} bytes.")
