"""What the guide of the vendor does, with every provider: create, poll, cancel, read, delete."""

from collections.abc import Callable
from datetime import timedelta

import anthropic as sdk
import pytest
from anthropic import Anthropic

from tests.anthropic.asking import EVERY, by_name, lived, request, requests, results, row
from tests.vendor_models import MODELS

NOTHING = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}


@pytest.mark.parametrize("provider", EVERY)
def test_a_batch_from_its_creation_to_its_deletion(connect, credentials, provider: str):
    client = connect(provider)
    batches = client.beta.messages.batches
    batch = batches.create(
        requests=requests("What is 15 * 7?", "Which ocean is the largest? 🌊\n", provider=provider)
    )
    assert batch.id.startswith("msgbatch_")
    assert batch.processing_status == "in_progress"
    assert batch.request_counts.to_dict() == {**NOTHING, "processing": 2}
    assert batch.expires_at - batch.created_at == timedelta(hours=24)
    assert (batch.ended_at, batch.results_url, batch.cancel_initiated_at) == (None, None, None)
    assert batches.retrieve(batch.id) == batch
    assert [one.id for one in batches.list(limit=20)] == [batch.id]
    assert (row(batch).provider, row(batch).surface, row(batch).inline) == (
        provider,
        "anthropic",
        True,
    )

    batch = lived(client, batch)

    assert batch.processing_status == "ended"
    assert batch.request_counts.to_dict() == {**NOTHING, "succeeded": 2}
    assert batch.created_at < batch.ended_at < batch.expires_at
    assert batch.results_url == f"/v1/messages/batches/{batch.id}/results"
    for number, one in enumerate(results(client, batch.id)):
        assert one.custom_id == f"c{number}"
        assert one.result.type == "succeeded"
        message = one.result.message
        assert message.content[0].text.strip().endswith(("15 * 7?", "largest? 🌊")[number])
        assert message.model in MODELS[provider]
        assert (message.role, message.stop_reason) == ("assistant", "end_turn")
        assert message.usage.output_tokens > 0
    assert batches.delete(batch.id).to_dict() == {"id": batch.id, "type": "message_batch_deleted"}
    for gone in (batches.retrieve, batches.cancel, batches.results, batches.delete):
        with pytest.raises(sdk.NotFoundError):
            gone(batch.id)
    assert batches.list().data == []


@pytest.mark.parametrize("provider", EVERY)
def test_each_request_has_what_became_of_it(connect, credentials, provider: str):
    client = connect(provider)
    orders = ["", "status=400", "status=500", "lost", "twice", "finish=length", "refusal"]
    texts = [f"[sandbox:{order}]" if order else "plain" for order in orders]
    batch = client.beta.messages.batches.create(requests=requests(*texts, provider=provider))

    batch = lived(client, batch)

    # Bedrock asks for so few one by one: then no answer is lost.
    lost = ["succeeded" if provider == "bedrock" else "errored"]
    types = ["succeeded", "errored", "errored", *lost, "succeeded", "succeeded", "succeeded"]
    told = by_name(client, batch.id)
    assert [told[f"c{n}"].result.type for n in range(len(orders))] == types
    counted = {word: types.count(word) for word in ("succeeded", "errored")}
    assert batch.request_counts.to_dict() == {**NOTHING, **counted}
    assert told["c1"].result.error.error.type == "invalid_request_error"
    assert told["c2"].result.error.error.type == "api_error"
    assert told["c5"].result.message.stop_reason == "max_tokens"
    assert told["c6"].result.message.stop_reason == "refusal"


@pytest.mark.parametrize("provider", EVERY)
def test_what_is_canceled_at_once_was_never_sent(connect, credentials, provider: str):
    client = connect(provider)
    batch = client.beta.messages.batches.create(requests=requests(*"abc", provider=provider))

    stopped = client.beta.messages.batches.cancel(batch.id)
    assert stopped.processing_status == "canceling"
    assert stopped.cancel_initiated_at >= stopped.created_at
    assert stopped.request_counts.to_dict() == {**NOTHING, "processing": 3}
    again = client.beta.messages.batches.cancel(batch.id)
    assert again.cancel_initiated_at == stopped.cancel_initiated_at

    batch = lived(client, batch)
    assert batch.processing_status == "ended"
    assert batch.request_counts.to_dict() == {**NOTHING, "canceled": 3}
    assert [one.result.type for one in results(client, batch.id)] == ["canceled"] * 3


@pytest.mark.parametrize("provider", [name for name in EVERY if name != "bedrock"])
def test_what_there_was_no_time_for_is_expired(connect, credentials, provider: str):
    """Bedrock asks for so few without a job."""
    client = connect(provider)
    batch = client.beta.messages.batches.create(
        requests=requests("[sandbox:batch=expire]", *"abcdef", provider=provider)
    )

    batch = lived(client, batch)

    assert batch.processing_status == "ended"
    told = [one.result.type for one in results(client, batch.id)]
    assert set(told) <= {"succeeded", "expired"}
    assert batch.request_counts.to_dict() == {
        **NOTHING,
        "succeeded": told.count("succeeded"),
        "expired": told.count("expired"),
    }
    assert batch.request_counts.expired > 0


