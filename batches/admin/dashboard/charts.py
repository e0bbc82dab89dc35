"""What the charts show: numbers for the script that draws them, and the same as a table for who sees none."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from batches.admin.dashboard import standing, words
from batches.admin.dashboard.figures import Figures
from batches.admin.dashboard.period import Window
from batches.models import Job
from providers import cells
from providers.models import Provider
from providers.money import dollars
from providers.prices import DOLLAR

# More rows than this are no help to who has a table read to them.
MOST_ROWS = 32
STATES = {
    Job.Status.RUNNING: "running",
    Job.Status.ENDED: "to collect",
    Job.Status.SUBMITTING: "being sent",
    Job.Status.PLANNED: "waiting",
}
WAYS = {
    "jobs": lambda value: words.short(value),
    "records": lambda value: words.short(value),
    "seconds": lambda value: cells.span(timedelta(seconds=value)),
    "dollars": lambda value: dollars(round(value * DOLLAR)),
}


@dataclass(frozen=True)
class Series:
    """`look` names the colour and the pattern that tell it from the others."""

    name: str
    look: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    key: str
    title: str
    note: str
    kind: str
    unit: str
    labels: Sequence[str]
    series: Sequence[Series]
    empty: str = ""

    @property
    def drawn(self) -> str:
        """For dashboard.js."""
        series = [
            {"name": one.name, "look": one.look, "values": list(one.values)} for one in self.series
        ]
        shape = {"kind": self.kind, "unit": self.unit, "labels": list(self.labels)}
        return json.dumps({**shape, "series": series})

    @property
    def rows(self) -> Iterator[tuple[str, list[str]]]:
        every = -(-len(self.labels) // MOST_ROWS)
        for place in range((len(self.labels) - 1) % every, len(self.labels), every):
            yield self.labels[place], [self._said(one.values[place]) for one in self.series]

    @property
    def summary(self) -> str:
        """What a glance at it tells."""
        parts = []
        for one in self.series:
            known = [value for value in one.values if value is not None]
            if known:
                most, last = self._said(max(known)), self._said(known[-1])
                parts.append(f"{one.name}: {last} at the end, {most} at most")
        return f"{self.title}. {'; '.join(parts)}."

    def _said(self, value: float | None) -> str:
        return "not known" if value is None else WAYS[self.unit](value)


def jobs_over_time(window: Window, points: list[datetime], found: standing.Points) -> list[Chart]:
    """One for each provider that had any."""
    labels = _moments(window, points)
    return [
        Chart(
            key=f"jobs-{provider}",
            title=Provider(provider).label,
            note="unfinished jobs by state",
            kind="area",
            unit="jobs",
            labels=labels,
            series=[
                Series(name, f"state-{status}", found[provider][status])
                for status, name in STATES.items()
                if status in found[provider]
            ],
        )
        for provider in Provider.values
        if provider in found
    ]


def queue_over_time(
    window: Window, points: list[datetime], ages: Mapping[str, list[int | None]], *, looked: bool
) -> Chart:
    return Chart(
        key="queue",
        title="Queue age",
        note="how long the oldest job had been waiting to be sent",
        kind="lines",
        unit="seconds",
        labels=_moments(window, points),
        series=_by_provider(ages),
        empty="Nothing had to wait at the moments looked at." if looked else "",
    )


def records_over_time(window: Window, bars: Mapping[str, list[Figures]]) -> Chart:
    answered = _summed([[one.completed for one in row] for row in bars.values()])
    failed = _summed([[one.failed for one in row] for row in bars.values()])
    series = [Series("answered", "good", answered), Series("failed", "bad", failed)]
    return Chart(
        key="records",
        title=f"Records per {window.period.each}",
        note="counted when their batch ended",
        kind="bars",
        unit="records",
        labels=_bars(window),
        series=series if bars else [],
    )


def spend_over_time(window: Window, bars: Mapping[str, list[Figures]]) -> Chart:
    spent = {
        provider: [one.cost / DOLLAR for one in row]
        for provider, row in bars.items()
        if any(one.cost for one in row)
    }
    return Chart(
        key="spend",
        title=f"Spend per {window.period.each}",
        note="US dollars, of what has a known price",
        kind="bars",
        unit="dollars",
        labels=_bars(window),
        series=_by_provider(spent),
        empty="Of what ended in this period, no price is known." if bars else "",
    )


def _by_provider(values: Mapping[str, Sequence[float | None]]) -> list[Series]:
    return [
        Series(Provider(provider).label, f"provider-{provider}", values[provider])
        for provider in Provider.values
        if provider in values
    ]


def _summed(rows: Sequence[Sequence[int]]) -> list[int]:
    """What was collected again may have taken more from an hour than was in it."""
    return [max(sum(column), 0) for column in zip(*rows, strict=True)]


def _bars(window: Window) -> list[str]:
    return [window.label(bar) for bar in window.bars]


def _moments(window: Window, points: list[datetime]) -> list[str]:
    form = "%H:%M" if window.period.hours == 24 else "%a %d %b, %H:%M"
    return [window.label(point, form) for point in points]
