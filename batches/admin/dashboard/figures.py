"""What the ledger's hours say: records, how many succeeded, how long it took, what it cost.

A length is known to its power of two only. A percentile is read off between the two ends of the one that it
lies in, as if the batches in there were spread evenly: it is right to a factor of two, and says "about".
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet, Sum

from batches.admin.dashboard.period import Window
from batches.models import Batch, UsageHour

SUMS = ("batches", "completed", "failed", "input_tokens", "output_tokens", "cost", "unpriced")


@dataclass
class Figures:
    """The sums of some rows of the ledger."""

    batches: int = 0
    completed: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: int = 0
    unpriced: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)

    def add(self, row: Mapping[str, Any]) -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + (row.get(name) or 0))
        if "status" in row:
            self.statuses[row["status"]] += row["batches"]
        if row.get("status") == Batch.Status.COMPLETED:
            self.lengths[row["length"]] += row["batches"]

    @property
    def records(self) -> int:
        return self.completed + self.failed

    @property
    def success(self) -> float | None:
        """The part of the records that have an answer."""
        return self.completed / self.records if self.records > 0 else None

    def within(self, part: float) -> float | None:
        """About how many seconds it took until this part of the completed batches was."""
        return percentile(self.lengths, part)


def percentile(lengths: Mapping[int, int], part: float) -> float | None:
    """Of how many there are of each length in powers of two, rounded up; None if there are none."""
    whole = sum(count for count in lengths.values() if count > 0)
    if not whole:
        return None
    sought, seen = part * whole, 0
    for length in sorted(lengths):
        count = max(lengths[length], 0)
        if count and seen + count >= sought:
            low, high = (2.0 ** (length - 1) if length > 0 else 0.0), 2.0**length
            return low + (high - low) * (sought - seen) / count
        seen += count
    return 2.0 ** max(lengths)


def ledger(window: Window, workspaces: Collection[str] | None) -> QuerySet[UsageHour]:
    rows = UsageHour.objects.filter(hour__gte=window.start, hour__lt=window.end).order_by()
    return rows if workspaces is None else rows.filter(workspace__in=workspaces)


def over_time(window: Window, workspaces: Collection[str] | None) -> dict[str, list[Figures]]:
    """By provider, one for each bar."""
    found: dict[str, list[Figures]] = {}
    for row in _sums(ledger(window, workspaces), "hour", "provider"):
        bars = found.setdefault(row["provider"], [Figures() for _ in window.bars])
        bars[window.bar_of(row["hour"])].add(row)
    return found


def by_model(window: Window, workspaces: Collection[str] | None) -> dict[tuple[str, str], Figures]:
    """By provider and model."""
    found: dict[tuple[str, str], Figures] = {}
    for row in _sums(ledger(window, workspaces), "provider", "model", "status", "length"):
        found.setdefault((row["provider"], row["model"]), Figures()).add(row)
    return found


def by_workspace(window: Window, workspaces: Collection[str] | None) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for row in _sums(ledger(window, workspaces), "workspace__name"):
        found.setdefault(row["workspace__name"], Figures()).add(row)
    return found


def total(all_of_them: Iterable[Figures]) -> Figures:
    whole = Figures()
    for figures in all_of_them:
        whole.add({name: getattr(figures, name) for name in SUMS})
        whole.statuses.update(figures.statuses)
        whole.lengths.update(figures.lengths)
    return whole


def _sums(rows: QuerySet[UsageHour], *by: str) -> Iterable[dict[str, Any]]:
    summed: Iterable[dict[str, Any]] = rows.values(*by).annotate(
        **{name: Sum(name) for name in SUMS}
    )
    return summed
