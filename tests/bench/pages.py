"""Every list and page of the admin, and the lists of the API, in a database that is full."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Figure, at_most
from tests.bench.place import run
from tests.installation import servers

MOST_MS = 200


def measured() -> Iterator[Figure]:
    batches = 1_000_000 if os.environ.get("BENCH_LARGE") else 20_000
    with tempfile.TemporaryDirectory(prefix="bifrost-bench-") as data, servers() as own:
        # WhiteNoise warns where there is none.
        (Path(data) / "static").mkdir()
        environment = {**own, "BIFROST_DATA": data, "BIFROST_LOG_LEVEL": "WARNING"}
        found = run("browse", str(batches), environment=environment, seconds=3600)
    yield from figures(found, batches)


def figures(found: dict[str, tuple[float, int]], batches: int) -> Iterator[Figure]:
    for page, (milliseconds, queries) in found.items():
        # A search takes the second that it is given.
        bar = None if "search for" in page else at_most(MOST_MS)
        yield Figure(page, f"{queries} queries, {batches:,}", milliseconds, "ms", bar=bar)
