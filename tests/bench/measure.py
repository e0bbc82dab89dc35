"""Figures with the bars they have to reach, and the ways to take them."""

import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import psutil

MEGABYTE = 10**6
SAMPLE_SECONDS = 0.005
Subject = Literal["value", "of direct", "of LiteLLM"]


@dataclass(frozen=True)
class Bar:
    """What a figure must reach and what it aims at: so much at least, or at most."""

    must: float
    aim: float | None = None
    of: Subject = "value"
    at_most: bool = False

    def met(self, value: float) -> str:
        if self._reached(value, self.aim):
            return "aim"
        return "must" if self._reached(value, self.must) else "MISSED"

    def _reached(self, value: float, bar: float | None) -> bool:
        if bar is None:
            return False
        return value <= bar if self.at_most else value >= bar


@dataclass(frozen=True)
class Figure:
    """One line of the table. `direct` is the same work without the gateway, in the same run.

    `peer` is what LiteLLM's proxy reached, measured apart (docs/performance.md).
    """

    subject: str
    what: str
    value: float
    unit: str
    direct: float | None = None
    peer: float | None = None
    bar: Bar | None = None

    def seen_as(self, subject: Subject) -> float | None:
        base = {"value": 1.0, "of direct": self.direct, "of LiteLLM": self.peer}[subject]
        return self.value / base if base else None

    @property
    def met(self) -> str:
        value = self.seen_as(self.bar.of) if self.bar else None
        return self.bar.met(value) if self.bar and value is not None else ""


def at_least(must: float, aim: float | None = None, *, of: Subject = "value") -> Bar:
    return Bar(must, aim, of)


def at_most(must: float, aim: float | None = None, *, of: Subject = "value") -> Bar:
    return Bar(must, aim, of, at_most=True)


def interleaved(rounds: int, *works: Callable[[], float]) -> list[float]:
    """The median of each work, done in turns so that a busy moment of the machine meets all."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for times, work in zip(taken, works, strict=True):
            times.append(work())
    return [statistics.median(times) for times in taken]


def percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    """The seconds since the block began, or that it took once it has ended."""
    began = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - began
    ended.append(time.perf_counter())


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(one.user + one.system for one in times)


def resident(processes: Iterable[psutil.Process]) -> float:
    """Megabytes in memory, of all processes together."""
    return sum(process.memory_info().rss for process in processes) / MEGABYTE


class Memory:
    """Watches how far processes grow during a block: `over_idle`, in megabytes."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        self.processes = processes
        self.idle = self.peak = resident(processes)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def over_idle(self) -> float:
        return self.peak - self.idle

    def __enter__(self) -> "Memory":
        self.thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.stop.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, resident(self.processes))
