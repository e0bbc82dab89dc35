"""Why the records of a batch failed, those for the same reason together."""

import re
from dataclasses import dataclass, field

from batches import translate
from batches.models import Batch
from batches.services.looking import Bounds, OutOfBoundsError, input_within
from providers.records import Failure, MalformedRecordError

MOST_GROUPS = 50
LONGEST_MESSAGE = 300
# What differs from record to record though the reason is the same.
IDS = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[A-Za-z]+[_-](?=[A-Za-z]*[0-9])[0-9A-Za-z]{12,}\b"
    r"|\b(?=[a-f]*[0-9])[0-9a-f]{16,}\b"
)
NUMBERS = re.compile(r"(?<![\w.-])\d+(?:[.,]\d+)*(?![\w-])")


@dataclass
class Group:
    """Failures for one reason. `first` is the custom_id of the first of them."""

    kind: str
    code: str
    message: str
    first: str
    count: int = 0


@dataclass
class Failures:
    """The groups, the largest first; `others` did not fit into any, and `cut` says that there may be more."""

    groups: list[Group] = field(default_factory=list)
    looked_at: int = 0
    others: int = 0
    cut: bool = False


def grouped(batch: Batch, bounds: Bounds) -> Failures:
    """Read from the file of errors, as far as the bounds go. Raises StoreError."""
    found = Failures()
    groups: dict[tuple[str, str], Group] = {}
    try:
        source = input_within(batch, bounds)
        for line in bounds.lines(batch.error_file):
            found.looked_at += 1
            _count(found, groups, source, line)
    except OutOfBoundsError:
        found.cut = True
    except FileNotFoundError:
        pass
    found.groups = sorted(groups.values(), key=lambda group: -group.count)
    return found


def _count(
    found: Failures, groups: dict[tuple[str, str], Group], source: translate.Input, line: bytes
) -> None:
    try:
        result = source.dialect.open_result(line)
    except MalformedRecordError:
        found.others += 1
        return
    if not isinstance(result.outcome, Failure):
        return
    failure = result.outcome
    key = failure.code or failure.kind, sort_of(failure.message)
    if key not in groups:
        if len(groups) == MOST_GROUPS:
            found.others += 1
            return
        groups[key] = Group(failure.kind, key[0], key[1], result.id)
    groups[key].count += 1


def sort_of(message: str) -> str:
    """A message without what is one record's alone: ids and numbers."""
    return NUMBERS.sub("N", IDS.sub("…", message[: 2 * LONGEST_MESSAGE]))[:LONGEST_MESSAGE]
