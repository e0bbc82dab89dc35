"""The way through a list by date.

It offers every day, month or year between the list's first row and its last, whether or not there are rows
of it: to look for those would read the whole table, and the ends cost two rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.admin.views.main import ChangeList

PARTS = ("year", "month", "day")


@dataclass(frozen=True)
class Choice:
    title: str
    link: str = ""


def hierarchy(cl: ChangeList) -> dict[str, Any]:
    """What the theme's template of a date hierarchy wants."""
    field = str(cl.date_hierarchy)
    chosen = [cl.params[name] for part in PARTS if (name := f"{field}__{part}") in cl.params]
    ends = _ends(cl, field)
    choices = [Choice(title, _link(cl, field, parts)) for title, parts in _choices(ends, chosen)]
    return {"show": bool(choices or chosen), "back": _back(cl, field, chosen), "choices": choices}


def _ends(cl: ChangeList, field: str) -> tuple[date, date] | None:
    moments = cl.queryset.prefetch_related(None).values_list(field, flat=True)
    first, last = (moments.order_by(order).first() for order in (field, f"-{field}"))
    return (first.date(), last.date()) if first and last else None


def _back(cl: ChangeList, field: str, chosen: list[str]) -> Choice | None:
    if not chosen:
        return None
    return Choice("-".join(chosen[:-1]) or "All dates", _link(cl, field, chosen[:-1]))


def _link(cl: ChangeList, field: str, parts: list[Any]) -> str:
    named = {f"{field}__{name}": str(part) for name, part in zip(PARTS, parts, strict=False)}
    return str(cl.get_query_string(named, [f"{field}__"]))


def _choices(ends: tuple[date, date] | None, chosen: list[str]) -> Iterator[tuple[str, list[int]]]:
    """The titles of the next smaller part of time that tells rows apart, with its year, month and day."""
    if ends is None or len(chosen) == len(PARTS):
        return
    first, last = ends
    if (first.year, first.month) == (last.year, last.month):
        for ordinal in range((last - first).days + 1):
            day = first + timedelta(days=ordinal)
            yield f"{day:%B} {day.day}", [day.year, day.month, day.day]
    elif first.year == last.year:
        for month in range(first.month, last.month + 1):
            yield f"{date(first.year, month, 1):%B %Y}", [first.year, month]
    else:
        for year in range(first.year, last.year + 1):
            yield str(year), [year]
