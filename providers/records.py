"""Records: the lines that batches are made of, whatever their dialect."""

from collections.abc import Iterable, Iterator

import msgspec

NEWLINE = b"\n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_LINE_BYTES = 16 * 2**20


class RecordError(Exception):
    """One record is at fault. `code` and `param` are words of OpenAI's batch errors."""

    def __init__(self, message: str, *, code: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param


class MalformedRecordError(RecordError):
    """It does not have the shape of its dialect."""


class UnsupportedFeatureError(RecordError):
    """The target has no words for something in it."""


class Request(msgspec.Struct, frozen=True):
    """One record in: what every dialect's envelope says of it. `line` is the envelope itself."""

    custom_id: str
    url: str
    model: str | None
    line: bytes


class Result(msgspec.Struct, frozen=True):
    """One record out, still in the words of its dialect. `id` is the one that we sent upstream."""

    id: str
    succeeded: bool
    line: bytes


class Failure(msgspec.Struct, frozen=True):
    """Why a record has no answer. `code` is one of OpenAI's words for it."""

    code: str
    message: str


def upstream_id(number: int) -> str:
    """What a record is called upstream: its place in the input, counted from 0."""
    return f"r{number:010d}"


def record_number(name: str) -> int:
    """The inverse of `upstream_id`. Raises MalformedRecordError."""
    digits = name[1:]
    if len(name) != 11 or name[0] != "r" or not (digits.isascii() and digits.isdigit()):
        raise MalformedRecordError(f"{name!r} is no record of ours", code="unknown_record")
    return int(digits)


def lines(chunks: Iterable[bytes], *, longest: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1, without their line ends.

    Holds one chunk and one line at a time. Raises MalformedRecordError at a line over `longest` bytes.
    """
    number = 0
    for number, line in _pieces(chunks, longest):
        if number == 1 and line.startswith(BYTE_ORDER_MARK):
            line = line[len(BYTE_ORDER_MARK) :]
        if line.endswith(b"\r"):
            line = line[:-1]
        if line and not line.isspace():
            yield number, line


def _pieces(chunks: Iterable[bytes], longest: int) -> Iterator[tuple[int, bytes]]:
    number, parts, size = 1, [], 0
    for chunk in chunks:
        first, *rest = chunk.split(NEWLINE)
        size += len(first)
        if size > longest or (len(chunk) > longest and max(map(len, rest), default=0) > longest):
            raise MalformedRecordError(
                f"Line {number} or one soon after it is longer than {longest} bytes.",
                code="line_too_long",
            )
        parts.append(first)
        for piece in rest:
            yield number, parts[0] if len(parts) == 1 else b"".join(parts)
            number, parts, size = number + 1, [piece], len(piece)
    if size:
        yield number, b"".join(parts)
