"""Bodies that say one thing twice, or in a form that nobody reads, are refused as each SDK expects it."""

import gzip
import json
from typing import Any

import pytest
from django.test import Client

from batches.models import Batch
from files.models import File
from providers.models import Credential, Workspace
from providers.services import default_workspace

CREATES = {
    "/openai/batches": b'{"input_file_id":"file-000000000000",%b}',
    "/anthropic/v1/messages/batches": b'{"requests":[{"custom_id":"a","params":{}}],%b}',
    "/bedrock/model-invocation-job": b'{"jobName":"a",%b}',
    "/genai/v1beta/models/m:batchGenerateContent": b'{"batch":{"displayName":"a"},%b}',
}
UPLOADS = {"/openai/files": "multipart/form-data; boundary=x", **dict.fromkeys(CREATES)}
UPLOADS["/anthropic/v1/files"] = UPLOADS["/openai/files"]
UPLOADS["/genai/upload/v1beta/files"] = None


@pytest.fixture(autouse=True)
def workspace(db: None) -> Workspace:
    for provider in ("openai", "anthropic", "gemini"):
        Credential.objects.create(provider=provider, name="none")
    return default_workspace()


def post(client: Client, path: str, body: bytes, kind: str | None = None, **headers: str) -> Any:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(
        path, body, kind or "application/json", headers={"authorization": "Bearer any", **names}
    )


def message(answer: Any) -> str:
    told = json.loads(answer.content)
    return told.get("message") or told["error"]["message"]


@pytest.mark.parametrize("path", CREATES)
@pytest.mark.parametrize(
    "twice",
    [b'"model":"a","model":"b"', b'"x":{"model":1,"model":1}', b'"model":[],"mod\\u0065l":1'],
)
def test_a_key_that_is_given_twice_is_named(client: Client, path: str, twice: bytes):
    answer = post(client, path, CREATES[path] % twice)

    assert (answer.status_code, message(answer)) == (400, "'model' is given twice: give it once.")
    assert not Batch.objects.exists()
    assert not File.objects.exists()


def test_requests_inside_a_create_are_their_providers_to_judge(client: Client):
    record = b'{"custom_id":"a","params":{"model":"m","model":"m","max_tokens":1,"messages":[]}}'

    answer = post(client, "/anthropic/v1/messages/batches", b'{"requests":[%b]}' % record)

    assert answer.status_code == 200
    assert Batch.objects.exists()


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "identity, gzip", "aws-chunked"])
def test_a_compressed_body_is_refused_and_not_opened(client: Client, path: str, encoding: str):
    bomb = gzip.compress(b" " * 10**6)

    answer = post(client, path, bomb, UPLOADS[path], content_encoding=encoding)

    assert answer.status_code == 415
    assert "without content-encoding" in message(answer)
    assert not File.objects.exists()


def test_a_body_that_is_encoded_as_nothing_is_read(client: Client):
    answer = post(client, "/openai/batches", b"{}", content_encoding="identity")

    assert message(answer) == "Missing required parameter: 'input_file_id'."


def test_in_s3_the_encoding_is_the_objects_own(client: Client):
    content = gzip.compress(b"content")
    url, headers = (
        "/bedrock/files/b/k",
        {"authorization": "Bearer any", "x-model-provider": "openai"},
    )
    put = client.put(url, content, headers={**headers, "content-encoding": "gzip"})
    got = client.get(url, headers=headers)

    assert (put.status_code, got["content-encoding"]) == (200, "gzip")
    assert b"".join(got) == content
