"""Batches as Google's operations: what may be asked, and what is said of every batch, whoever made it."""

from collections.abc import Callable
from typing import Any

import pytest

from batches.models import Batch
from files.models import File
from providers.models import Credential
from tests.genai.asking import MODEL, Raw, ask, fields, filed, inline, jsonl

VERSION = "type.googleapis.com/google.ai.generativelanguage.v1main"
PATH = f"models/{MODEL}:batchGenerateContent"
EMBED = "models/gemini-embedding-001:asyncBatchEmbedContent"


def test_an_operation_is_as_google_has_it(views: Raw, store: Callable[..., File]):
    file = store()

    operation = views.post(PATH, filed(f"files/{file.pk}", displayName="mine", priority="0")).json

    batch = Batch.objects.get()
    created = batch.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    name = f"batches/{batch.pk}"
    counts = ("requestCount", "successfulRequestCount", "failedRequestCount", "pendingRequestCount")
    assert operation == {
        "name": name,
        "metadata": {
            "@type": f"{VERSION}.GenerateContentBatch",
            "model": f"models/{MODEL}",
            "displayName": "mine",
            "inputConfig": {"fileName": f"files/{file.pk}"},
            "createTime": created,
            "updateTime": created,
            "batchStats": dict.fromkeys(counts, "0"),
            "state": "BATCH_STATE_PENDING",
            "name": name,
        },
    }
    assert views.get(name).json == operation
    assert views.get("batches").json == {"operations": [operation]}
    assert (batch.surface, batch.provider, batch.endpoint) == (
        "genai",
        "gemini",
        "/v1/chat/completions",
    )


def test_googles_guide_says_it_in_snake_case(views: Raw, store: Callable[..., File]):
    for source in (
        {"file_name": f"files/{store().pk}"},
        {"requests": {"requests": [{"request": ask(), "metadata": {"key": "a"}}]}},
    ):
        answer = views.post(PATH, {"batch": {"display_name": "mine", "input_config": source}})
        assert answer.json["metadata"]["displayName"] == "mine"
    assert sorted(Batch.objects.values_list("inline", flat=True)) == [False, True]


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o-mini",
        "openai/gpt-4o",
        "anthropic.claude-3-sonnet-20240229-v1:0",
        "ft:gpt-4o:org::id",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3",
    ],
)
def test_models_may_have_slashes_and_colons(views: Raw, model: str):
    for address in (f"models/{model}", f"models/{model.replace('/', '%2F')}"):
        operation = views.post(f"{address}:batchGenerateContent", inline({"request": ask()})).json
        assert operation["metadata"]["model"] == f"models/{model}"
    assert set(Batch.objects.values_list("model_override", flat=True)) == {model}


def test_tuned_models(views: Raw):
    answer = views.post("tunedModels/mine:batchGenerateContent", inline({"request": ask()}))

    assert Batch.objects.get().model_override == "tunedModels/mine"
    assert answer.json["metadata"]["model"] == "models/tunedModels/mine"


@pytest.mark.parametrize(
    "path", ["models/%00:batchGenerateContent", f"models/{'x' * 256}:batchGenerateContent"]
)
def test_models_that_are_none(views: Raw, path: str):
    answer = views.post(path, inline({"request": ask()}))

    assert (answer.status, fields(answer)) == (400, ["model"])


