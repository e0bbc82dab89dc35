"""Requests in the body of a create instead of in a file."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai as sdk
import pytest
from openai import OpenAI
from openai.types import Batch as SDKBatch

from files.models import File
from providers.models import Credential
from tests.openai.providers import chat, chats, lived, names, request
from tests.sandbox.records import CHAT, results, submit, wait


def inline(client: OpenAI, body: dict, **more: Any) -> SDKBatch:
    body = {"provider": "anthropic", **body}
    return client.batches.create(
        **{"input_file_id": "", "endpoint": CHAT, "completion_window": "24h", **more},
        extra_body=body,
    )


def test_requests_are_kept_as_they_were_written(views, credentials):
    written = b'{ "custom_id": "a",\r\n\t"params": {"model": "claude-x", "max_tokens": 1e1}}'
    body = (
        b'{"input_file_id": "", "endpoint": "%s", "completion_window": "24h", "requests": [%s, %s]}'
    )
    status, made = views.post("/batches", body % (CHAT.encode(), written, written))

    assert (status, made["provider"]) == (200, "anthropic")
    headers = {"authorization": "Bearer sk-any"}
    answer = views.client.get(f"/openai/files/{made['input_file_id']}/content", headers=headers)
    kept = written.replace(b"\r\n", b"  ") + b"\n"
    assert b"".join(answer.streaming_content) == 2 * kept


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"requests": []}, "requests", "empty_array"),
        ({"requests": {"custom_id": "a"}}, "requests", "invalid_type"),
        ({"requests": "a"}, "requests", "invalid_type"),
        ({"requests": [request("a", "b"), {"custom_id": "c"}, 7]}, "requests.2", "invalid_type"),
        ({"requests": [request("a", "b")], "foo": 1}, "foo", "unknown_parameter"),
        (
            {"requests": [request("a", "b")], "input_file_id": "file-abc"},
            "input_file_id",
            "mutually_exclusive_parameters",
        ),
    ],
)
def test_wrong_requests_are_refused_and_leave_no_file(inside: OpenAI, body, param, code):
    with pytest.raises(sdk.BadRequestError) as caught:
        inline(inside, body)
    assert (caught.value.param, caught.value.code) == (param, code)
    assert not File.objects.exists()


def test_requests_may_be_null_where_a_file_is_named(inside: OpenAI):
    body: Any = {"requests": None}
    assert submit(inside, chats("openai", "Hello!"), extra_body=body).provider == "openai"


def test_neither_file_nor_requests_is_an_error(inside: OpenAI):
    with pytest.raises(sdk.NotFoundError, match="No such File object"):
        inline(inside, {})


def test_a_wrong_request_fails_the_batch_by_its_line(inside: OpenAI):
    batch = lived(inside, inline(inside, {"requests": [request("a", "b"), {"custom_id": "c"}, {}]}))

    assert batch.status == "failed"
    assert [error.line for error in batch.errors.data] == [2, 3]


def test_requests_may_be_larger_than_a_body_is_otherwise(inside: OpenAI, settings):
    settings.MAX_JSON_BYTES = 1000
    assert inline(inside, {"requests": [request("a", "b" * 2000)]}).status == "validating"


@pytest.mark.parametrize(
    ("setting", "body"),
    [
        ("MAX_FILE_BYTES", {"requests": [request("a", "b" * 2000)]}),
        ("MAX_JSON_BYTES", {"requests": [request("a", "b")], "model": "b" * 2000}),
    ],
)
def test_a_body_has_its_bounds(inside: OpenAI, settings, setting: str, body: dict):
    setattr(settings, setting, 1000)
    with pytest.raises(sdk.APIStatusError, match="larg") as caught:
        inline(inside, body)
    assert caught.value.status_code == 413
    assert not File.objects.exists()


def test_repeated_requests_make_one_batch_and_keep_one_file(inside: OpenAI):
    body = {"requests": [request("a", "b")]}
    again: Any = {"x-stainless-retry-count": "1"}
    first = inline(inside, body)

    assert inline(inside, body, extra_headers=again).id == first.id
    assert inline(inside, body, extra_headers={"Idempotency-Key": "k"}).id != first.id
    assert len(inside.files.list().data) == 2


def test_retries_at_once_make_one_batch(openai: OpenAI):
    """Against a live installation, in which they meet in several processes."""
    body = {"requests": [request("at-once", "b")]}
    again: Any = {"x-stainless-retry-count": "1"}

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: inline(openai, body, extra_headers=again), range(8)))

    assert len({batch.id for batch in made}) == 1
    (kept,) = {batch.input_file_id for batch in made}
    assert kept in {file.id for file in openai.files.list(purpose="batch")}
    assert wait(openai, made[0]).request_counts.completed == 1


def test_requests_of_a_create_that_is_refused_leave_no_file(inside: OpenAI, credentials):
    Credential.objects.filter(provider="anthropic").update(enabled=False)
    with pytest.raises(sdk.BadRequestError, match="No credential"):
        inline(inside, {"requests": [request("a", "b")]})
    assert inside.files.list().data == []


def test_requests_may_be_lines_of_any_vendor(inside: OpenAI):
    requests_of = [chat("gemini", "a"), chat("gemini", "b")]
    batch = lived(inside, inline(inside, {"provider": "gemini", "requests": requests_of}))

    answers = results(inside, batch.output_file_id)
    assert names(answers) == ["a", "b"]
    assert {one["response"]["status_code"] for one in answers} == {200}
