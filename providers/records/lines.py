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
    first, parts, size = 1, [], 0
    for chunk in chain(chunks, [NEWLINE]):
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
        if first == 1:
            pieces[0] = pieces[0].removeprefix(BYTE_ORDER_MARK)
        for number, line in enumerate(pieces, first):
            line = line.removesuffix(b"\r")
            if line and not line.isspace():
                yield number, line
        first += len(pieces)