def test_a_batch_that_failed_at_the_provider_has_errors_for_all(connect, credentials):
    client = connect("gemini")
    batch = client.beta.messages.batches.create(
        requests=requests("[sandbox:batch=fail]", "b", provider="gemini")
    )

    batch = lived(client, batch)

    assert row(batch).status == "failed"
    assert batch.processing_status == "ended"
    assert batch.request_counts.to_dict() == {**NOTHING, "errored": 2}
    assert [one.result.type for one in results(client, batch.id)] == ["errored"] * 2


def test_a_batch_that_was_never_sent_says_why_for_all(connect, credentials):
    """Gemini's jobs have one model each, and a batch so many jobs at most."""
    client = connect("gemini")
    batch = client.beta.messages.batches.create(
        requests=[request(f"c{n}", model=f"gemini-{n}") for n in range(51)]
    )

    batch = lived(client, batch)

    assert row(batch).status == "failed"
    assert batch.request_counts.to_dict() == {**NOTHING, "errored": 51}
    told = results(client, batch.id)
    assert len(told) == 51
    assert {one.result.error.error.type for one in told} == {"invalid_request_error"}
    assert "one too many" in told[0].result.error.error.message


def test_models_may_differ_where_a_job_has_one(connect, credentials):
    client = connect("gemini")
    models = ["gemini-1.5-flash", "gemini-2.5-pro", "gemini-1.5-flash", "gemini-2.5-flash"] * 2
    batch = client.beta.messages.batches.create(
        requests=[request(f"c{n}", model=model) for n, model in enumerate(models)]
    )

    batch = lived(client, batch)

    assert row(batch).jobs.count() == 3
    told = results(client, batch.id)
    assert [one.custom_id for one in told] == [f"c{n}" for n in range(8)]
    assert [one.result.message.model.removeprefix("models/") for one in told] == models


def test_what_the_provider_has_no_words_for_fails_alone(connect, credentials):
    client = connect("openai")
    tool = {"type": "web_search_20250305", "name": "web_search"}
    batch = client.beta.messages.batches.create(
        requests=[
            request("right", model=MODELS["openai"]),
            request("wrong", model=MODELS["openai"], tools=[tool]),
        ]
    )

    batch = lived(client, batch)

    told = by_name(client, batch.id)
    assert batch.request_counts.to_dict() == {**NOTHING, "succeeded": 1, "errored": 1}
    assert told["right"].result.type == "succeeded"
    assert "tools" in told["wrong"].result.error.error.message


def test_three_thousand_requests(inside: Anthropic):
    asked = requests(*(f"number {n}" for n in range(3000)))
    batch = inside.beta.messages.batches.create(requests=asked)
    assert batch.request_counts.processing == 3000

    batch = lived(inside, batch)

    assert batch.request_counts.to_dict() == {**NOTHING, "succeeded": 3000}
    for n, one in enumerate(inside.beta.messages.batches.results(batch.id)):
        assert one.custom_id == f"c{n}"
        assert one.result.message.content[0].text.endswith(f"number {n}")
    assert n == 2999


def test_the_calls_without_beta_are_the_same(inside: Anthropic):
    batches = inside.messages.batches
    made = batches.create(requests=requests("Hello"))
    assert [one.id for one in batches.list()] == [made.id]
    ended = batches.retrieve(lived(inside, made).id)

    (told,) = batches.results(made.id)

    assert ended.processing_status == "ended"
    assert told.result.message.content[0].text.endswith("Hello")
    assert batches.delete(made.id).type == "message_batch_deleted"


def test_what_runs_cannot_be_deleted_nor_what_ended_be_canceled(inside: Anthropic):
    batches = inside.beta.messages.batches
    batch = batches.create(requests=requests("Hello"))
    with pytest.raises(sdk.BadRequestError, match="cancel it first"):
        batches.delete(batch.id)
    with pytest.raises(sdk.AnthropicError, match="results_url"):
        batches.results(batch.id)

    lived(inside, batch)

    with pytest.raises(sdk.BadRequestError, match="Cannot cancel"):
        batches.cancel(batch.id)
    assert batches.delete(batch.id).id == batch.id


def test_what_is_nearly_done_is_let_be(alone: Anthropic):
    """Its results are being written, which for the client is in progress."""
    batch = alone.beta.messages.batches.create(requests=requests("Hello"))
    row(batch).__class__.objects.filter(pk=row(batch).pk).update(status="finalizing")

    answer = alone.beta.messages.batches.cancel(batch.id)

    assert (answer.processing_status, answer.cancel_initiated_at) == ("in_progress", None)


def test_a_provider_is_named_by_the_header_alone(connect: Callable[..., Anthropic], credentials):
    """A model's name does not choose; and an id is found whatever the header says."""
    batch = connect().beta.messages.batches.create(requests=requests("Hello", provider="openai"))
    assert row(batch).provider == "anthropic"
    (told,) = results(connect("openai"), lived(connect("gemini"), batch).id)
    assert told.result.type == "errored"
    assert told.result.error.error.type == "not_found_error"

    listed = {name: connect(name).beta.messages.batches.list().data for name in ("", *EVERY)}
    assert {name for name, found in listed.items() if found} == {"", "anthropic"}
    with pytest.raises(sdk.BadRequestError, match="'acme' in the header x-model-provider"):
        connect("acme").beta.messages.batches.list()
