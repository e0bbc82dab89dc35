"""What the ledger's hours say: records, how many succeeded, how long it took, what it cost.

A length is known to its power of two only. A percentile is read off between the two ends of the one that it
lies in, as if the batches in there were spread evenly: it is right to a factor of two, and says "about".
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Sum

from batches.admin.dashboard.period import Window
from batches.models import Batch, UsageHour
from providers.models import Workspace

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


def over_time(window: Window, workspaces: Collection[str] | None) -> dict[str, list[Figures]]:
    """By provider, one for each bar."""
    found: dict[str, list[Figures]] = {}
    for row in _sums(window, workspaces, "hour", "provider"):
        bars = found.setdefault(row["provider"], [Figures() for _ in window.bars])
        bars[window.bar_of(row["hour"])].add(row)
    return found


def _in_bars(window: Window, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for each bar and provider, instead of one for each hour."""
    sums: dict[tuple[int, str], dict[str, Any]] = {}
    for row in rows:
        known = sums.setdefault((window.bar_of(row["hour"]), row["provider"]), row)
        if known is not row:
            known.update({name: known[name] + row[name] for name in SUMS})
    return list(sums.values())


def by_model(window: Window, workspaces: Collection[str] | None) -> dict[tuple[str, str], Figures]:
    """By provider and model."""
    found: dict[tuple[str, str], Figures] = {}
    for row in _sums(window, workspaces, "provider", "model", "status", "length"):
        found.setdefault((row["provider"], row["model"]), Figures()).add(row)
    return found


def by_workspace(window: Window, workspaces: Collection[str] | None) -> dict[str, Figures]:
    """By name. One that was erased meanwhile is not named any more."""
    found: dict[str, Figures] = {}
    for row in _sums(window, workspaces, "workspace"):
        found.setdefault(row["workspace"], Figures()).add(row)
    names = dict(Workspace.objects.filter(pk__in=found).values_list("pk", "name"))
    return {name: found[pk] for pk, name in names.items()}


def total(all_of_them: Iterable[Figures]) -> Figures:
    whole = Figures()
    for figures in all_of_them:
        whole.add({name: getattr(figures, name) for name in SUMS})
        whole.statuses.update(figures.statuses)
        whole.lengths.update(figures.lengths)
    return whole


def _sums(window: Window, workspaces: Collection[str] | None, *by: str) -> Iterable[dict[str, Any]]:
    """Hours that are over never change: their sums are remembered while the period begins where it does, and
    only those since are read again."""
    scope = "all" if workspaces is None else "/".join(sorted(workspaces))
    asked = f"{window.start.isoformat()} {window.period.key} {by} {scope}"
    key = f"ledger-{hashlib.sha256(asked.encode()).hexdigest()}"
    known = cache.get(key)
    if known is None:
        rows = _read(window.start, window.settled, workspaces, by)
        kept = _in_bars(window, rows) if "hour" in by else list(rows)
        known = (window.settled, kept)
        cache.set(key, known, window.step.total_seconds())
    until, settled = known
    return [*settled, *_read(until, window.end, workspaces, by)]


def _read(
    start: datetime, end: datetime, workspaces: Collection[str] | None, by: tuple[str, ...]
) -> Iterable[dict[str, Any]]:
    rows = UsageHour.objects.filter(hour__gte=start, hour__lt=end).order_by()
    if workspaces is not None:
        rows = rows.filter(workspace__in=workspaces)
    summed: Iterable[dict[str, Any]] = rows.values(*by).annotate(
        **{name: Sum(name) for name in SUMS}
    )
    return summed
