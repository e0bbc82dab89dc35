"""A provider's results, in any order, made to be read in the order of the input."""

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, cast

from providers.base import MalformedRecordError
from providers.records import Dialect, placed_lines, record_number

# An answer may hold ten pictures.
LONGEST = 512 * 2**20


class ResultIndex:
    """Knows where in the files of results each record's is, with thirteen bytes in memory for each.

    Of several results for one record the first counts, until the record is tried again: then the newest
    answer does, and if there is none the newest failure. `strays` says what else came, and how often.
    """

    def __init__(self, total: int, dialect: Dialect) -> None:
        self.dialect = dialect
        self._undo = ExitStack()
        self._end = 0
        self.offsets = array("q", bytes(8 * total))
        # The length of a result's line, 0 where none came.
        self.lengths = array("i", bytes(4 * total))
        self.answered = bytearray(total)
        self._again: Set[int] | None = None
        self._unseen: set[int] = set()
        self._copy: BinaryIO | None = None
        # Where the results of each job begin if all stand behind one another, and which it is; in which file
        # they are, and how far before that place it begins.
        self._starts = array("q")
        self._files: list[int] = []
        self._bases = array("q")
        self._sources: list[str] = []
        self.strays: dict[str, int] = {}

    def __enter__(self) -> "ResultIndex":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._undo.close()

    def try_again(self, numbers: Set[int]) -> None:
        """From here on results are of these records alone, whose failures so far no longer count."""
        self._again = numbers
        self._unseen = {number for number in numbers if self.answered[number]}
        for number in numbers - self._unseen:
            self.lengths[number] = 0

    def add(
        self,
        chunks: Iterable[bytes],
        *,
        keep: Callable[[], None],
        at_hand: BinaryIO | None = None,
        source: str = "",
        mark: str = "",
        number_of: Callable[[str], int] = record_number,
    ) -> None:
        """Take the lines of one job's results in: of `source`.

        `at_hand` is the file that the chunks are from, which is closed with the index; without it they are
        copied, all into one file. The ids of its records begin with `mark`, and `number_of` reads what
        follows. It raises MalformedRecordError or KeyError for what is no record's.
        """
        begin = self._end
        if at_hand:
            file, base = self._undo.enter_context(at_hand), begin
        else:
            file = self._copy = self._copy or self._undo.enter_context(_temporary())
            base = begin - file.tell()
        self._starts.append(begin)
        self._files.append(file.fileno())
        self._bases.append(base)
        self._sources.append(source)
        read = self._read(chunks, keep, None if at_hand else file)
        for place, line in placed_lines(read, longest=LONGEST):
            self._place(line, begin + place, mark, number_of)
        if not at_hand:
            file.flush()

    def get(self, number: int) -> tuple[str, bytes] | None:
        """Among whose results a record's is, and its line."""
        length = self.lengths[number]
        if not length:
            return None
        offset = self.offsets[number]
        job = bisect_right(self._starts, offset) - 1
        line = os.pread(self._files[job], length, offset - self._bases[job])
        return self._sources[job], line

    def _read(
        self, chunks: Iterable[bytes], keep: Callable[[], None], copy: BinaryIO | None
    ) -> Iterator[bytes]:
        for chunk in chunks:
            keep()
            self._end += len(chunk)
            if copy:
                copy.write(chunk)
            yield chunk

    def _place(self, line: bytes, offset: int, mark: str, number_of: Callable[[str], int]) -> None:
        try:
            result = self.dialect.open_result(line)
            number = number_of(result.id.removeprefix(mark))
            taken = self.lengths[number]
        except (MalformedRecordError, LookupError):
            self._stray("of no record of this batch")
            return
        if self._again is not None and number not in self._again:
            self._stray("of no record of its job")
            return
        if number in self._unseen:
            self._unseen.remove(number)
            if not result.succeeded:
                return
        elif taken:
            self._stray("repeated")
            return
        self.answered[number] = result.succeeded
        self.offsets[number] = offset
        self.lengths[number] = len(line)

    def _stray(self, what: str) -> None:
        self.strays[what] = self.strays.get(what, 0) + 1


def _temporary() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile())
