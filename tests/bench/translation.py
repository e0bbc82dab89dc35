"""Records from one dialect to the same one: read, seal again, and back, on one core."""

import statistics
from collections.abc import Iterator

from providers.openai import dialect
from providers.records import lines, upstream_id
from tests.bench.measure import MEGABYTE, Figure, at_least, stopwatch
from tests.bench.place import record

CHUNK = 256 * 1024
BYTES = 30 * MEGABYTE
ROUNDS = 3


def measured() -> Iterator[Figure]:
    for size, bar in ((300, at_least(500_000, 1_000_000)), (4096, None)):
        content = b"".join(record(number, size=size) for number in range(BYTES // size))
        seconds = statistics.median(seconds_of_requests(content) for _ in range(ROUNDS))
        subject = f"translate, same dialect, {size} bytes"
        yield Figure(subject, "records", BYTES // size / seconds, "/s", bar=bar)
        yield Figure(subject, "speed", len(content) / MEGABYTE / seconds, "MB/s")


def seconds_of_requests(content: bytes) -> float:
    """What it takes to read every request and to write it for the provider."""
    with stopwatch() as taken:
        for number, (_, line) in enumerate(lines(_chunks(content))):
            dialect.write_request(dialect.read_request(line), upstream_id(number))
    return taken()


def seconds_of_results(content: bytes) -> float:
    """What it takes to read every result and to write it for the client."""
    with stopwatch() as taken:
        for number, (_, line) in enumerate(lines(_chunks(content))):
            dialect.write_result(dialect.read_result(line), f"record-{number:08d}")
    return taken()


def _chunks(content: bytes) -> Iterator[bytes]:
    return (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
