"""The lines of a file in an order that is not the input's, and always the same.

No vendor promises an order, so a client that counts on one should find out here.
"""

import os
import random
from array import array
from collections.abc import Iterator
from typing import BinaryIO


class ShuffledLines:
    def __init__(self, source: BinaryIO) -> None:
        self._file = source.fileno()
        starts, position = array("Q"), 0
        for line in source:
            if line.strip():
                starts.append(position)
            position += len(line)
        self._starts = array("Q", [*starts, position])
        self._order = array("L", range(len(starts)))
        random.Random(position).shuffle(self._order)  # noqa: S311 -- the same order every time
        if len(starts) > 1 and list(self._order) == list(range(len(starts))):
            self._order.reverse()

    def __len__(self) -> int:
        return len(self._order)

    def between(self, first: int, end: int) -> Iterator[bytes]:
        for index in self._order[first:end]:
            start, stop = self._starts[index], self._starts[index + 1]
            yield os.pread(self._file, stop - start, start)
