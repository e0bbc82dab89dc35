"""Batches are created as the vendor's are, and wrong ones are refused before anything is kept."""

import time
from itertools import count

import openai as sdk
import pytest
from openai import OpenAI
from openai.types import Batch

from providers.models import Credential
from tests.sandbox.records import CHAT, chats, jsonl, line, results, submit, upload, wait

BODIES = {
    CHAT: {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hi"}]},
    "/v1/responses": {"model": "gpt-5-mini", "input": "Hi"},
    "/v1/embeddings": {"model": "text-embedding-3-small", "input": "Hi"},
    "/v1/completions": {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"},
    "/v1/moderations": {"model": "omni-moderation-latest", "input": "Hi"},
    "/v1/images/generations": {"model": "gpt-image-1", "prompt": "A cat"},
    "/v1/images/edits": {
        "model": "gpt-image-1",
        "prompt": "A hat",
        "images": [{"image_url": "https://example.com/cat.png"}],
    },
    "/v1/videos": {"model": "sora-2", "prompt": "A cat"},
}
_names = count()


@pytest.fixture(scope="module")
def file_id(openai: OpenAI) -> str:
    return upload(openai, jsonl(chats(1)))


def create(client: OpenAI, file_id: str, **more: object) -> Batch:
    given = {"endpoint": CHAT, "completion_window": "24h", **more}
    return client.batches.create(input_file_id=file_id, **given)


def test_a_new_batch_says_all_there_is_to_say(openai: OpenAI, file_id: str):
    batch = create(openai, file_id)

    assert batch.id.startswith("batch_")
    assert (batch.object, batch.status, batch.endpoint) == ("batch", "validating", CHAT)
    assert (batch.input_file_id, batch.completion_window) == (file_id, "24h")
    assert abs(batch.created_at - time.time()) < 60
    assert batch.expires_at == batch.created_at + 24 * 3600
    assert batch.request_counts.to_dict() == {"total": 0, "completed": 0, "failed": 0}
    unknown_yet = ["errors", "output_file_id", "error_file_id", "usage", "metadata", "model"]
    assert [getattr(batch, name) for name in unknown_yet] == [None] * 6
    assert batch.model_extra["provider"] == "openai"


def test_every_endpoint_of_the_vendor_is_served(openai: OpenAI):
    batches = {
        url: submit(openai, jsonl([line("one", body, url=url)]), endpoint=url)
        for url, body in BODIES.items()
    }

    for url, batch in batches.items():
        ended = wait(openai, batch)
        assert (ended.status, ended.endpoint) == ("completed", url)
        assert ended.model == BODIES[url]["model"]
        (result,) = results(openai, ended.output_file_id)
        assert result["custom_id"] == "one"
        assert result["response"]["status_code"] == 200


def test_metadata_come_back(openai: OpenAI, file_id: str):
    metadata = {f"k{number}".ljust(64, "x"): "v" * 512 for number in range(15)} | {"ä": ""}

    batch = create(openai, file_id, metadata=metadata)

    assert batch.metadata == metadata
    assert openai.batches.retrieve(batch.id).metadata == metadata


@pytest.mark.parametrize(
    ("metadata", "param"),
    [
        ({str(number): "x" for number in range(17)}, "metadata"),
        ({"k" * 65: "x"}, f"metadata.{'k' * 64}"),
        ({"key": "v" * 513}, "metadata.key"),
        ({"key": 1}, "metadata"),
        ({"key": {"deep": "x"}}, "metadata"),
        ({"key": None}, "metadata"),
        (["x"], "metadata"),
        ("x", "metadata"),
    ],
)
def test_metadata_have_the_vendors_limits(
    openai: OpenAI, file_id: str, metadata: object, param: str
):
    with pytest.raises(sdk.BadRequestError) as caught:
        create(openai, file_id, metadata=metadata)
    assert caught.value.param == param


def test_results_expire_when_they_are_told_to(openai: OpenAI):
    expiry = {"anchor": "created_at", "seconds": 7200}

    batch = wait(openai, submit(openai, jsonl(chats(1)), output_expires_after=expiry))

    file = openai.files.retrieve(batch.output_file_id)
    assert file.expires_at - file.created_at == pytest.approx(7200, abs=2)


@pytest.mark.parametrize("seconds", [3599, 2_592_001])
def test_an_expiry_of_results_has_the_vendors_limits(openai: OpenAI, file_id: str, seconds: int):
    with pytest.raises(sdk.BadRequestError) as caught:
        create(openai, file_id, output_expires_after={"anchor": "created_at", "seconds": seconds})
    assert caught.value.param == "output_expires_after.seconds"


def test_a_model_given_with_the_batch_is_the_one_that_is_asked(openai: OpenAI):
    batch = submit(openai, jsonl(chats(2)), extra_body={"provider": "openai", "model": "gpt-5"})

    ended = wait(openai, batch)

    assert ended.model == "gpt-5"
    answers = results(openai, ended.output_file_id)
    assert {answer["response"]["body"]["model"] for answer in answers} == {"gpt-5"}


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"endpoint": "/v1/nothing"}, "endpoint", "invalid_value"),
        ({"endpoint": "/chat/completions"}, "endpoint", "invalid_value"),
        ({"completion_window": "1h"}, "completion_window", "invalid_value"),
        ({"extra_body": {"colour": "red"}}, "colour", "unknown_parameter"),
        ({"extra_body": {"model": "m" * 256}}, "model", "string_above_max_length"),
    ],
)
def test_a_wrong_parameter_is_named(
    openai: OpenAI, file_id: str, changes: dict, param: str, code: str
):
    with pytest.raises(sdk.BadRequestError) as caught:
        create(openai, file_id, **changes)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_the_choices_are_named_where_a_provider_is_unknown(openai: OpenAI, file_id: str):
    with pytest.raises(sdk.BadRequestError, match="Supported values for 'provider' are: 'openai'"):
        create(openai, file_id, extra_body={"provider": "acme"})


