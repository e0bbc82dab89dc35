"""The numbers of some of a batch's records, in as few numbers as their row can keep.

Packed they are lengths of runs, in turn: so many that are not among them, so many that are.
"""

from collections.abc import Iterable, Iterator


def packed(numbers: Iterable[int]) -> list[int]:
    """`numbers` rise, and each is there once."""
    runs: list[int] = []
    end = 0
    for number in numbers:
        if runs and number == end:
            runs[-1] += 1
        else:
            runs += (number - end, 1)
        end = number + 1
    return runs


def unpacked(runs: Iterable[int]) -> Iterator[int]:
    place = 0
    for turn, length in enumerate(runs):
        if turn % 2:
            yield from range(place, place + length)
        place += length
