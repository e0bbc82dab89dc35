"""Whatever a client sends, it is answered in the vendor's envelope and never with a 500."""

import errno
import json
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batches.models import Batch
from files.models import File
from files.storage import FolderStore
from tests.openai.conftest import Views, form

MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIELDS = [
    "input_file_id",
    "endpoint",
    "completion_window",
    "metadata",
    "output_expires_after",
    "provider",
    "model",
    "requests",
]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
right = {
    "endpoint": "/v1/chat/completions",
    "completion_window": "24h",
    "output_expires_after": {"anchor": "created_at", "seconds": 3600},
    "provider": "openai",
}


def is_refusal(answer: tuple[int, dict]) -> bool:
    status, body = answer
    error = body["error"]
    return (
        400 <= status < 500
        and set(error) == {"message", "type", "param", "code"}
        and error["type"] == "invalid_request_error"
        and bool(error["message"])
    )


@pytest.mark.parametrize("path", ["/batches", "/v1/batches"])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"nothing", b"[]", b"[{}]", b"null", b"1", b'"text"', b"\xff", b"[" * 9999]
)
def test_a_body_that_is_no_object(views: Views, path: str, body: bytes):
    status, answer = views.post(path, body)

    assert status == 400
    code = "invalid_json" if body else "missing_required_parameter"
    assert answer["error"]["code"] == code


@pytest.mark.parametrize(
    ("name", "value"),
    list(
        product(
            ["input_file_id", "endpoint", "completion_window", "provider", "model"],
            [1, 1.5, True, [], {}, ["x"], "\0"],
        )
    ),
)
def test_a_text_that_is_something_else(views: Views, input_file: File, name: str, value: object):
    body = {"input_file_id": f"file-{input_file.id}", **right, name: value}

    status, answer = views.post("/batches", body)

    assert (status, answer["error"]["param"]) == (400, name)
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ({}, "output_expires_after.anchor"),
        ({"anchor": "created_at"}, "output_expires_after.seconds"),
        ({"anchor": "created_at", "seconds": True}, "output_expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 3600.5}, "output_expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 10**30}, "output_expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 3600, "more": 1}, "output_expires_after.more"),
        ([], "output_expires_after"),
        ("1h", "output_expires_after"),
    ],
)
def test_an_expiry_of_results_that_cannot_be(
    views: Views, input_file: File, value: object, param: str
):
    body = {"input_file_id": f"file-{input_file.id}", **right, "output_expires_after": value}

    status, answer = views.post("/batches", body)

    assert (status, answer["error"]["param"]) == (400, param)


@MANY
@given(body=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, anything)))
def test_any_json_of_the_right_names(views: Views, body: dict):
    assert is_refusal(views.post("/batches", body))


@MANY
@given(changes=st.dictionaries(st.sampled_from(FIELDS), anything, max_size=2))
def test_any_value_among_right_ones(views: Views, input_file: File, changes: dict):
    body = {"input_file_id": f"file-{input_file.id}", **right, **changes}

    status, answer = views.post("/batches", body)

    assert status == 200 or is_refusal((status, answer))


