"""What takes a hand inside: the SDK over WSGI, with the provider's limits and clock in the test's hands."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
import requests
from openai import OpenAI

from providers.registry import upstream_class
from tests.openai.providers import (
    ENOUGH,
    MODELS,
    OTHERS,
    chat,
    chats,
    live_on,
    lived,
    names,
    row,
    send,
)
from tests.sandbox.records import jsonl, line, results

DAY = 86_400
_names = count()


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Lets a job of a provider have no more than so many records."""

    def limit(provider: str, records: int) -> None:
        upstream = upstream_class(provider)
        monkeypatch.setattr(upstream, "limits", replace(upstream.limits, records=records))

    return limit


@pytest.mark.parametrize("provider", MODELS)
def test_three_thousand_records_run_as_several_jobs(inside: OpenAI, limited, provider: str):
    limited(provider, 1000)
    texts = [f"number {number}" for number in range(3000)]
    texts[::100] = ["[sandbox:status=400]"] * 30
    batch = send(inside, provider, chats(provider, *texts))

    batch = lived(inside, batch)

    assert row(batch).jobs.count() == 3
    assert batch.request_counts.to_dict() == {"total": 3000, "completed": 2970, "failed": 30}
    expected = [f"c{number}" for number in range(3000)]
    assert names(results(inside, batch.error_file_id)) == expected[::100]
    del expected[::100]
    assert names(results(inside, batch.output_file_id)) == expected


def test_models_are_split_by_their_limits_too(inside: OpenAI, limited):
    limited("gemini", 40)
    models = [f"gemini-2.{number % 3}-flash" for number in range(300)]
    messages = [{"role": "user", "content": "Hello!"}]
    records = [
        line(f"c{number}", {"model": model, "messages": messages})
        for number, model in enumerate(models)
    ]
    batch = lived(inside, send(inside, "gemini", jsonl(records)))

    jobs = list(row(batch).jobs.order_by("ordinal"))
    assert sorted({job.model for job in jobs}) == sorted(set(models))
    assert sorted(job.records for job in jobs) == [20] * 3 + [40] * 6
    answers = results(inside, batch.output_file_id)
    assert names(answers) == [f"c{number}" for number in range(300)]
    asked = [one["response"]["body"]["model"].removeprefix("models/") for one in answers]
    assert asked == models


@pytest.mark.parametrize(("provider", "days"), [("anthropic", 1), ("gemini", 2), ("bedrock", 1)])
def test_what_is_not_done_in_the_providers_time_has_expired(
    inside: OpenAI, sandbox_url: str, provider: str, days: int
):
    texts = ["[sandbox:seconds=900000]", *map(str, range(1, ENOUGH))]
    batch = send(inside, provider, chats(provider, *texts))
    live_on(batch, until="in_progress")

    ahead = {"advance": days * DAY + 60}
    requests.request("POST", f"{sandbox_url}/_sandbox/clock", json=ahead, timeout=30)
    batch = lived(inside, batch)

    assert batch.status == "expired"
    late = results(inside, batch.error_file_id)
    assert {one["error"]["code"] for one in late} == {"batch_expired"}
    assert batch.request_counts.completed + len(late) == ENOUGH


@pytest.mark.parametrize("provider", OTHERS)
def test_counts_are_right_at_every_moment(inside: OpenAI, provider: str):
    records = [
        chat(provider, "right"),
        chat(provider, "wrong", n=1, audio={"voice": "alloy"}, modalities=["audio"]),
        chat(provider, "slow", "[sandbox:seconds=60]"),
        *(chat(provider, f"right {number}") for number in range(ENOUGH)),
    ]
    total = len(records)
    batch = send(inside, provider, jsonl(records))
    assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}

    live_on(batch, until="in_progress")
    counts = inside.batches.retrieve(batch.id).request_counts
    assert (counts.total, counts.failed) == (total, 1)
    assert counts.completed < total - 1

    batch = lived(inside, inside.batches.cancel(batch.id))
    counts = batch.request_counts
    assert (batch.status, counts.total) == ("cancelled", total)
    assert counts.completed + counts.failed == total


def test_a_batch_that_failed_whole_has_no_record_left(inside: OpenAI):
    batch = lived(inside, send(inside, "gemini", chats("gemini", "[sandbox:batch=fail]", "b")))

    assert batch.status == "failed"
    assert batch.errors.data[0].message
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 0, "failed": 2}