@pytest.mark.parametrize(
    ("line", "endpoint"),
    [
        ({"key": "a", "request": ask()}, "/v1/chat/completions"),
        ({"key": "a", "request": {"content": {"parts": []}}}, "/v1/chat/completions"),
        ({"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {}}, "/v1/responses"),
        ({"custom_id": "a", "params": {}}, "/v1/chat/completions"),
        ({"nothing": "known"}, "/v1/chat/completions"),
        ("no record", "/v1/chat/completions"),
    ],
)
def test_the_first_line_of_a_file_says_what_is_asked(
    views: Raw, store: Callable[..., File], line: Any, endpoint: str
):
    views.post(PATH, filed(f"files/{store(jsonl([line])).pk}"))

    assert Batch.objects.get().endpoint == endpoint


def test_embeddings_are_asked_for_by_the_address(views: Raw, store: Callable[..., File]):
    file = store(jsonl([{"key": "a", "request": {"content": {"parts": [{"text": "a"}]}}}]))
    bodies = (filed(f"files/{file.pk}"), inline({"request": {"content": {"parts": []}}}))
    for body in bodies:
        metadata = views.post(EMBED, body).json["metadata"]
        assert metadata["@type"] == f"{VERSION}.EmbedContentBatch"

    assert set(Batch.objects.values_list("endpoint", flat=True)) == {"/v1/embeddings"}


def test_the_provider_is_the_headers(views: Raw):
    for provider in ("openai", "anthropic", "gemini", "bedrock", " OpenAI "):
        views.post(PATH, inline({"request": ask()}), x_model_provider=provider)
        assert Batch.objects.latest("created_at").provider == provider.strip().lower()

    answer = views.post(PATH, inline({"request": ask()}), x_model_provider="azure")
    assert fields(answer) == ["x-model-provider"]
    assert "'bedrock'" in answer.error["message"]


def test_a_provider_without_a_credential(views: Raw):
    Credential.objects.filter(provider="gemini").delete()

    answer = views.post(PATH, inline({"request": ask()}))

    assert (answer.status, answer.error["status"]) == (400, "FAILED_PRECONDITION")
    assert not Batch.objects.exists()
    assert not File.objects.filter(status=File.Status.STORED).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "batch.inputConfig.fileName"),
        ({"batch": None}, "batch.inputConfig.fileName"),
        ({"batch": []}, "batch"),
        ({"batch": {}, "more": 1}, "more"),
        ({"batch": {"inputConfig": {}}}, "batch.inputConfig.fileName"),
        ({"batch": {"inputConfig": {"fileName": 1}}}, "batch.inputConfig.fileName"),
        ({"batch": {"inputConfig": {"fileName": "a", "gcsUri": "b"}}}, "batch.inputConfig.gcsUri"),
        ({"batch": {"inputConfig": {"requests": []}}}, "batch.inputConfig.requests"),
        ({"batch": {"inputConfig": {"requests": {}}}}, "batch.inputConfig.fileName"),
        (
            {"batch": {"inputConfig": {"requests": {"requests": []}}}},
            "batch.inputConfig.requests.requests",
        ),
        (
            {"batch": {"inputConfig": {"requests": {"requests": 1}}}},
            "batch.inputConfig.requests.requests",
        ),
        (
            {"batch": {"inputConfig": {"requests": {"more": 1, "requests": [{"request": {}}]}}}},
            "batch.inputConfig.requests.more",
        ),
        (filed("a", displayName=1), "batch.displayName"),
        (filed("a", displayName="x" * 513), "batch.displayName"),
        (filed("a", displayName="\0"), "batch.displayName"),
        (filed("a", webhookConfig={"uris": []}), "batch.webhookConfig"),
        (filed("a", priority=7), "batch.priority"),
        (filed("a", model="models/gemini-other"), "batch.model"),
        (filed("files/000000000000"), "name"),
        (filed("files/\0"), "batch.inputConfig.fileName"),
    ],
)
def test_a_wrong_create_is_refused_by_name(views: Raw, body: Any, field: str):
    answer = views.post(PATH, body)

    assert answer.status == (404 if field == "name" else 400)
    assert fields(answer) == [field]
    assert not Batch.objects.exists()
    assert not File.objects.exists()


def test_a_file_and_requests_at_once(views: Raw):
    source = {"fileName": "files/a", "requests": {"requests": [{"request": ask()}]}}

    answer = views.post(PATH, {"batch": {"inputConfig": source}})

    assert fields(answer) == ["batch.inputConfig.fileName"]
    assert not File.objects.filter(status=File.Status.STORED).exists()


def test_the_model_may_be_said_again(views: Raw, store: Callable[..., File]):
    for model in (MODEL, f"models/{MODEL}"):
        assert views.post(PATH, filed(f"files/{store().pk}", model=model)).status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"batch": \xff}', b"null"])
def test_a_body_that_is_no_object(views: Raw, body: bytes):
    answer = views.post(PATH, body)

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")


def test_a_file_by_the_name_that_its_client_chose(views: Raw, store: Callable[..., File]):
    file = store(name="my-questions")

    views.post(PATH, filed("files/my-questions"))

    assert Batch.objects.get().input_file == file


def test_an_idempotency_key_makes_one_batch(views: Raw, store: Callable[..., File]):
    body = filed(f"files/{store().pk}")
    names = {views.post(PATH, body, idempotency_key="once").json["name"] for _ in range(2)}
    assert len(names) == 1

    answer = views.post(PATH, filed(f"files/{store().pk}"), idempotency_key="once")
    assert (answer.status, answer.error["status"]) == (400, "ALREADY_EXISTS")
    again = {views.post(PATH, body).json["name"] for _ in range(2)}
    assert len(again | names) == 3
