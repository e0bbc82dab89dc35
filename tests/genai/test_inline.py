"""Requests that come with the create, and responses that come with the operation."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from google import genai

from batches import services
from batches.models import Batch
from files import services as files
from files.models import File
from gateway.genai import operations
from gateway.genai import views as genai_views
from gateway.inline import Limits
from providers.models import Workspace
from tests.batches.conftest import live
from tests.genai.asking import MODEL, MODELS, Raw, ask, lived, results, row

PATH = f"models/{MODEL}:batchGenerateContent"
REQUESTS = "batch.inputConfig.requests.requests"


def body(elements: Iterable[Any], **batch: Any) -> dict[str, Any]:
    return {"batch": {"inputConfig": {"requests": {"requests": list(elements)}}, **batch}}


def request(text: str, **more: Any) -> dict[str, Any]:
    return {"request": ask(text), **more}


def test_the_requests_are_kept_as_they_came(views: Raw):
    requests = [request("größe 🎉\n", metadata={"key": "a", "x": [1, {"y": None}]}), request("b")]

    views.post(PATH, json.dumps(body(requests), indent=2, ensure_ascii=False).encode())

    batch = Batch.objects.get()
    assert batch.inline
    kept = b"".join(files.stream(batch.input_file)).splitlines()
    assert [json.loads(line) for line in kept] == requests
    assert views.get(f"files/{batch.input_file_id}").status == 200


@pytest.mark.parametrize(
    ("element", "field"),
    [
        ({}, ".1.request"),
        ({"request": None}, ".1.request"),
        ({"request": "Hello"}, ".1.request"),
        ({"request": {}, "key": "a"}, ".1.key"),
        ({"request": {}, "metadata": "a"}, ".1.metadata"),
        ({"request": {"model": 1}}, ".1.request.model"),
        ({"request": {"model": "models/gemini-other"}}, ".1.request.model"),
        ("Hello", ".1"),
    ],
)
def test_a_wrong_request_is_named_by_its_index(views: Raw, element: Any, field: str):
    answer = views.post(PATH, body([request("Hello"), element, {"request": None}]))

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert answer.error["details"][0]["fieldViolations"][0]["field"] == REQUESTS + field
    assert not Batch.objects.exists()
    assert not File.objects.exists()


def test_a_request_may_say_the_model_of_the_batch(views: Raw):
    requests = [
        {"request": {**ask(), "model": model}} for model in (MODEL, f"models/{MODEL}", None)
    ]

    assert views.post(PATH, body(requests)).status == 200


def test_more_than_a_body_may_have(views: Raw, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(genai_views, "INLINE", Limits(bytes=1000))

    answer = views.post(PATH, body([request("x" * 1000)]))

    assert (answer.status, answer.error["status"]) == (413, "INVALID_ARGUMENT")
    assert not File.objects.exists()


def test_a_repeated_create_leaves_no_second_file(views: Raw):
    names = [views.post(PATH, body([request("a")]), idempotency_key="k").json["name"] for _ in "ab"]

    assert names[0] == names[1]
    assert File.objects.filter(status=File.Status.STORED).count() == 1


def test_many_requests(gemini: genai.Client):
    count = 3000
    src = [{**ask(f"{number}"), "metadata": {"key": f"k{number}"}} for number in range(count)]
    src[17] = ask("[sandbox:status=429]")

    job = lived(gemini, gemini.batches.create(model=MODEL, src=src))

    told = job.dest.inlined_responses or []
    assert len(told) == count
    assert (told[17].response, told[17].error.code, told[17].metadata) == (None, 8, None)
    for number, one in enumerate(told):
        if number != 17:
            assert one.metadata == {"key": f"k{number}"}
            assert one.response.text.endswith(f" {number}")


def test_an_operation_tells_its_responses_twice_as_googles_do(gemini: genai.Client, views: Raw):
    job = lived(gemini, gemini.batches.create(model=MODEL, src=[ask("a"), ask("größe")]))

    operation = views.get(job.name).json

    told = operation["metadata"]["output"]["inlinedResponses"]["inlinedResponses"]
    assert [one["response"]["candidates"][0]["content"]["parts"][0]["text"] for one in told] == [
        "Sandbox answer to: a",
        "Sandbox answer to: größe",
    ]
    kind = operation["metadata"]["@type"]
    assert operation["response"] == {"@type": f"{kind}Output", **operation["metadata"]["output"]}
    assert operation["metadata"]["batchStats"]["successfulRequestCount"] == "2"


def test_what_a_cancel_left_undone_is_told_in_the_metadata_alone(
    google: Any, credentials: Any, views: Raw
):
    client = google("anthropic")
    src = [ask("[sandbox:seconds=60]"), {**ask("b"), "metadata": {"key": "b"}}]
    job = client.batches.create(model=MODELS["anthropic"], src=src)
    services.advance(row(job).pk)
    client.batches.cancel(name=job.name)
    job = lived(client, job)

    operation = views.get(job.name).json
    assert [one.error.code for one in job.dest.inlined_responses] == [1, 1]
    assert job.dest.inlined_responses[1].metadata == {"key": "b"}
    assert operation["error"] == {"code": 1, "message": "The batch was cancelled."}
    assert "response" not in operation


@pytest.fixture
def anthropics(workspace: Workspace, credentials: Any) -> Callable[..., Batch]:
    """A batch whose requests came inline through another surface, in its own words."""

    def make(*texts: str) -> Batch:
        with files.writing(workspace) as writer:
            for number, text in enumerate(texts):
                messages = [{"role": "user", "content": text}]
                params = {"model": MODELS["anthropic"], "max_tokens": 9, "messages": messages}
                line = {"custom_id": f"c{number}", "params": params}
                writer.write(json.dumps(line).encode() + b"\n")
        file = files.publish(writer.file, purpose="batch", filename="requests.jsonl")
        fields = {
            "surface": "anthropic",
            "provider": "anthropic",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "inline": True,
        }
        repeat = services.Repeat("digest")
        batch, _ = services.create(
            workspace=workspace, input_file=file, repeat=repeat, fields=fields
        )
        return live(batch)

    return make


def test_inline_requests_of_another_surface_are_told_in_geminis_words(
    google: Any, anthropics: Callable[..., Batch]
):
    batch = anthropics("One", "[sandbox:status=400]", "Two")

    job = google().batches.get(name=f"batches/{batch.pk}")

    told = job.dest.inlined_responses
    assert [one.metadata for one in told] == [{"key": f"c{number}"} for number in range(3)]
    assert [one.response and one.response.text for one in told] == [
        "Sandbox answer to: One",
        None,
        "Sandbox answer to: Two",
    ]
    assert told[1].error.code == 3


def test_once_the_requests_are_deleted_the_results_are_read_as_they_were_written(
    google: Any, anthropics: Callable[..., Batch]
):
    batch = anthropics("One")
    client = google()
    client.files.delete(name=f"files/{batch.input_file_id}")
    services.expire()

    job = client.batches.get(name=f"batches/{batch.pk}")

    assert (job.state, job.dest.inlined_responses) == ("JOB_STATE_SUCCEEDED", None)
    assert results(client, job)[0]["result"]["message"]["content"][0]["text"].endswith("One")


def test_a_batch_that_failed_as_a_whole_tells_no_responses(gemini: genai.Client):
    src = [{**ask("a"), "metadata": {"key": "same"}}, {**ask("b"), "metadata": {"key": "same"}}]

    job = lived(gemini, gemini.batches.create(model=MODEL, src=src))

    assert (job.state, job.dest) == ("JOB_STATE_FAILED", None)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_lines_in_any_pieces_become_one_array(size: int, end: bytes, count: int):
    lines = [{"text": "a,\n,", "list": [1, 2]}] * count
    whole = b"\n".join(json.dumps(line).encode() for line in lines) + (end if count else b"")
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert json.loads(b"".join(operations.array(pieces))) == lines
