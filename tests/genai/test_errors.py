"""Errors as Google has them: the SDK's own exception with code, word and message, and nothing else told."""

import io
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import OperationalError
from google import genai

from batches.models import Batch
from gateway.genai import wire
from gateway.surface import RequestError
from tests.genai.asking import Raw


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (400, None, "INVALID_ARGUMENT"),
        (400, "batch_not_cancellable", "FAILED_PRECONDITION"),
        (401, None, "UNAUTHENTICATED"),
        (403, None, "PERMISSION_DENIED"),
        (404, None, "NOT_FOUND"),
        (405, None, "UNIMPLEMENTED"),
        (409, "already_exists", "ALREADY_EXISTS"),
        (413, "file_too_large", "INVALID_ARGUMENT"),
        (418, None, "INVALID_ARGUMENT"),
        (429, None, "RESOURCE_EXHAUSTED"),
        (500, "server_error", "INTERNAL"),
        (503, "overloaded", "UNAVAILABLE"),
        (507, "storage_full", "RESOURCE_EXHAUSTED"),
        (599, None, "INTERNAL"),
    ],
)
def test_every_status_has_googles_word(status: int, code: str | None, word: str):
    error = RequestError("It is so.", status=status, code=code)

    assert wire.write_error(error) == {
        "error": {"code": status, "message": "It is so.", "status": word}
    }


def test_where_it_is_wrong():
    error = wire.write_error(RequestError("It is so.", param="batch.displayName"))

    assert error["error"]["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": "batch.displayName", "description": "It is so."}],
        }
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/genai"),
        ("GET", "/genai/"),
        ("GET", "/genai/v1"),
        ("GET", "/genai/v1/models"),
        ("POST", "/genai/v1beta/models/gemini-2.5-flash:generateContent"),
        ("POST", "/genai/v1beta/files:register"),
        ("PATCH", "/genai/v1beta/batches/a:updateGenerateContentBatch"),
        ("GET", "/genai/v2/files"),
        ("GET", "/genai/v1/files/a/b"),
        ("GET", "/genai/v1/a%0Ab"),
    ],
)
def test_what_bifrost_does_not_serve(views: Raw, method: str, path: str):
    answer = views.call(method, path)

    assert (answer.status, answer.error["status"]) == (404, "NOT_FOUND")
    assert unquote(path) in answer.error["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "files"),
        ("POST", "files"),
        ("POST", "files/a"),
        ("GET", "batches/a:cancel"),
        ("GET", "models/a:batchGenerateContent"),
    ],
)
def test_a_wrong_method(views: Raw, method: str, path: str):
    answer = views.call(method, f"/genai/v1/{path}")

    assert (answer.status, answer.error["status"]) == (405, "UNIMPLEMENTED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "files"),
        ("GET", "files/a"),
        ("DELETE", "files/a"),
        ("GET", "files/a:download?alt=media"),
        ("POST", "models/a:batchGenerateContent"),
        ("GET", "batches"),
        ("GET", "batches/a"),
        ("POST", "batches/a:cancel"),
        ("DELETE", "batches/a"),
        ("GET", "nothing"),
    ],
)
def test_nobody_calls_without_a_key(views: Raw, settings: Any, method: str, path: str):
    missing = views.call(method, f"/genai/v1/{path}", key=False)
    settings.AUTH = "keys"
    wrong = views.call(method, f"/genai/v1/{path}")

    for answer in (missing, wrong):
        assert (answer.status, answer.error["status"]) == (401, "UNAUTHENTICATED")
        assert "any-key" not in answer.error["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "files"),
        ("GET", "files/a"),
        ("DELETE", "files/a"),
        ("POST", "models/a:batchGenerateContent"),
        ("GET", "batches"),
        ("GET", "batches/a"),
        ("POST", "batches/a:cancel"),
        ("DELETE", "batches/a"),
    ],
)
def test_a_provider_that_is_none_is_refused_everywhere(views: Raw, method: str, path: str):
    answer = views.call(method, f"/genai/v1/{path}", x_model_provider="azure")

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert "'anthropic'" in answer.error["message"]


@pytest.mark.parametrize(
    ("raised", "status", "word"),
    [(OperationalError, 503, "UNAVAILABLE"), (RuntimeError, 500, "INTERNAL")],
)
def test_our_own_faults_tell_nothing(
    views: Raw,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[Exception],
    status: int,
    word: str,
):
    def fail(*given: object) -> None:
        raise raised("secret")

    monkeypatch.setattr(Batch, "of", fail)
    answer = views.get("batches/000000000000")

    assert (answer.status, answer.error["status"]) == (status, word)
    assert b"secret" not in answer.content


def test_an_unknown_host_is_refused(views: Raw):
    assert views.get("files", host="elsewhere.example").status == 400


def test_the_sdk_raises_its_own(google: Any):
    client: genai.Client = google()
    calls: list[Any] = [
        lambda: client.files.get(name="files/000000000000"),
        lambda: client.files.download(file="files/000000000000"),
        lambda: client.files.delete(name="files/000000000000"),
        lambda: client.batches.get(name="batches/000000000000"),
        lambda: client.batches.cancel(name="batches/000000000000"),
        lambda: client.batches.delete(name="batches/000000000000"),
        lambda: client.batches.create(model="gemini-2.5-flash", src="files/000000000000"),
    ]
    for call in calls:
        with pytest.raises(genai.errors.ClientError) as caught:
            call()
        error = caught.value
        assert (error.code, error.status) == (404, "NOT_FOUND")
        assert "000000000000' was not found" in error.message
        assert error.details["error"]["details"][0]["fieldViolations"]


def test_an_upload_that_is_refused_is_not_tried_again(
    google: Any, views: Raw, monkeypatch: pytest.MonkeyPatch
):
    """Without the header the SDK would sleep, and send the same bytes twice more."""

    def sleep(seconds: float) -> None:
        raise AssertionError("it tries again")

    monkeypatch.setattr(genai._api_client.time, "sleep", sleep)
    url = views.begin()
    views.send(url, "cancel")

    with pytest.raises(genai.errors.ClientError) as caught:
        google()._api_client.upload_file(io.BytesIO(b"abc"), url, 3)

    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
