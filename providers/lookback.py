"""Search what no index finds: from the newest row back, for a second, and then say how far that went."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

SECONDS = 1.0
MOST = 200
FIRST_WINDOW, LARGEST_WINDOW = 2_000, 50_000
# A window should take about as long as this.
WINDOW_SECONDS = 0.15

Matcher = Callable[[QuerySet[Any]], Iterable[Any]]
"""The keys of those among some rows that are looked for, at most MOST."""


@dataclass
class Told:
    """What a search did: what it looked at, and back to which moment; None if it saw every row."""

    tried: str
    until: datetime | None = None


def look_back(
    rows: QuerySet[Any],
    matcher: Matcher,
    *,
    field: str,
    before: datetime | None = None,
    seconds: float = SECONDS,
) -> tuple[list[Any], datetime | None]:
    """The keys of rows that match, and the moment before which nothing was looked at, if there is more.

    It goes through the rows in windows of time, each as large as can be seen at once, and stops after about
    so many seconds, or with MOST rows.
    """
    rows = rows.prefetch_related(None).select_related(None).order_by()
    deadline = time.monotonic() + seconds
    size, found = FIRST_WINDOW, list[Any]()
    while True:
        began = time.monotonic()
        older = rows.filter(**{f"{field}__lt": before}) if before else rows
        moments = older.order_by(f"-{field}").values_list(field, flat=True)
        edge = next(iter(moments[size : size + 1]), None)
        found += matcher(older.filter(**{f"{field}__gte": edge}) if edge else older)
        now = time.monotonic()
        if edge is None or len(found) >= MOST or now > deadline:
            return list(dict.fromkeys(found))[:MOST], edge
        before = edge
        small = now - began < WINDOW_SECONDS
        size = min(size * 2, LARGEST_WINDOW) if small else max(size // 2, FIRST_WINDOW)


def where(condition: Q) -> Matcher:
    """Rows of which a condition holds."""
    return lambda rows: rows.filter(condition).values_list("pk", flat=True)[:MOST]


def moment_of(text: str) -> datetime | None:
    """What a link to go on says, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
