"""A large batch of OpenAI's lines from end to end, at each provider."""

from collections.abc import Iterator

from tests.bench.measure import Figure, Memory, at_most, stopwatch
from tests.bench.place import Place, record
from tests.vendor_models import MODELS

RECORDS = 100_000


def measured(place: Place) -> Iterator[Figure]:
    for provider, model in MODELS.items():
        content = b"".join(record(number, model=model) for number in range(RECORDS))
        with Memory(place.worker) as memory, stopwatch() as taken:
            batch_id = place.gateway.create(place.gateway.upload(content), provider=provider)
            batch = place.gateway.wait(batch_id, seconds=280)
        assert batch["request_counts"]["completed"] == RECORDS, batch
        ours = place.run("rows", "times", batch_id)
        subject = f"{RECORDS:,} records, {provider}, {ours['jobs']} of its jobs"
        yield Figure(subject, "from end to end", RECORDS / taken(), "records/s")
        yield Figure(subject, "submit", RECORDS / ours["submit"], "records/s")
        yield Figure(subject, "collect", RECORDS / ours["collect"], "records/s")
        yield Figure(subject, "after its end", ours["after"], "s")
        yield Figure(subject, "worker memory over idle", memory.over_idle, "MB", bar=at_most(200))
