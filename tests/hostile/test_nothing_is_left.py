"""A refused upload leaves no bytes and no row, whichever surface refuses it and for whatever reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.test import Client

from batches.models import Batch
from files.models import File, Upload, UploadPart
from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.openai.conftest import form

KEY = {"authorization": "Bearer any", "x-model-provider": "openai"}
LIMIT = 2000
RIGHT = ("file", "in.jsonl", b"{}\n")
LARGE = ("file", "in.jsonl", b"x" * (LIMIT + 1))
FORMS = {
    "no file": form(("purpose", "batch")),
    "two files": form(("purpose", "batch"), RIGHT, RIGHT),
    "two purposes": form(("purpose", "batch"), RIGHT, ("purpose", "batch")),
    "too large": form(("purpose", "batch"), LARGE),
    "a long field": form(RIGHT, ("purpose", "b" * 70_000)),
    "many fields": form(RIGHT, *((f"f{number}", "x") for number in range(70))),
    "an unknown field": form(RIGHT, ("purpose", "batch"), ("colour", "red")),
    "a name with NUL": form(("purpose", "batch"), ("file", "a\0.jsonl", b"{}")),
    "broken off": (form(("purpose", "batch"), RIGHT)[0][:-9], form(RIGHT)[1]),
    "no UTF-8": (form(RIGHT, ("purpose", "?"))[0].replace(b"?", b"\xff"), form(RIGHT)[1]),
    "another boundary": (form(RIGHT)[0], "multipart/form-data; boundary=other"),
    "no boundary": (form(RIGHT)[0], "multipart/form-data"),
    "a long header": form(("purpose", "batch"), ("file", "a" * 10_000, b"{}")),
    "nested": form(RIGHT)[:1] + ("multipart/mixed; boundary=a-boundary-of-our-own",),
    "an expiry of no time": form(RIGHT, ("purpose", "batch"), ("expires_after[seconds]", "soon")),
}
CHUNKS = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "too large": (b"x" * (LIMIT + 1), {}),
    "another checksum": (b"x", {"x-amz-checksum-crc32": "AAAAAA=="}),
    "another MD5": (b"x", {"content-md5": "A" * 22 + "=="}),
    "another hash": (b"x", {"x-amz-content-sha256": "0" * 64}),
    "a size below zero": (b"-1\r\nx\r\n0\r\n\r\n", CHUNKS),
    "a huge size": (b"fffffffffffffff\r\nx", CHUNKS),
    "a size beyond all": (b"f" * 40 + b"\r\nx", CHUNKS),
    "a longer chunk": (b"1\r\nxx\r\n0\r\n\r\n", CHUNKS),
    "a shorter chunk": (b"3\r\nx\r\n0\r\n\r\n", CHUNKS),
    "no end": (b"1\r\nx\r\n", CHUNKS),
    "bytes behind the end": (b"1\r\nx\r\n0\r\n\r\nmore", CHUNKS),
    "no trailer": (b"1\r\nx\r\n0\r\n\r\n", {**CHUNKS, "x-amz-trailer": "x-amz-checksum-crc32"}),
    "another length": (
        b"1\r\nx\r\n0\r\n\r\n",
        {**CHUNKS, "x-amz-decoded-content-length": "2"},
    ),
}
CREATES = {
    "/openai/batches": b'{"requests":[%b]}',
    "/anthropic/v1/messages/batches": b'{"requests":[%b]}',
    "/genai/v1beta/models/m:batchGenerateContent": (
        b'{"batch":{"inputConfig":{"requests":{"requests":[%b]}}}}'
    ),
}
REQUESTS = {
    "none": b"",
    "no object": b"{},7",
    "broken off": b'{"a":1},{',
    "no JSON": b'{"a":01}',
    "too deep": b'{"a":' * 10_000,
    "NaN": b'{"a":NaN}',
    "half of a character": b'{"a":"\\ud800"}',
    "not UTF-8": b'{"a":"\xff"}',
    "without a name": b'{"unknown":1}',
}


@pytest.fixture(autouse=True)
def workspace(db: None, settings: Any) -> Workspace:
    settings.MAX_FILE_BYTES = LIMIT
    for provider in ("openai", "anthropic", "gemini"):
        Credential.objects.create(provider=provider, name="none")
    return default_workspace()


def files_in_store() -> set[Path]:
    return {path for path in Path(default_storage.location).rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def nothing_is_left(workspace: Workspace) -> Iterator[None]:
    before = files_in_store()
    yield
    assert files_in_store() == before
    assert not File.objects.exists()
    assert not UploadPart.objects.exists()
    assert not Batch.objects.exists()


def refused(answer: Any) -> bool:
    return 400 <= answer.status_code < 500 and bool(answer.content)


@pytest.mark.parametrize("path", ["/openai/files", "/anthropic/v1/files"])
@pytest.mark.parametrize("why", FORMS)
def test_of_a_form(client: Client, path: str, why: str):
    body, content_type = FORMS[why]
    assert refused(client.post(path, body, content_type, headers=KEY))


@pytest.mark.parametrize("path", ["/bedrock/files/b/k", "/bedrock/files/bifrost-files/k"])
@pytest.mark.parametrize("why", BODIES)
def test_of_an_object(client: Client, path: str, why: str):
    body, headers = BODIES[why]
    assert refused(client.put(path, body, headers={**KEY, **headers}))


@pytest.mark.parametrize("why", BODIES)
def test_of_a_part_of_an_object(client: Client, why: str):
    begun = client.post("/bedrock/files/b/k?uploads", headers=KEY)
    upload = begun.content.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
    body, headers = BODIES[why]
    url = f"/bedrock/files/b/k?uploadId={upload}&partNumber=1"

    assert refused(client.put(url, body, headers={**KEY, **headers}))
    assert client.delete(f"/bedrock/files/b/k?uploadId={upload}", headers=KEY).status_code == 204
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x" * 11, {}),
        (b"x", {"x-goog-upload-offset": "5"}),
        (b"x", {"x-goog-upload-offset": "-1"}),
        (b"x", {"x-goog-upload-command": "nonsense"}),
        (b"x", {"content-encoding": "gzip"}),
    ],
)
def test_of_a_resumable_upload(client: Client, body: bytes, headers: dict[str, str]):
    start = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}
    size = {"x-goog-upload-header-content-length": "10"}
    begun = client.post(
        "/genai/upload/v1beta/files", b"{}", "application/json", headers={**KEY, **start, **size}
    )
    url = begun["x-goog-upload-url"]
    sent = {"x-goog-upload-command": "upload, finalize", "x-goog-upload-offset": "0", **headers}

    assert refused(client.post(url, body, "application/octet-stream", headers=sent))
    client.post(url, headers={"x-goog-upload-command": "cancel"})
    assert not Upload.objects.exists()


@pytest.mark.parametrize("path", CREATES)
@pytest.mark.parametrize("why", REQUESTS)
def test_of_requests_in_a_create(client: Client, path: str, why: str):
    body = CREATES[path] % REQUESTS[why]
    assert refused(client.post(path, body, "application/json", headers=KEY))


@pytest.mark.parametrize("path", CREATES)
def test_of_a_create_that_is_too_large(client: Client, path: str, settings: Any):
    settings.MAX_JSON_BYTES = 1000
    body = json.dumps({"name": "x" * 2000, "requests": [{}]}).encode()
    assert refused(client.post(path, body, "application/json", headers=KEY))


def test_the_store_of_the_tests_is_a_folder():
    assert Path(default_storage.location).is_relative_to(django_settings.DATA)
