"""Ask for a batch and create batches, many clients at once and one alone."""

from collections.abc import Iterator
from typing import Any

from tests.bench.measure import Figure, at_least, at_most, cpu_seconds
from tests.bench.place import Place, Target, order, record, run

CLIENTS = 64
SECONDS = 4.0
PROVIDER_SECONDS = 0.05
# LiteLLM's best, in requests a second.
PEER_GET, PEER_POST = 39.0, 41.0


def measured(place: Place) -> Iterator[Figure]:
    ours, theirs = _made(place.gateway), _made(place.direct)
    yield from _many(place, ours, theirs)
    yield from _one(place, ours, theirs)
    yield from _slow_provider(place, ours, theirs)
    yield from _creates(place)


def ask(target: Target, *requests: dict[str, Any], clients: int, seconds: float) -> dict[str, Any]:
    given = {
        "url": target.url,
        "requests": [{**request, "headers": target.headers} for request in requests],
        "clients": clients,
        "seconds": seconds,
    }
    return dict(run("load", environment={}, given=given))


def retrieval(batch_id: str) -> dict[str, str]:
    return {"method": "GET", "path": f"/openai/v1/batches/{batch_id}"}


def _made(target: Target) -> dict[str, str]:
    batch_id = target.create(target.upload(record(0)))
    target.wait(batch_id)
    return retrieval(batch_id)


def _many(place: Place, ours: dict[str, str], theirs: dict[str, str]) -> Iterator[Figure]:
    subject = f"GET a batch, {CLIENTS} clients"
    ask(place.gateway, ours, clients=CLIENTS, seconds=1)
    before = cpu_seconds(place.web)
    found = ask(place.gateway, ours, clients=CLIENTS, seconds=SECONDS)
    cpu = (cpu_seconds(place.web) - before) * 1000 / found["requests"]
    direct = ask(place.direct, theirs, clients=CLIENTS, seconds=SECONDS / 2)
    yield Figure(
        subject, "rate", found["rate"], "/s", direct["rate"], PEER_GET,
        at_least(40, 60, of="of LiteLLM"),
    )  # fmt: skip
    yield Figure(subject, "p50", found["p50"], "ms", direct["p50"])
    yield Figure(subject, "p99", found["p99"], "ms", direct["p99"], bar=at_most(80))
    yield Figure(subject, "CPU of the web processes", cpu, "ms", bar=at_most(1, 0.5))


def _one(place: Place, ours: dict[str, str], theirs: dict[str, str]) -> Iterator[Figure]:
    subject = "GET a batch, 1 client"
    found = ask(place.gateway, ours, clients=1, seconds=2)["p50"]
    direct = ask(place.direct, theirs, clients=1, seconds=1)["p50"]
    yield Figure(subject, "p50", found, "ms", direct)
    yield Figure(subject, "added by the gateway", found - direct, "ms", bar=at_most(2, 0.7))


def _slow_provider(place: Place, ours: dict[str, str], theirs: dict[str, str]) -> Iterator[Figure]:
    fault = {"operation": "batches.retrieve", "latency": PROVIDER_SECONDS, "times": None}
    place.sandbox("POST", "faults", **fault)
    found = ask(place.gateway, ours, clients=1, seconds=1)["p50"]
    direct = ask(place.direct, theirs, clients=1, seconds=2)["p50"]
    place.sandbox("DELETE", "faults")
    yield Figure(
        "GET, from a provider that takes 50 ms", "p50", found, "ms", direct,
        bar=at_most(1 / 10, 1 / 25, of="of direct"),
    )  # fmt: skip


def _creates(place: Place) -> Iterator[Figure]:
    """The worker is held: it would take both cores to run what is created."""
    subject = f"POST a batch, {CLIENTS} clients"
    creations = [_creation(place.gateway) for _ in range(CLIENTS)]
    held = place.worker
    for process in held:
        process.suspend()
    before = cpu_seconds(place.web)
    found = ask(place.gateway, *creations, clients=CLIENTS, seconds=SECONDS / 2)
    cpu = (cpu_seconds(place.web) - before) * 1000 / found["requests"]
    direct = ask(place.direct, _creation(place.direct), clients=CLIENTS, seconds=SECONDS / 4)
    for process in held:
        process.kill()
    yield Figure(
        subject, "rate", found["rate"], "/s", direct["rate"], PEER_POST,
        at_least(20, 35, of="of LiteLLM"),
    )  # fmt: skip
    yield Figure(subject, "p50", found["p50"], "ms", direct["p50"])
    yield Figure(subject, "p99", found["p99"], "ms", direct["p99"])
    yield Figure(subject, "CPU of the web processes", cpu, "ms")


def _creation(target: Target) -> dict[str, Any]:
    file_id = target.upload(record(0))
    return {"method": "POST", "path": "/openai/v1/batches", "json": order(file_id)}
