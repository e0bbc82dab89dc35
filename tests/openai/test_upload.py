"""Files go in, in every form that an SDK sends them, and come out as they were."""

import hashlib
import io
import random
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from openai import OpenAI

from tests.openai.conftest import form
from tests.sandbox.records import chats, jsonl
from tests.stack import Stack

CONTENT = jsonl(chats(2))
PATHS = ["/openai/files", "/openai/v1/files"]


@pytest.fixture(params=["", "/v1"])
def either(stack: Stack, request: pytest.FixtureRequest) -> Iterator[OpenAI]:
    """The SDK at both addresses of the surface."""
    with stack.openai() as client:
        client.base_url = f"{stack.url}/openai{request.param}"
        yield client


def test_bytes_with_a_name_are_kept_as_they_are(either: OpenAI):
    file = either.files.create(
        file=("in.jsonl", CONTENT, "application/jsonl"),
        purpose="batch",
        extra_body={"provider": "openai"},
    )

    assert file.id.startswith("file-")
    assert (file.filename, file.purpose, file.bytes) == ("in.jsonl", "batch", len(CONTENT))
    assert file.status == "processed"
    assert abs(file.created_at - time.time()) < 60
    assert file.expires_at is None
    assert either.files.content(file.id).read() == CONTENT
    assert either.files.retrieve(file.id, extra_query={"provider": "openai"}) == file


def test_a_path_and_an_open_file_are_kept_too(openai: OpenAI, tmp_path):
    path = tmp_path / "questions.jsonl"
    path.write_bytes(CONTENT)

    with path.open("rb") as opened:
        files = [
            openai.files.create(file=path, purpose="batch"),
            openai.files.create(file=opened, purpose="batch"),
        ]

    assert [file.filename for file in files] == ["questions.jsonl"] * 2
    assert [openai.files.content(file.id).read() for file in files] == [CONTENT] * 2


def test_bytes_without_a_name_are_kept_for_other_purposes(openai: OpenAI):
    file = openai.files.create(file=b"\x00\xff\r\n--", purpose="user_data")

    assert (file.filename, file.purpose) == ("upload", "user_data")
    assert openai.files.content(file.id).read() == b"\x00\xff\r\n--"


def test_twenty_megabytes_stay_the_same(openai: OpenAI):
    content = random.Random(1).randbytes(20 * 2**20)

    file = openai.files.create(file=("big.jsonl", io.BytesIO(content)), purpose="batch")

    assert file.bytes == len(content)
    digest = hashlib.sha256()
    with openai.files.with_streaming_response.content(file.id) as answer:
        assert answer.headers["content-length"] == str(len(content))
        for chunk in answer.iter_bytes():
            digest.update(chunk)
    assert digest.digest() == hashlib.sha256(content).digest()


def test_an_empty_file_is_a_file(openai: OpenAI):
    file = openai.files.create(file=("empty.jsonl", b""), purpose="batch")

    assert file.bytes == 0
    assert openai.files.content(file.id).read() == b""


@pytest.mark.parametrize(
    "name",
    ["größe 你好 🎉.jsonl", 'say "hi".jsonl', "semi;colon=.jsonl", "a%20b.jsonl"],
)
def test_names_stay_as_they_are(openai: OpenAI, name: str):
    file = openai.files.create(file=(name, b"x"), purpose="batch")

    assert file.filename == name
    assert openai.files.retrieve(file.id).filename == name


def test_an_expiry_is_kept_and_shown(openai: OpenAI):
    file = openai.files.create(
        file=("in.jsonl", CONTENT),
        purpose="batch",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )

    assert file.expires_at == file.created_at + 3600


@pytest.mark.parametrize("path", PATHS)
def test_fields_may_come_after_the_file(openai: OpenAI, raw, path: str):
    body, content_type = form(
        ("file", "in.jsonl", CONTENT), ("purpose", "batch"), ("provider", "openai")
    )

    status, file = raw("POST", path, body, content_type=content_type)

    assert (status, file["purpose"], file["bytes"]) == (200, "batch", len(CONTENT))
    assert openai.files.content(file["id"]).read() == CONTENT


@pytest.mark.parametrize("size", [1, 37, 65_536])
def test_a_body_may_come_in_chunks_without_a_length(openai: OpenAI, raw, size: int):
    content = CONTENT * 3 if size < 65_536 else CONTENT * 2000
    body, content_type = form(("file", "in.jsonl", content), ("purpose", "batch"))
    chunks = (body[at : at + size] for at in range(0, len(body), size))

    status, file = raw("POST", "/openai/files", chunks, content_type=content_type)

    assert (status, file["bytes"]) == (200, len(content))
    assert openai.files.content(file["id"]).read() == content


def test_waiting_for_a_file_to_be_ready_ends_at_once(openai: OpenAI):
    file = openai.files.create(file=("in.jsonl", CONTENT), purpose="batch")
    began = time.monotonic()

    assert openai.files.wait_for_processing(file.id).id == file.id
    assert time.monotonic() - began < 2


def test_a_deleted_file_is_gone(openai: OpenAI, raw):
    file = openai.files.create(file=("in.jsonl", CONTENT), purpose="batch")

    gone = openai.files.delete(file.id, extra_query={"provider": "openai"})

    assert (gone.id, gone.object, gone.deleted) == (file.id, "file", True)
    for method, path in [("GET", ""), ("DELETE", ""), ("GET", "/content")]:
        status, answer = raw(method, f"/openai/files/{file.id}{path}")
        assert status == 404
        assert answer["error"]["message"] == f"No such File object: {file.id}"


def test_a_file_is_deleted_with_a_body_too(openai: OpenAI):
    file = openai.files.create(file=("in.jsonl", CONTENT), purpose="batch")

    assert openai.files.delete(file.id, extra_body={"provider": "openai"}).deleted


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_that_breaks_off_leaves_no_bytes(stack: Stack, announced: bool):
    def kept() -> set[Path]:
        return {path for path in (stack.data / "files").rglob("*") if path.is_file()}

    body, content_type = form(("purpose", "batch"), ("file", "in.jsonl", CONTENT * 5000))
    length = f"Content-Length: {len(body)}" if announced else "Transfer-Encoding: chunked"
    start = "" if announced else f"{len(body):x}\r\n"
    head = (
        f"POST /openai/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n{length}\r\n"
    )
    before = kept()

    with socket.create_connection(("127.0.0.1", urlsplit(stack.url).port)) as connection:
        connection.sendall(f"{head}Content-Type: {content_type}\r\n\r\n{start}".encode())
        connection.sendall(body[: len(body) // 2])
        await_that(lambda: kept() > before)

    await_that(lambda: kept() == before)


def await_that(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
