"""What is wrong with a request about files comes back as the SDK's exception for it."""

import openai as sdk
import pytest
from openai import OpenAI

from tests.openai.conftest import form
from tests.sandbox.records import chats, jsonl

CONTENT = jsonl(chats(1))


def refused(call, kind: type[sdk.APIStatusError], *, param: str | None, code: str | None) -> str:
    """The message of the error that the call must raise."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert (caught.value.param, caught.value.code) == (param, code)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id
    return caught.value.body["message"]


def test_an_unknown_purpose(openai: OpenAI):
    message = refused(
        lambda: openai.files.create(file=("in.jsonl", CONTENT), purpose="fun"),
        sdk.BadRequestError,
        param="purpose",
        code="invalid_value",
    )
    assert message.startswith("Invalid value: 'fun'. Supported values for 'purpose' are: ")


@pytest.mark.parametrize("purpose", ["batch_output", "raw_results", "assistants_output"])
def test_the_purposes_of_results_are_not_for_uploads(openai: OpenAI, purpose: str):
    refused(
        lambda: openai.files.create(file=("in.jsonl", CONTENT), purpose=purpose),
        sdk.BadRequestError,
        param="purpose",
        code="invalid_value",
    )


def test_a_batch_file_of_another_kind(openai: OpenAI):
    message = refused(
        lambda: openai.files.create(file=("in.csv", CONTENT), purpose="batch"),
        sdk.BadRequestError,
        param="file",
        code="invalid_file_format",
    )
    assert "Must be .jsonl" in message


def test_an_unknown_parameter(openai: OpenAI):
    message = refused(
        lambda: openai.files.create(
            file=("in.jsonl", CONTENT), purpose="batch", extra_body={"colour": "red"}
        ),
        sdk.BadRequestError,
        param="colour",
        code="unknown_parameter",
    )
    assert message == "Unknown parameter: 'colour'."


def test_an_unknown_provider(openai: OpenAI):
    message = refused(
        lambda: openai.files.create(
            file=("in.jsonl", CONTENT), purpose="batch", extra_body={"provider": "acme"}
        ),
        sdk.BadRequestError,
        param="provider",
        code="invalid_value",
    )
    assert "'openai'" in message


@pytest.mark.parametrize(
    ("expiry", "param", "code"),
    [
        ({"seconds": 3600}, "anchor", "missing_required_parameter"),
        ({"anchor": "created_at"}, "seconds", "missing_required_parameter"),
        ({"anchor": "now", "seconds": 3600}, "anchor", "invalid_value"),
        ({"anchor": "created_at", "seconds": 3599}, "seconds", "integer_below_min_value"),
        ({"anchor": "created_at", "seconds": 2_592_001}, "seconds", "integer_above_max_value"),
        ({"anchor": "created_at", "seconds": "soon"}, "seconds", "invalid_type"),
        ({"anchor": "created_at", "seconds": 3600, "x": 1}, "x", "unknown_parameter"),
    ],
)
def test_an_expiry_that_cannot_be(openai: OpenAI, expiry: dict, param: str, code: str):
    refused(
        lambda: openai.files.create(
            file=("in.jsonl", CONTENT), purpose="batch", expires_after=expiry
        ),
        sdk.BadRequestError,
        param=f"expires_after[{param}]",
        code=code,
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda files, name: files.retrieve(name),
        lambda files, name: files.delete(name),
        lambda files, name: files.content(name),
        lambda files, name: files.list(after=name).data,
    ],
)
@pytest.mark.parametrize(
    "name", ["file-000000000000", "file-abc123", "batch_000000000000", "s3://bucket/key", "ü"]
)
def test_an_unknown_id(openai: OpenAI, call, name: str):
    with pytest.raises(sdk.NotFoundError) as caught:
        call(openai.files, name)
    assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("query", "param"),
    [({"limit": 0}, "limit"), ({"limit": 10_001}, "limit"), ({"order": "up"}, "order")],
)
def test_a_list_that_cannot_be(openai: OpenAI, query: dict, param: str):
    with pytest.raises(sdk.BadRequestError) as caught:
        openai.files.list(**query)
    assert caught.value.param == param


def test_a_missing_purpose(raw):
    body, content_type = form(("file", "in.jsonl", CONTENT))

    status, answer = raw("POST", "/openai/files", body, content_type=content_type)

    assert status == 400
    assert answer["error"] == {
        "message": "Missing required parameter: 'purpose'.",
        "type": "invalid_request_error",
        "param": "purpose",
        "code": "missing_required_parameter",
    }


def test_no_file(raw):
    body, content_type = form(("purpose", "batch"))

    status, answer = raw("POST", "/openai/files", body, content_type=content_type)

    assert (status, answer["error"]["param"]) == (400, "file")
    assert answer["error"]["code"] == "missing_required_parameter"


def test_two_files(raw):
    body, content_type = form(
        ("purpose", "batch"), ("file", "a.jsonl", CONTENT), ("file", "b.jsonl", CONTENT)
    )

    status, answer = raw("POST", "/openai/files", body, content_type=content_type)

    assert (status, answer["error"]["param"]) == (400, "file")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", ""])
def test_no_form_at_all(raw, content_type: str):
    status, answer = raw("POST", "/openai/files", b"{}", content_type=content_type)

    assert (status, answer["error"]["code"]) == (400, "invalid_content_type")


@pytest.mark.parametrize("key", ["", " "])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/openai/files"), ("GET", "/openai/batches"), ("POST", "/openai/v1/batches")],
)
def test_no_key(raw, method: str, path: str, key: str):
    status, answer = raw(method, path, key=key)

    assert status == 401
    assert answer["error"]["type"] == "invalid_request_error"
    assert answer["error"]["code"] == "invalid_api_key"
    assert "API key" in answer["error"]["message"]


def test_no_key_with_a_whole_upload_is_a_refusal_and_no_broken_connection(stack):
    nobody = {"authorization": "Basic bm9ib2R5"}
    with (
        stack.openai(default_headers=nobody) as client,
        pytest.raises(sdk.AuthenticationError),
    ):
        client.files.create(file=("in.jsonl", b"x" * 20_000_000), purpose="batch")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/openai"),
        ("GET", "/openai/"),
        ("GET", "/openai/v1/models"),
        ("POST", "/openai/v1/chat/completions"),
        ("GET", "/openai/files/file-1/more"),
        ("DELETE", "/openai/nothing"),
        ("PATCH", "/openai/nothing"),
    ],
)
def test_an_unknown_address(raw, method: str, path: str):
    status, answer = raw(method, path)

    assert status == 404
    assert answer["error"] == {
        "message": f"Invalid URL ({method} {path})",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/openai/files"), ("DELETE", "/openai/batches"), ("PATCH", "/openai/v1/files/file-1")],
)
def test_a_method_that_an_address_does_not_have(raw, method: str, path: str):
    status, answer = raw(method, path)

    assert (status, answer["error"]["type"]) == (405, "invalid_request_error")
