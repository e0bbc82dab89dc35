"""What came through another surface, seen through this one: in Anthropic's words, by any id."""

import json
from typing import Any

import anthropic as sdk
import pytest
from anthropic import Anthropic
from openai import OpenAI

from batches.models import Batch
from files import services as files
from files.models import File
from tests.anthropic.asking import EVERY, Raw, by_name, lived, request, results, row
from tests.batches.conftest import live
from tests.sandbox.records import jsonl, line, submit
from tests.vendor_models import MODELS

TEXTS = ["Hello", "[sandbox:status=400]", "Goodbye"]


def openai_record(name: str, text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return line(name, {"model": model, "messages": messages, "max_tokens": 50})


def gemini_record(name: str, text: str, model: str) -> dict[str, Any]:
    return {"key": name, "request": {"contents": [{"role": "user", "parts": [{"text": text}]}]}}


def bedrock_record(name: str, text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"text": text}]}]
    return {"recordId": name, "modelInput": {"messages": messages}}


RECORDS = {"openai": openai_record, "gemini": gemini_record, "bedrock": bedrock_record}


@pytest.fixture
def openai(http, credentials) -> OpenAI:
    return OpenAI(base_url="http://testserver/openai", api_key="any-key", http_client=http)


def made(openai: OpenAI, dialect: str, provider: str) -> str:
    """The core id of a batch that has ended."""
    model = MODELS[provider]
    lines = [RECORDS[dialect](f"c {n}", text, model) for n, text in enumerate(TEXTS)]
    batch = submit(openai, jsonl(lines), extra_body={"provider": provider, "model": model})
    core = batch.id.removeprefix("batch_")
    live(Batch.objects.get(pk=core), seconds=60)
    return core


@pytest.mark.parametrize("provider", EVERY)
@pytest.mark.parametrize("dialect", RECORDS)
def test_results_are_told_in_anthropics_words(
    inside: Anthropic, openai: OpenAI, dialect: str, provider: str
):
    core = made(openai, dialect, provider)
    batch = inside.beta.messages.batches.retrieve(core)

    assert batch.id == f"msgbatch_{core}"
    assert [one.id for one in inside.beta.messages.batches.list()] == [batch.id]
    assert batch.processing_status == "ended"
    assert (batch.request_counts.succeeded, batch.request_counts.errored) == (2, 1)
    told = results(inside, batch.id)
    assert [one.custom_id for one in told] == ["c 0", "c 1", "c 2"]
    assert [one.result.type for one in told] == ["succeeded", "errored", "succeeded"]
    assert told[0].result.message.content[0].text.endswith("Hello")
    assert told[1].result.error.error.type == "invalid_request_error"
    assert inside.beta.messages.batches.delete(batch.id).id == batch.id


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "msgbatch_{}",
        "batch_{}",
        "batches/{}",
        "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/{}",
    ],
)
def test_any_form_of_an_id_will_do(alone: Anthropic, form: str):
    batches = alone.beta.messages.batches
    batch = batches.create(requests=[request("a")])
    name = form.format(row(batch).pk)

    assert batches.retrieve(name) == batch
    assert [one.id for one in batches.list(after_id=name)] == []
    assert batches.cancel(name).id == batch.id
    Batch.objects.update(status="cancelled", total=0)
    assert list(batches.results(name)) == []
    assert batches.delete(name).id == batch.id


@pytest.mark.parametrize("form", ["{}", "file_{}", "file-{}", "files/{}"])
def test_any_form_of_a_files_id_will_do(alone: Anthropic, form: str):
    file = alone.beta.files.upload(file=("a", b"x"))
    name = form.format(file.id.removeprefix("file_"))

    assert alone.beta.files.retrieve_metadata(name) == file
    assert alone.beta.files.download(name).read() == b"x"
    assert alone.beta.files.delete(name).id == file.id


def test_what_anthropic_has_no_words_for_says_so(inside: Anthropic, openai: OpenAI):
    endpoint: Any = "/v1/embeddings"
    records = [line("a", {"model": "text-embedding-3-small", "input": "x"}, url=endpoint)]
    batch = submit(openai, jsonl(records), endpoint=endpoint, extra_body={"provider": "openai"})
    live(Batch.objects.get(pk=batch.id.removeprefix("batch_")), seconds=60)

    told = by_name(inside, batch.id)["a"].result.error.error

    assert told.type == "invalid_request_error"
    assert "output file" in told.message


def test_a_file_of_another_vendors_lines_that_was_wrong_has_no_results(
    inside: Anthropic, openai: OpenAI
):
    batch = submit(openai, b"{\n", extra_body={"provider": "openai"})
    live(Batch.objects.get(pk=batch.id.removeprefix("batch_")), seconds=60)

    seen = inside.beta.messages.batches.retrieve(batch.id)

    assert seen.processing_status == "ended"
    assert sum(seen.request_counts.to_dict().values()) == 0
    assert results(inside, batch.id) == []


def test_results_that_cannot_be_told_any_more_are_not_found(inside: Anthropic, openai: OpenAI):
    """To tell them in other words than those of the questions, these must be there."""
    core = made(openai, "openai", "openai")
    inside.beta.files.delete(Batch.objects.get(pk=core).input_file_id)
    files.purge(File.objects.all())

    with pytest.raises(sdk.NotFoundError, match="gone"):
        inside.beta.messages.batches.results(core)


def test_an_answer_of_another_endpoint_says_where_it_can_be_read(inside: Anthropic, openai: OpenAI):
    endpoint: Any = "/v1/responses"
    body = {"model": MODELS["openai"], "input": "Hello"}
    batch = submit(
        openai,
        jsonl([line("a", body, url=endpoint)]),
        endpoint=endpoint,
        extra_body={"provider": "openai"},
    )
    live(Batch.objects.get(pk=batch.id.removeprefix("batch_")), seconds=60)

    told = by_name(inside, batch.id)["a"].result

    assert told.type == "errored"
    assert "output file" in told.error.error.message


def test_this_surfaces_batches_are_seen_through_the_others(
    connect, openai: OpenAI, raw: Raw, credentials
):
    """OpenAI's SDK reads the file of results, which is in the dialect of the questions."""
    client = connect("gemini")
    batch = client.beta.messages.batches.create(
        requests=[request("a", model=MODELS["gemini"]), request("b", "[sandbox:status=400]")]
    )
    lived(client, batch)

    seen = openai.batches.retrieve(batch.id)

    assert (seen.status, seen.request_counts.to_dict()["total"]) == ("completed", 2)
    told = json.loads(openai.files.content(seen.output_file_id).text)
    assert (told["custom_id"], told["result"]["type"]) == ("a", "succeeded")
    content = client.beta.files.download(seen.output_file_id).text()
    assert json.loads(content) == told


def test_results_are_lines_of_json(inside: Anthropic, raw: Raw):
    batch = lived(
        inside, inside.beta.messages.batches.create(requests=[request("a"), request("b")])
    )

    answer = raw.get(batch.results_url)

    assert answer.headers["content-type"] == "application/x-jsonl"
    assert answer.content.endswith(b"}\n")
    assert [json.loads(one)["custom_id"] for one in answer.content.splitlines()] == ["a", "b"]


def test_of_what_has_not_ended_there_are_no_results(alone: Anthropic, raw: Raw):
    batch = alone.beta.messages.batches.create(requests=[request("a")])
    answer = raw.get(f"/v1/messages/batches/{batch.id}/results")
    assert (answer.status, answer.error["type"]) == (404, "not_found_error")
