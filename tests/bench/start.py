"""How long a start takes, and what an idle installation needs."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench.measure import Figure, at_most, resident
from tests.bench.place import Place
from tests.stack import running_stack


def measured(place: Place) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="bifrost-bench-") as folder:
        began = time.perf_counter()
        with running_stack(Path(folder)):
            taken = time.perf_counter() - began
    yield Figure("start", "until all of it answers", taken, "s", bar=at_most(10, 3))
    largest = max(resident([process]) for process in place.web)
    yield Figure("idle", "memory of a web process", largest, "MB", bar=at_most(130))
    whole = psutil.Process(place.stack.launcher.pid)
    everything = resident([whole, *whole.children(recursive=True)])
    yield Figure("idle", "memory of all processes", everything, "MB")
