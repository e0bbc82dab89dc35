"""One client, every provider: each call of the guide, and what comes back, against a live installation."""

import json
from collections.abc import Iterator
from typing import Any

import openai as sdk
import pytest
from anthropic.types.messages import MessageBatchIndividualResponse
from openai import OpenAI
from openai.types import Batch
from openai.types.chat import ChatCompletion

from tests.openai.providers import ENOUGH, MODELS, OTHERS, chat, chats, names, request, said, send
from tests.sandbox.records import CHAT, jsonl, line, results, submit, upload, wait
from tests.stack import running_stack

pytestmark = [pytest.mark.live, pytest.mark.once]


@pytest.fixture(scope="module")
def openai(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    """At once: Gemini looks at an uploaded file for a part of the time that a batch takes."""
    folder = tmp_path_factory.mktemp("providers")
    with running_stack(folder, BIFROST_SANDBOX_SECONDS="0") as stack, stack.openai() as client:
        yield client


@pytest.mark.parametrize("provider", MODELS)
def test_every_call_takes_the_provider(openai: OpenAI, provider: str):
    body, query = {"provider": provider}, {"provider": provider}
    content = chats(provider, "What is 2+2?", "What is the capital of France?").rstrip()
    file = openai.files.create(
        file=("batch_e2e.jsonl", content, "application/jsonl"), purpose="batch", extra_body=body
    )
    assert file.id in [one.id for one in openai.files.list(extra_query=query).data]
    assert openai.files.retrieve(file.id, extra_query=query) == file
    assert openai.files.content(file.id, extra_query=query).read() == content

    batch = openai.batches.create(
        input_file_id=file.id,
        endpoint=CHAT,
        completion_window="24h",
        extra_body={**body, "model": MODELS[provider]},
    )
    assert (batch.status, batch.provider) == ("validating", provider)
    assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}
    batch = wait(openai, batch)

    assert batch.status == "completed"
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}
    assert batch.error_file_id is None
    listed = openai.batches.list(limit=10, extra_query={**query, "model": MODELS[provider]})
    assert {one.provider for one in listed.data} == {provider}
    assert batch in listed.data
    assert openai.batches.retrieve(batch.id, extra_query=query) == batch
    for number, one in enumerate(results(openai, batch.output_file_id)):
        answer = ChatCompletion.model_validate(one["response"]["body"], strict=True)
        assert one["custom_id"] == f"c{number}"
        assert answer.choices[0].message.content.endswith(("2+2?", "France?")[number])
        assert answer.usage.total_tokens > 0
    assert openai.files.delete(file.id, extra_query=query).deleted


def test_half_way_it_is_cancelled(openai: OpenAI):
    texts = ["[sandbox:seconds=20]", *map(str, range(1, ENOUGH))]
    running = [send(openai, provider, chats(provider, *texts)) for provider in MODELS]
    for batch in running:
        wait(openai, batch, lambda seen: seen.status == "in_progress")
    # Not all count while they run, and Gemini gives no results of what was cancelled.
    wait(openai, running[0], lambda seen: seen.request_counts.completed > 0)
    for batch in running:
        named: Any = {"provider": batch.provider}
        assert openai.batches.cancel(batch.id, extra_body=named).status == "cancelling"

    for batch in running:
        batch = wait(openai, batch)
        assert batch.status == "cancelled"
        done = results(openai, batch.output_file_id) if batch.output_file_id else []
        left = results(openai, batch.error_file_id)
        assert done or batch.provider != "openai"
        assert {one["error"]["code"] for one in left} == {"batch_cancelled"}
        assert sorted(names(done + left)) == sorted(f"c{number}" for number in range(ENOUGH))
        assert batch.request_counts.to_dict() == {
            "total": ENOUGH,
            "completed": len(done),
            "failed": len(left),
        }


@pytest.mark.parametrize("provider", MODELS)
def test_what_the_provider_had_no_time_for_is_told(openai: OpenAI, provider: str):
    texts = ["[sandbox:batch=expire]", *map(str, range(1, ENOUGH))]
    batch = wait(openai, send(openai, provider, chats(provider, *texts)))

    assert batch.status == "expired"
    late = results(openai, batch.error_file_id)
    assert {one["error"]["code"] for one in late} == {"batch_expired"}
    assert batch.request_counts.completed + len(late) == batch.request_counts.total == ENOUGH


@pytest.mark.parametrize("provider", MODELS)
def test_each_record_has_what_became_of_it(openai: OpenAI, provider: str):
    orders = ["", "status=400", "status=500", "lost", "twice", "finish=length", ""]
    texts = [f"[sandbox:{order}]" if order else "plain" for order in orders]
    texts += ["plain"] * (ENOUGH - len(texts))
    batch = wait(openai, send(openai, provider, chats(provider, *texts)))

    output = {one["custom_id"]: one for one in results(openai, batch.output_file_id)}
    errors = {one["custom_id"]: one for one in results(openai, batch.error_file_id)}
    assert list(output) == ["c0", *(f"c{number}" for number in range(4, ENOUGH))]
    assert list(errors) == ["c1", "c2", "c3"]
    counts = {"total": ENOUGH, "completed": ENOUGH - 3, "failed": 3}
    assert batch.request_counts.to_dict() == counts
    assert output["c5"]["response"]["body"]["choices"][0]["finish_reason"] == "length"
    assert errors["c1"]["response"]["status_code"] == 400
    assert errors["c1"]["response"]["body"]["error"]["message"]
    assert errors["c2"]["response"]["status_code"] == 500
    assert errors["c3"]["error"]["code"] == "result_missing"


