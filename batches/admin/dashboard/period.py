"""Over which time the page tells, in bars of hours and in points between them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# A sample that did not come in time is looked for this much earlier.
EARLIER = 3


@dataclass(frozen=True)
class Period:
    """`step` hours go into a bar, and `minutes` lie between two samples; `form` is how a bar is named."""

    key: str
    name: str
    hours: int
    step: int
    minutes: int
    form: str

    @property
    def each(self) -> str:
        return {1: "hour", 24: "day"}.get(self.step, f"{self.step} hours")


PERIODS = {
    period.key: period
    for period in (
        Period("24h", "24 hours", 24, 1, 15, "%H:%M"),
        Period("7d", "7 days", 168, 6, 120, "%a %d, %H:%M"),
        Period("30d", "30 days", 720, 24, 480, "%d %b"),
    )
}
USUAL = "24h"


class Window:
    """A period that ends now. Its last bar is not over yet."""

    def __init__(self, period: Period, now: datetime | None = None) -> None:
        self.period = period
        self.now = timezone.localtime(now)
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.step = period.step * HOUR
        self.end = midnight + self.step * ((self.now - midnight) // self.step + 1)
        self.start = self.end - period.hours * HOUR

    @property
    def settled(self) -> datetime:
        """Until when nobody adds to the ledger any more: it is written in the hour that it is about."""
        hour = self.now.replace(minute=0, second=0, microsecond=0)
        return max(hour - HOUR, self.start)

    @property
    def bars(self) -> list[datetime]:
        return [
            self.start + self.step * place for place in range(self.period.hours * HOUR // self.step)
        ]

    def bar_of(self, moment: datetime) -> int:
        return (moment - self.start) // self.step

    @property
    def points(self) -> list[datetime]:
        """The moments whose samples are shown: round ones, and the last of the minutes that are over."""
        step = self.period.minutes * MINUTE
        last = self.now.replace(second=0, microsecond=0) - MINUTE
        first = self.start + step * -((self.start - self.now + self.period.hours * HOUR) // step)
        points = [first + step * place for place in range((last - first) // step + 1)]
        return points if points[-1:] == [last] else [*points, last]

    def label(self, moment: datetime, form: str = "") -> str:
        return f"{timezone.localtime(moment):{form or self.period.form}}"


def samples_for(points: list[datetime]) -> dict[datetime, int]:
    """The moments whose samples may stand for the points, and which: each for the one it is nearest to."""
    late = (
        (at - MINUTE * less, place)
        for less in reversed(range(EARLIER))
        for place, at in enumerate(points)
    )
    return dict(late)
