"""Lines: a file of records, a chunk at a time."""

from collections.abc import Iterable, Iterator
from itertools import chain

from providers.records.errors import LineTooLongError

NEWLINE = b"\n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_LINE_BYTES = 16 * 2**20


def lines(chunks: Iterable[bytes], *, longest: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1, without their line ends.

    Holds one chunk and one line at a time. Raises LineTooLongError at a line over `longest` bytes.
    """
    for first, _, pieces in _pieces(chunks, longest):
        for number, line in enumerate(pieces, first):
            line = line.removesuffix(b"\r")
            if line and not line.isspace():
                yield number, line


def placed_lines(chunks: Iterable[bytes], *, longest: int) -> Iterator[tuple[int, bytes]]:
    """The same lines with the places of their first bytes, from 0."""
    for _, place, pieces in _pieces(chunks, longest):
        for piece in pieces:
            line = piece.removesuffix(b"\r")
            if line and not line.isspace():
                yield place, line
            place += len(piece) + 1


def _pieces(chunks: Iterable[bytes], longest: int) -> Iterator[tuple[int, int, list[bytes]]]:
    """What stands between the line ends, as each chunk ends it, with the first one's number and place."""
    first, place, end, parts, size = 1, 0, 0, [], 0
    for chunk in chain(chunks, [NEWLINE]):
        end += len(chunk)
        pieces = chunk.split(NEWLINE)
        size += len(pieces[0])
        if size > longest:
            raise LineTooLongError(first, longest)
        if len(chunk) > longest and max(sizes := [len(piece) for piece in pieces]) > longest:
            at = next(index for index, one in enumerate(sizes) if one > longest)
            raise LineTooLongError(first + at, longest)
        parts.append(pieces[0])
        if len(pieces) == 1:
            continue
        pieces[0] = b"".join(parts)
        last = pieces.pop()
        parts, size = [last], len(last)
        if first == 1 and pieces[0].startswith(BYTE_ORDER_MARK):
            pieces[0] = pieces[0].removeprefix(BYTE_ORDER_MARK)
            place = len(BYTE_ORDER_MARK)
        yield first, place, pieces
        first, place = first + len(pieces), end - len(last)
