"""The numbers at the top of the page."""

from datetime import timedelta
from typing import Any

from batches.admin.dashboard import words
from batches.admin.dashboard.charts import STATES
from batches.admin.dashboard.figures import Figures
from batches.admin.dashboard.period import HOUR, Window
from batches.admin.dashboard.standing import queue_age
from batches.services.samples import Standing
from providers import cells
from providers.money import total_spent

# A queue is worked off within seconds; one that is older than this has nobody who does.
PATIENCE = timedelta(minutes=5)


def now(rows: list[Standing]) -> list[dict[str, Any]]:
    by_state = {
        name: sum(row.jobs for row in rows if row.status == status)
        for status, name in STATES.items()
    }
    told = [f"{words.short(count)} {name}" for name, count in by_state.items() if count]
    age = queue_age(rows)
    return [
        _tile(
            "Unfinished jobs",
            words.short(sum(by_state.values())),
            ", ".join(told) or "nothing runs",
        ),
        _tile(
            "Queue age",
            cells.span(age) if age is not None else "empty",
            "the oldest job not sent yet" if age is not None else "nothing waits to be sent",
            "warn" if age and age > PATIENCE else "",
        ),
    ]


def past(window: Window, whole: Figures) -> list[dict[str, Any]]:
    hours = max((window.now - window.start) / HOUR, 1)
    return [
        _tile(
            "Records per hour",
            words.short(whole.records / hours),
            f"{words.short(whole.records)} in {window.period.name}",
        ),
        _tile("Success rate", words.share(whole.success), _failed(whole)),
        _tile("Time to completion", words.about(whole.within(0.5)), _slowest(whole)),
        _tile("Spend", total_spent(whole.cost, whole.unpriced), _unpriced(whole)),
    ]


def _failed(whole: Figures) -> str:
    if not whole.records:
        return "no record ended"
    return f"{words.short(max(whole.failed, 0))} of {words.short(whole.records)} records failed"


def _slowest(whole: Figures) -> str:
    most = whole.within(0.9)
    return (
        "no batch completed" if most is None else f"median; nine of ten within {words.about(most)}"
    )


def _unpriced(whole: Figures) -> str:
    if whole.unpriced:
        return f"no price known for {cells.count(whole.unpriced, 'answer')}"
    tokens = whole.input_tokens + whole.output_tokens
    return f"{words.short(tokens)} tokens" if tokens else "no token used"


def _tile(title: str, value: str, note: str, tone: str = "") -> dict[str, Any]:
    return {"title": title, "value": value, "note": note, "tone": tone}
