"""The table that a run prints."""

import os
from collections import Counter
from collections.abc import Iterable

from tests.bench.measure import Bar, Figure

WIDTHS = (36, 28, 13, 11, 11, 12, 24, 6)
TITLES = ("work", "figure", "Bifrost", "direct", "of direct", "x LiteLLM", "bar: must (aim)", "met")


def header() -> str:
    database = "PostgreSQL" if os.environ.get("DATABASE_URL") else "SQLite"
    broker = os.environ.get("CELERY_BROKER_URL", "").split(":")[0] or "the embedded broker"
    where = f"On {database} and {broker}, {os.cpu_count()} cores."
    return f"{where}\n\n{_row(*TITLES)}\n{'-' * (sum(WIDTHS) + len(WIDTHS))}"


def line(figure: Figure) -> str:
    return _row(
        figure.subject,
        figure.what,
        f"{_number(figure.value)} {figure.unit:4}",
        _number(figure.direct),
        _number(figure.seen_as("of direct")),
        _number(figure.seen_as("of LiteLLM")),
        _bar(figure.bar) if figure.bar else "",
        figure.met,
    )


def footer(figures: Iterable[Figure], seconds: float) -> str:
    met = Counter(figure.met for figure in figures if figure.bar)
    said = ", ".join(f"{met[word]} {word}" for word in ("aim", "must", "MISSED") if met[word])
    return f"\nBars: {said or 'none'}. Took {seconds:.0f} s. docs/performance.md says what each is."


def _bar(bar: Bar) -> str:
    word = "<=" if bar.at_most else ">="
    unit = {"value": "", "of direct": " of direct", "of LiteLLM": " x LiteLLM"}[bar.of]
    aim = "" if bar.aim is None else f" ({_number(bar.aim)})"
    return f"{word} {_number(bar.must)}{unit}{aim}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _row(*cells: str) -> str:
    left = [f"{cell:{width}}" for cell, width in zip(cells[:2], WIDTHS, strict=False)]
    right = [f"{cell:>{width}}" for cell, width in zip(cells[2:], WIDTHS[2:], strict=True)]
    return " ".join(left + right).rstrip()
