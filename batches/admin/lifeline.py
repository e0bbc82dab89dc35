"""The life of a batch as a line: what was, what is, what is to come."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batches.models import Batch

ENDS = ("completed", "failed", "expired", "cancelled")
TO_COME = {
    Batch.Status.VALIDATING: ("in progress", "finalizing", "completed"),
    Batch.Status.IN_PROGRESS: ("finalizing", "completed"),
    Batch.Status.FINALIZING: ("completed",),
    Batch.Status.CANCELLING: ("cancelled",),
}
TONES = {"completed": "good", "failed": "bad", "expired": "warn", "cancelled": "calm"}


@dataclass(frozen=True)
class Step:
    name: str
    at: datetime | None = None
    took: timedelta | None = None
    tone: str = "good"


def lifeline(batch: Batch) -> list[Step]:
    """The steps that a batch took, in their order, and those before it if all goes well."""
    taken = _taken(batch)
    steps = [
        Step(
            name,
            at,
            at - taken[place - 1][1] if place else None,
            TONES.get(name, "good"),
        )
        for place, (name, at) in enumerate(taken)
    ]
    ahead = TO_COME.get(Batch.Status(batch.status), ())
    if ahead:
        last = steps[-1]
        steps[-1] = Step(last.name, last.at, last.took, "busy")
    return steps + [Step(name, tone="ahead") for name in ahead]


def _taken(batch: Batch) -> list[tuple[str, datetime]]:
    names = ("created", "in_progress", "cancelling", "finalizing", *ENDS)
    taken = [(name.replace("_", " "), at) for name in names if (at := getattr(batch, f"{name}_at"))]
    return sorted(taken, key=lambda step: step[1])


def flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Nested numbers, such as of usage, as one list of names and values."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{name.removesuffix('_details')} · ")
        else:
            shown = f"{value:,}" if isinstance(value, int | float) else str(value)
            yield f"{path}{name}".replace("_", " "), shown
