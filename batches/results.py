"""A provider's results, in any order, made to be read in the order of the input."""

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Set
from types import TracebackType

from providers.base import MalformedRecordError
from providers.records import Dialect, lines, record_number

BLOCK_BYTES = 256 * 1024
# An answer may hold ten pictures.
LONGEST = 512 * 2**20


class ResultIndex:
    """Keeps a provider's lines in a temporary file and, in memory, thirteen bytes for each record.

    Of several results for one record the first counts, until the record is tried again: then the newest
    answer does, and if there is none the newest failure. `strays` says what else came, and how often.
    """

    def __init__(self, total: int, dialect: Dialect) -> None:
        self.dialect = dialect
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by __exit__
        self.end = 0
        self.offsets = array("q", bytes(8 * total))
        # The length of a result's line, 0 where none came.
        self.lengths = array("i", bytes(4 * total))
        self.answered = bytearray(total)
        self._again: Set[int] | None = None
        self._unseen: set[int] = set()
        # Where the results of each job begin, and which it is.
        self.starts = array("q")
        self.sources: list[str] = []
        self.strays: dict[str, int] = {}

    def __enter__(self) -> "ResultIndex":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()

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
        source: str = "",
        mark: str = "",
        number_of: Callable[[str], int] = record_number,
    ) -> None:
        """Take the lines of one job's results in: of `source`.

        The ids of its records begin with `mark`, and `number_of` reads what follows. It raises
        MalformedRecordError or KeyError for what is no record's.
        """
        self.starts.append(self.end)
        self.sources.append(source)
        block: list[bytes] = []
        size = 0
        for _, line in lines(chunks, longest=LONGEST):
            if self._place(line, self.end + size, mark, number_of):
                block.append(line)
                size += len(line)
            if size >= BLOCK_BYTES:
                keep()
                self._write(block)
                block, size = [], 0
        self._write(block)
        self.file.flush()

    def get(self, number: int) -> bytes | None:
        """The line of a record's result."""
        length = self.lengths[number]
        return os.pread(self.file.fileno(), length, self.offsets[number]) if length else None

    def source_of(self, number: int) -> str:
        """Among whose results a record's is."""
        return self.sources[bisect_right(self.starts, self.offsets[number]) - 1]

    def _place(self, line: bytes, offset: int, mark: str, number_of: Callable[[str], int]) -> bool:
        try:
            result = self.dialect.open_result(line)
            number = number_of(result.id.removeprefix(mark))
            taken = self.lengths[number]
        except (MalformedRecordError, LookupError):
            return self._stray("of no record of this batch")
        if self._again is not None and number not in self._again:
            return self._stray("of no record of its job")
        if number in self._unseen:
            self._unseen.remove(number)
            if not result.succeeded:
                return False
        elif taken:
            return self._stray("repeated")
        self.answered[number] = result.succeeded
        self.offsets[number] = offset
        self.lengths[number] = len(line)
        return True

    def _stray(self, what: str) -> bool:
        self.strays[what] = self.strays.get(what, 0) + 1
        return False

    def _write(self, block: list[bytes]) -> None:
        self.end += self.file.write(b"".join(block))
