"""The lines of a file are counted as its bytes pass."""

import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from files import services as files
from files import uploads
from files.models import File
from providers.models import Credential, VirtualKey, Workspace
from providers.services import default_workspace

pytestmark = pytest.mark.django_db


def workspace_that_counts(**key: Any) -> Workspace:
    """Where a key may send so many records a day."""
    limited = VirtualKey(**{"workspace": default_workspace(), "records_per_day": 9, **key})
    limited.renew()
    limited.save()
    return limited.workspace


@pytest.fixture
def workspace() -> Workspace:
    return workspace_that_counts()


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([], 0),
        ([b""], 0),
        ([b"one"], 1),
        ([b"one\n"], 1),
        ([b"one\n", b""], 1),
        ([b"one\ntwo"], 2),
        ([b"on", b"e\nt", b"wo\n"], 2),
        ([b"one\r\ntwo\r\n"], 2),
        ([b"\n\n"], 2),
        ([bytearray(b"one\n"), bytearray(b"two")], 2),
    ],
)
def test_a_line_ends_with_a_line_end_or_with_the_file(
    workspace: Workspace, chunks: list[bytes], lines: int
):
    with files.writing(workspace) as writer:
        for chunk in chunks:
            writer.write(chunk)
    assert files.publish(writer.file).lines == lines
    assert File.objects.get(pk=writer.file.pk).lines == lines


@pytest.mark.parametrize(
    "key", [{"records_per_day": None}, {"revoked_at": timezone.now()}], ids=["unlimited", "revoked"]
)
def test_where_no_limit_asks_nobody_counts(key: dict[str, Any]):
    with files.writing(workspace_that_counts(**key)) as writer:
        writer.write(b"one\n")
    assert files.publish(writer.file).lines is None


@pytest.mark.parametrize("pieces", [[b"one\ntwo\nthree"], [b"one\ntw", b"o\nthree"]])
def test_what_comes_in_parts_is_counted_as_a_whole(workspace: Workspace, pieces: list[bytes]):
    upload = uploads.begin(workspace, "s3", {})
    for number, piece in enumerate(pieces):
        with uploads.writing_part(upload, number) as part:
            part.write(piece)

    made = uploads.complete(upload, purpose=File.Purpose.BATCH)

    assert File.objects.get(pk=made.pk).lines == 3


def test_requests_that_come_inline_are_counted(client: Client, workspace: Workspace):
    Credential.objects.create(provider="openai", name="none")
    record = {
        "custom_id": "c",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "gpt-5-mini", "messages": []},
    }
    body = {
        "requests": [record, {**record, "custom_id": "d"}],
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
    }
    answer = client.post(
        "/openai/batches",
        body,
        content_type="application/json",
        headers={"authorization": "Bearer sk-any"},
    )
    assert answer.status_code == 200
    assert File.objects.get().lines == 2


def test_an_upload_is_counted(client: Client, workspace: Workspace):
    given = io.BytesIO(b'{"a":1}\n{"b":2}')
    given.name = "in.jsonl"
    answer = client.post(
        "/openai/files",
        {"purpose": "batch", "file": given},
        headers={"authorization": "Bearer sk-any"},
    )
    assert answer.status_code == 200
    assert File.objects.get().lines == 2
