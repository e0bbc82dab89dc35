"""A large batch from end to end, beside the bare translation and the same job at the sandbox."""

from collections.abc import Iterator

from tests.bench.measure import Figure, Memory, at_most, cpu_seconds, stopwatch
from tests.bench.place import Place, Target, record
from tests.bench.translation import seconds_of_requests, seconds_of_results

RECORDS = 100_000
# More small batches at once than the worker has processes: each reads the price list with its first batch.
FIRST = 8


def measured(place: Place) -> Iterator[Figure]:
    content = b"".join(record(number) for number in range(RECORDS))
    direct_seconds, results = _end_to_end(place.direct, content)
    first = [place.gateway.create(place.gateway.upload(record(0))) for _ in range(FIRST)]
    for batch_id in first:
        place.gateway.wait(batch_id)
    before = cpu_seconds(place.worker)
    with Memory(place.worker) as memory, stopwatch() as taken:
        file_id = place.gateway.upload(content)
        batch = place.gateway.wait(place.gateway.create(file_id), seconds=240)
    cpu = cpu_seconds(place.worker) - before
    assert batch["request_counts"]["completed"] == RECORDS, batch
    ours = place.run("rows", "times", batch["id"])
    bare_requests, bare_results = seconds_of_requests(content), seconds_of_results(results)
    yield from _figures(ours, cpu, bare_requests, bare_results)
    subject = f"{RECORDS:,} records, from end to end"
    yield Figure(subject, "records", RECORDS / taken(), "/s", RECORDS / direct_seconds)
    yield Figure(subject, "worker memory over idle", memory.over_idle, "MB", bar=at_most(200))


def _figures(ours: dict[str, float], cpu: float, *bare: float) -> Iterator[Figure]:
    subject = f"{RECORDS:,} records, bare translation"
    for name, seconds in zip(("submit", "collect"), bare, strict=True):
        yield Figure(
            f"{RECORDS:,} records, {name}", "records", RECORDS / ours[name], "/s", RECORDS / seconds
        )
    both = ours["submit"] + ours["collect"]
    subject = f"{RECORDS:,} records, both"
    yield Figure(
        subject, "seconds, to bare translation", both, "s", sum(bare),
        bar=at_most(3, 2, of="of direct"),
    )  # fmt: skip
    yield Figure(subject, "CPU of the worker", cpu, "s", sum(bare))


def _end_to_end(target: Target, content: bytes) -> tuple[float, bytes]:
    """The seconds of the whole job, and its results."""
    with stopwatch() as taken:
        batch = target.wait(target.create(target.upload(content)), seconds=240)
        results = target.content(batch["output_file_id"])
    assert results.count(b"\n") == RECORDS
    return taken(), results
