"""One client, every provider: each call of the guide, and what comes back."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from google import genai
from google.genai import types

from batches.models import Batch
from tests.genai.asking import (
    EMBEDDINGS,
    MODELS,
    ask,
    embed,
    jsonl,
    lines,
    lived,
    results,
    row,
    upload,
)

pytestmark = pytest.mark.usefixtures("credentials")
Google = Callable[..., genai.Client]
every_provider = pytest.mark.parametrize("provider", MODELS)
every_version = pytest.mark.parametrize(
    ("provider", "version"),
    [
        ("openai", "v1"),
        ("anthropic", "v1beta"),
        ("gemini", "v1"),
        ("gemini", "v1beta"),
        ("bedrock", "v1beta"),
    ],
)


@every_version
def test_from_a_file(google: Google, provider: str, version: str):
    client, model = google(provider, version=version), MODELS[provider]
    file = upload(client, lines("One", "[sandbox:status=400]", "größe"), display_name="in.jsonl")

    job = client.batches.create(model=model, src=file.name, config={"display_name": "my batch"})
    assert (job.state, job.display_name) == ("JOB_STATE_PENDING", "my batch")
    assert job.model == f"models/{model}"
    assert (row(job).provider, row(job).surface) == (provider, "genai")
    job = lived(client, job)

    assert job.done
    assert job.state == "JOB_STATE_SUCCEEDED"
    assert job.create_time <= job.update_time <= job.end_time
    assert job.dest.inlined_responses is None
    told = results(client, job)
    assert [one["key"] for one in told] == ["k0", "k1", "k2"]
    answers = [
        types.GenerateContentResponse.model_validate(told[one]["response"]) for one in (0, 2)
    ]
    assert [answer.text for answer in answers] == answered("One", "größe")
    assert all(answer.usage_metadata.total_token_count for answer in answers)
    assert told[1]["error"]["code"] == 3
    assert set(told[1]) == {"key", "error"}
    listed = list(client.batches.list(config={"page_size": 1}))
    assert [one.name for one in listed] == [job.name]
    assert listed[0].dest.file_name == job.dest.file_name


@every_version
def test_inline(google: Google, provider: str, version: str):
    client, model = google(provider, version=version), MODELS[provider]
    requests: list[Any] = [
        {**ask("One"), "metadata": {"key": "first", "night": "1"}},
        ask("[sandbox:status=400]"),
        types.InlinedRequest(
            model=model,
            contents="Two",
            config={"response_modalities": ["TEXT"], "system_instruction": "Be brief."},
        ),
        {"contents": "Three", "metadata": {"night": "2"}},
    ]

    job = lived(client, client.batches.create(model=model, src=requests))

    assert (job.state, job.dest.file_name) == ("JOB_STATE_SUCCEEDED", None)
    told = job.dest.inlined_responses or []
    first, refused, second, third = told
    assert [one.response.text for one in (first, second, third)] == answered("One", "Two", "Three")
    assert [one.metadata for one in told] == [
        {"key": "first", "night": "1"},
        None,
        None,
        {"night": "2"},
    ]
    assert (refused.error.code, refused.response) == (3, None)
    assert client.batches.list()[0].dest is None


def answered(*texts: str) -> list[str]:
    return [f"Sandbox answer to: {text}" for text in texts]


@pytest.mark.parametrize("provider", EMBEDDINGS)
def test_embeddings(google: Google, provider: str):
    client, model = google(provider), EMBEDDINGS[provider]
    file = upload(client, jsonl([embed("a", "One"), embed("b", "Two")]))
    asked = {"contents": ["One", "Two"], "config": {"output_dimensionality": 256}}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", genai.errors.ExperimentalWarning)
        jobs = [
            client.batches.create_embeddings(model=model, src=source)
            for source in ({"file_name": file.name}, {"inlined_requests": asked})
        ]
    filed, inlined = (lived(client, job) for job in jobs)

    assert filed.state == inlined.state == "JOB_STATE_SUCCEEDED"
    assert [one["key"] for one in results(client, filed)] == ["a", "b"]
    assert all(one["response"]["embedding"]["values"] for one in results(client, filed))
    told = inlined.dest.inlined_embed_content_responses
    assert [len(one.response.embedding.values) for one in told] == [256, 256]


@every_provider
def test_cancel_and_delete(google: Google, provider: str):
    client, model = google(provider), MODELS[provider]
    src = [ask("[sandbox:seconds=60]"), ask("Hello")]
    job = client.batches.create(model=model, src=src)

    client.batches.cancel(name=job.name)
    assert client.batches.get(name=job.name).state == "JOB_STATE_CANCELLING"
    job = lived(client, job)

    assert (job.state, job.done) == ("JOB_STATE_CANCELLED", True)
    assert client.batches.delete(name=job.name) is not None
    with pytest.raises(genai.errors.ClientError, match="was not found"):
        client.batches.get(name=job.name)
    assert list(client.batches.list()) == []


def test_lines_of_any_dialect_come_back_in_their_own(google: Google):
    client = google("gemini")
    question = {"model": "any", "messages": [{"role": "user", "content": "One"}], "max_tokens": 9}
    asked = {
        "openai": {
            "custom_id": "a",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": question,
        },
        "anthropic": {"custom_id": "a", "params": question},
        "bedrock": {
            "recordId": "a",
            "modelInput": {"messages": [{"role": "user", "content": [{"text": "One"}]}]},
        },
    }
    jobs = {
        dialect: client.batches.create(
            model=MODELS["gemini"], src=upload(client, jsonl([line])).name
        )
        for dialect, line in asked.items()
    }
    told = {name: results(client, lived(client, job))[0] for name, job in jobs.items()}

    body = told["openai"]["response"]["body"]
    assert [body["choices"][0]["message"]["content"]] == answered("One")
    assert told["anthropic"]["result"]["message"]["content"][0]["text"] == answered("One")[0]
    content = told["bedrock"]["modelOutput"]["output"]["message"]["content"]
    assert content[0]["text"] == answered("One")[0]


def test_the_file_of_another_surface(google: Google, workspace: Any):
    client = google("openai")
    file = upload(client, lines("One"))
    pk = file.name.removeprefix("files/")

    for name in (f"files/file-{pk}", f"files/file_{pk}"):
        job = client.batches.create(model=MODELS["openai"], src=name)
        assert row(job).input_file_id == pk


def test_a_batch_without_a_provider_goes_to_gemini(google: Google):
    client = google()
    job = client.batches.create(model="gpt-4o", src=[ask()])

    assert row(job).provider == "gemini"
    assert Batch.objects.count() == 1


def test_a_create_is_repeated_under_one_key(google: Google):
    client = google()
    options = {"http_options": {"headers": {"Idempotency-Key": "night-1"}}}
    jobs = [client.batches.create(model="m", src=[ask()], config=options) for _ in range(2)]

    assert jobs[0].name == jobs[1].name
    assert Batch.objects.count() == 1