@pytest.mark.parametrize("name", ["file-000000000000", "file-abc123", "batch_000000000000", ""])
def test_an_input_file_that_is_not_there(openai: OpenAI, name: str):
    with pytest.raises(sdk.NotFoundError, match="No such File object"):
        create(openai, name)


def test_an_input_file_that_was_deleted(openai: OpenAI):
    file_id = upload(openai, jsonl(chats(1)))
    openai.files.delete(file_id)

    with pytest.raises(sdk.NotFoundError):
        create(openai, file_id)


def test_an_input_file_for_something_else(openai: OpenAI):
    file = openai.files.create(file=("in.jsonl", jsonl(chats(1))), purpose="user_data")

    with pytest.raises(sdk.BadRequestError, match="purpose 'user_data'") as caught:
        create(openai, file.id)
    assert caught.value.param == "input_file_id"


def test_an_input_file_may_be_deleted_once_the_batch_runs(openai: OpenAI):
    batch = submit(openai, jsonl(chats(3, "[sandbox:seconds=1]")))
    wait(openai, batch, lambda seen: seen.status != "validating")

    openai.files.delete(batch.input_file_id)

    ended = wait(openai, batch)
    assert (ended.status, ended.request_counts.completed) == ("completed", 3)


@pytest.mark.parametrize("path", ["/openai/batches", "/openai/v1/batches/"])
def test_a_body_may_come_in_chunks_without_a_length(raw, file_id: str, path: str):
    body = f'{{"input_file_id":"{file_id}","endpoint":"{CHAT}","completion_window":"24h"}}'
    chunks = (body[at : at + 10].encode() for at in range(0, len(body), 10))

    status, batch = raw("POST", path, chunks, content_type="application/json")

    assert (status, batch["status"]) == (200, "validating")


def test_no_credential_is_said_at_once(views, input_file):
    Credential.objects.update(enabled=False)
    body = {
        "input_file_id": f"file-{input_file.id}",
        "endpoint": CHAT,
        "completion_window": "24h",
    }

    status, answer = views.post("/batches", body)

    assert (status, answer["error"]["code"]) == (400, "no_credential")
    assert answer["error"]["param"] == "provider"