@pytest.mark.parametrize("provider", OTHERS)
def test_answers_come_in_the_order_of_the_questions(openai: OpenAI, provider: str):
    texts = [f"number {number}" for number in range(ENOUGH)]
    batch = wait(openai, send(openai, provider, chats(provider, *texts)))

    answers = results(openai, batch.output_file_id)
    assert names(answers) == [f"c{number}" for number in range(ENOUGH)]
    assert all(said(one).endswith(text) for one, text in zip(answers, texts, strict=True))


def test_the_model_of_the_batch_goes_before_that_of_the_records(openai: OpenAI):
    batch = send(openai, "gemini", chats("openai", "Hello!"), model="gemini-1.5-flash")
    batch = wait(openai, batch)

    (answer,) = results(openai, batch.output_file_id)
    assert answer["response"]["body"]["model"].endswith("gemini-1.5-flash")


@pytest.mark.parametrize("provider", OTHERS)
def test_what_a_provider_has_no_words_for_fails_alone(openai: OpenAI, provider: str):
    records = [
        chat(provider, "right", logit_bias={"50256": -100}),
        chat(provider, "wrong", modalities=["text", "audio"], audio={"voice": "alloy"}),
    ]
    batch = wait(openai, send(openai, provider, jsonl(records)))

    assert batch.request_counts.to_dict() == {"total": 2, "completed": 1, "failed": 1}
    assert names(results(openai, batch.output_file_id)) == ["right"]
    (refused,) = results(openai, batch.error_file_id)
    assert refused["error"]["code"] == "unsupported_feature"
    assert "modalities" in refused["error"]["message"]


def test_models_of_one_file_are_jobs_of_one_batch(openai: OpenAI):
    """Gemini's jobs have one model each."""
    models = ["gemini-1.5-flash", "gemini-2.5-pro", "gemini-1.5-flash", "gemini-2.5-flash"]
    records = [
        line(f"c{number}", {"model": model, "messages": [{"role": "user", "content": model}]})
        for number, model in enumerate(models * 5)
    ]
    batch = wait(openai, send(openai, "gemini", jsonl(records)))

    answers = results(openai, batch.output_file_id)
    assert names(answers) == [f"c{number}" for number in range(20)]
    asked = [one["response"]["body"]["model"].removeprefix("models/") for one in answers]
    assert asked == models * 5


def test_a_model_of_another_vendor_fails_its_record(openai: OpenAI):
    records = [chat("anthropic", "right"), chat("openai", "wrong")]
    batch = wait(openai, send(openai, "anthropic", jsonl(records)))

    assert names(results(openai, batch.output_file_id)) == ["right"]
    (failed,) = results(openai, batch.error_file_id)
    assert failed["response"]["status_code"] == 404
    assert "gpt-4o-mini" in failed["response"]["body"]["error"]["message"]


@pytest.mark.parametrize("provider", MODELS)
def test_where_no_provider_is_named_the_model_decides(openai: OpenAI, provider: str):
    batch = submit(openai, chats(provider, "Hello!"))

    assert batch.provider == provider
    assert wait(openai, batch).request_counts.completed == 1


def test_an_unknown_provider_is_refused_by_every_call(openai: OpenAI):
    file_id = upload(openai, chats("openai", "Hello!"))
    query: Any = {"extra_query": {"provider": "acme"}}
    body: Any = {"extra_body": {"provider": "acme"}}
    batch = submit(openai, chats("openai", "Hello!"))
    calls: list[Any] = [
        lambda: openai.files.create(file=("in.jsonl", b"{}"), purpose="batch", **body),
        lambda: openai.files.list(**query),
        lambda: openai.files.retrieve(file_id, **query),
        lambda: openai.files.content(file_id, **query),
        lambda: openai.files.delete(file_id, **query),
        lambda: submit(openai, chats("openai", "Hello!"), **body),
        lambda: openai.batches.list(**query),
        lambda: openai.batches.retrieve(batch.id, **query),
        lambda: openai.batches.cancel(batch.id, **body),
    ]
    for call in calls:
        with pytest.raises(sdk.BadRequestError) as caught:
            call()
        assert caught.value.param == "provider"
        assert all(f"'{provider}'" in caught.value.body["message"] for provider in MODELS)


def inline(client: OpenAI, requests: object, **more: Any) -> Batch:
    return client.batches.create(
        input_file_id="",
        endpoint=CHAT,
        completion_window="24h",
        extra_body={"provider": "anthropic", "requests": requests, **more},
    )


def test_requests_come_without_a_file(openai: OpenAI):
    requests = [
        request("math-question", "What is 15 * 7?"),
        request("geography-question", "What is the largest ocean? 🌊\n"),
        request("wrong", "[sandbox:status=400]"),
    ]
    batch = wait(openai, inline(openai, requests))

    assert batch.status == "completed"
    assert batch.request_counts.to_dict() == {"total": 3, "completed": 2, "failed": 1}
    answers = results(openai, batch.output_file_id)
    assert names(answers) == ["math-question", "geography-question"]
    for one in (*answers, *results(openai, batch.error_file_id)):
        MessageBatchIndividualResponse.model_validate(one)
    kept = openai.files.content(batch.input_file_id).text
    assert [json.loads(one) for one in kept.splitlines()] == requests
