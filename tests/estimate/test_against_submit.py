"""What an estimate says is what a batch then comes to."""

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from batches import services
from batches.models import Batch
from batches.services.estimate import Account, Estimate, Estimating, Refused, Target
from files import services as files
from gateway.choice import first_of
from providers.models import Credential, Workspace
from tests.batches.conftest import (
    credential,
    direct,
    every_provider,
    line,
    live,
    make,
    provider,
    quick,
    sandbox,
)
from tests.estimate.conftest import jsonl, record, stored
from tests.matrix.records import RECORDS
from tests.vendor_models import MODELS

__all__ = ["credential", "direct", "make", "provider", "quick", "sandbox"]

# Of each dialect something that others have no words for, and where it stands.
ODD: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": (
        "body",
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
    ),
    "anthropic": ("params", {"container": "a-container"}),
    "gemini": ("request", {"cachedContent": "cachedContents/one"}),
    "bedrock": ("modelInput", {"guardrailConfig": {"guardrailIdentifier": "g"}}),
}
# Anthropic's own words are Claude's at Bedrock, too.
TAKEN = {(name, name) for name in MODELS} | {("anthropic", "bedrock")}


def two_of(dialect: str) -> bytes:
    """A record that every provider takes, and one that only some do."""
    plain, odd = (RECORDS[dialect](name, "Hello", MODELS[dialect]) for name in "ab")
    holds, more = ODD[dialect]
    odd[holds] |= more
    return jsonl(plain, odd)


def estimated(content: bytes, target: Target) -> tuple[Estimate, list[Refused]]:
    estimating = Estimating([content], target, accounts=[Account({})])
    refused = list(estimating)
    return estimating.result, refused


def sent(workspace: Workspace, content: bytes, target: Target) -> Batch:
    """A batch that a worker has looked at."""
    file = stored(workspace, content)
    first = first_of(file, model=target.model)
    batch, _ = services.create(
        workspace=workspace,
        input_file=file,
        repeat=services.Repeat(digest=file.pk),
        fields={
            "surface": "openai",
            "provider": target.provider,
            "endpoint": first.endpoint,
            "completion_window": "24h",
            "model_override": target.model,
        },
    )
    services.advance(batch.pk)
    batch.refresh_from_db()
    return batch


@pytest.fixture
def nowhere(workspace: Workspace) -> None:
    Credential.objects.update(base_url="http://127.0.0.1:9")


@pytest.mark.parametrize("to", MODELS)
@pytest.mark.parametrize("dialect", RECORDS)
def test_each_cell_refuses_the_same_records_for_the_same_reason(
    workspace: Workspace, nowhere: None, dialect: str, to: str
):
    content, target = two_of(dialect), Target(to, MODELS[to])

    estimate, refused = estimated(content, target)
    batch = sent(workspace, content, target)

    assert (batch.total, batch.refused) == (2, len(refused))
    assert (estimate.findings.total, estimate.findings.refused) == (batch.total, batch.refused)
    assert (estimate.jobs, estimate.endpoint) == (batch.jobs.count(), batch.endpoint)
    assert (batch.dropped or {}).get("requests", {}) == estimate.findings.dropped
    if (dialect, to) in TAKEN:
        assert refused == []
        return
    (one,) = refused
    assert (one.line, one.custom_id, one.code) == (2, "b", "unsupported_feature")
    assert one.param in ODD[dialect][1]
    assert one.param in one.message
    batch.status = Batch.Status.CANCELLED
    told = [json.loads(said) for said in b"".join(services.results(batch, dialect)).splitlines()]
    assert one.message in json.dumps(told[1], ensure_ascii=False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        b"no json\n",
        jsonl(record(0), record(0)),
        jsonl(record(0), {**record(1), "url": "/v1/embeddings"}),
        jsonl(*(record(number, model=f"m-{number}") for number in range(60))),
        jsonl(record(0), RECORDS["anthropic"]("a", "Hello", "m")),
    ],
)
def test_what_fails_the_batch_is_what_it_then_fails_for(
    workspace: Workspace, nowhere: None, content: bytes
):
    file = stored(workspace, content)
    batch, _ = services.create(
        workspace=workspace,
        input_file=file,
        repeat=services.Repeat(digest=file.pk),
        fields={
            "surface": "openai",
            "provider": "openai",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        },
    )
    services.advance(batch.pk)
    batch.refresh_from_db()
    estimating = Estimating(
        files.stream(file), Target("openai"), accounts=[], endpoint="/v1/chat/completions"
    )
    list(estimating)

    assert batch.status == Batch.Status.FAILED
    assert estimating.result.findings.errors == batch.errors
    assert (estimating.result.jobs, estimating.result.price.high) == (0, None)


@every_provider
def test_the_cost_of_a_batch_is_within_its_estimate(make: Any, provider: str):
    Credential.objects.filter(name="none").delete()
    batch = make([line(number, "Hello there, " * 40) for number in range(3)])

    estimate, _ = estimated(
        b"".join(files.stream(batch.input_file)), Target(provider, batch.model_override)
    )
    done = live(batch)

    assert done.completed == 3
    assert estimate.price.low <= done.cost <= estimate.price.high


def test_jobs_of_too_few_records_cost_what_single_requests_do():
    content = jsonl(*(record(number, max_tokens=9) for number in range(3)))
    target = Target("bedrock", MODELS["bedrock"])

    few = Estimating([content], target, accounts=[Account({}, least_records=100)])
    many = Estimating([content], target, accounts=[Account({}, least_records=1)])
    assert [*few, *many] == []

    assert few.result.price.high == 2 * many.result.price.high


def test_the_price_is_that_of_any_account_that_may_be_asked():
    def own(dollars: int) -> Account:
        return Account({"*": {"input": dollars, "output": dollars}})

    content = jsonl(record(0, max_tokens=100))
    prices = []
    for accounts in ([own(1)], [own(3)], [own(1), own(3)]):
        estimating = Estimating([content], Target("openai"), accounts=accounts)
        assert list(estimating) == []
        prices.append(estimating.result.price)

    cheap, dear, either = prices
    assert either == (cheap.low, dear.high)
    assert dear.low == 3 * cheap.low


def peak(records: int) -> int:
    def chunks() -> Iterator[bytes]:
        for number in range(0, records, 100):
            yield jsonl(*(record(number + more, **ODD["openai"][1]) for more in range(100)))

    tracemalloc.start()
    try:
        estimating = Estimating(chunks(), Target("anthropic", "claude-opus-4-6"), accounts=[])
        assert sum(1 for _ in estimating) == records
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file_but_by_its_custom_ids():
    peak(100)

    more = peak(10_000) - peak(1_000)

    assert more < 9_000 * 250
