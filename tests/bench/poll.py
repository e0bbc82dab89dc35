"""Running jobs in a large table: how fast one process claims and polls them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Figure, at_least, at_most
from tests.bench.place import run
from tests.installation import servers


def measured() -> Iterator[Figure]:
    batches = 1_000_000 if os.environ.get("BENCH_LARGE") else 50_000
    with tempfile.TemporaryDirectory(prefix="bifrost-bench-") as data, servers() as own:
        # WhiteNoise warns where there is none.
        (Path(data) / "static").mkdir()
        environment = {**own, "BIFROST_DATA": data, "BIFROST_LOG_LEVEL": "WARNING"}
        found = run("crowd", str(batches), environment=environment)
    subject = f"{found['jobs']:,} jobs due of {batches:,} batches"
    yield Figure(
        subject, "claimed and polled", found["rate"], "/s", bar=at_least(2000, 5000)
    )  # fmt: skip
    for name in ("retrieve", "list"):
        yield Figure(
            f"{name}, {batches:,} batches", "to an empty table", found[name], "ms",
            found[f"{name} of few"], bar=at_most(1.5, of="of direct"),
        )  # fmt: skip