@MANY
@given(body=st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(views: Views, body: bytes):
    assert is_refusal(views.post("/batches", body))
    assert is_refusal(views.post("/batches/batch_000000000000/cancel", body))
    assert is_refusal(views.post("/files", body, "multipart/form-data; boundary=x"))


@MANY
@given(metadata=st.dictionaries(st.text(), anything, max_size=20))
def test_any_metadata(views: Views, input_file: File, metadata: dict):
    body = {"input_file_id": f"file-{input_file.id}", **right, "metadata": metadata}

    status, answer = views.post("/batches", body)

    if status == 200:
        assert answer["metadata"] == metadata
        assert Batch.objects.get(pk=answer["id"].removeprefix("batch_")).metadata == metadata
    else:
        assert is_refusal((status, answer))


@MANY
@given(
    parts=st.lists(
        st.tuples(st.sampled_from(["purpose", "provider", "file", "x"]), st.text(max_size=9)),
        max_size=4,
    ),
    cut=st.integers(0, 400),
)
def test_any_form_broken_off_anywhere(views: Views, parts: list, cut: int):
    whole, content_type = form(*parts, ("file", "in.jsonl", b"{}\n" * 30))

    assert is_refusal(views.post("/files", whole[: min(cut, len(whole) - 5)], content_type))
    assert not File.objects.exists()


@pytest.mark.parametrize("name", ["purpose", "model", "provider", "limit", "after", "order"])
@pytest.mark.parametrize("value", ["%00", "%ff", "", "x" * 500, "%F0%9F%8E%89"])
@pytest.mark.parametrize("path", ["files", "batches"])
def test_any_query(views: Views, path: str, name: str, value: str):
    status, answer = views.get(f"/{path}?{name}={value}")

    assert status == 200 or is_refusal((status, answer))


def test_more_parameters_than_anyone_needs(views: Views):
    assert is_refusal(views.get("/files?" + "a=1&" * 1001))


def test_a_json_body_beyond_the_limit(views: Views, settings):
    settings.MAX_JSON_BYTES = 1000

    status, answer = views.post("/batches", {"model": "x" * 1000})

    assert (status, answer["error"]["code"]) == (413, "request_too_large")


def test_a_file_beyond_the_limit_leaves_nothing(views: Views, settings):
    settings.MAX_FILE_BYTES = 1000

    status, answer = views.upload(("purpose", "batch"), ("file", "in.jsonl", b"x" * 1001))

    assert (status, answer["error"]["code"]) == (413, "file_too_large")
    assert answer["error"]["message"].startswith("The file is larger than 1000 bytes")
    assert not File.objects.exists()
    assert views.upload(("purpose", "batch"), ("file", "in.jsonl", b"x" * 1000))[0] == 200


def test_a_field_beyond_the_limit(views: Views):
    assert is_refusal(views.upload(("purpose", "b" * 70_000), ("file", "in.jsonl", b"x")))


def test_more_fields_than_anyone_needs(views: Views):
    fields = [(f"field{number}", "x") for number in range(70)]
    assert is_refusal(views.upload(*fields, ("file", "in.jsonl", b"x")))


def test_a_name_with_a_nul(views: Views):
    assert is_refusal(views.upload(("purpose", "batch"), ("file", "a\0.jsonl", b"x")))


class _Full:
    """A file on a disk that has no room left."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, chunk: bytes) -> int:
        self.room -= len(chunk)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return len(chunk)

    def close(self) -> None:
        pass


@pytest.mark.parametrize("room", [0, 300_000])
def test_a_full_disk_leaves_nothing(views: Views, monkeypatch, room: int):
    monkeypatch.setattr(FolderStore, "create", lambda store, path: _Full(room))

    status, answer = views.upload(("purpose", "batch"), ("file", "in.jsonl", b"x" * 1_000_000))

    assert (status, answer["error"]["code"]) == (507, "storage_full")
    assert answer["error"]["type"] == "server_error"
    assert not File.objects.exists()


def test_a_disk_that_is_full_before_the_first_byte(views: Views, monkeypatch):
    def create(store: FolderStore, path: str) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(FolderStore, "create", create)

    status, answer = views.upload(("purpose", "batch"), ("file", "in.jsonl", b"x"))

    assert (status, answer["error"]["code"]) == (507, "storage_full")
    assert not File.objects.exists()


def test_a_full_disk_is_nothing_to_try_again(views: Views, monkeypatch):
    monkeypatch.setattr(FolderStore, "create", lambda store, path: _Full(0))
    body, content_type = form(("purpose", "batch"), ("file", "in.jsonl", b"x"))

    answer = views.client.post(
        "/openai/files", body, content_type, headers={"authorization": "Bearer k"}
    )

    assert answer.headers["x-should-retry"] == "false"
