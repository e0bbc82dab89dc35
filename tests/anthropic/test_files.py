"""Files: both lines of the SDK's calls, and what a file is worth on other surfaces."""

from datetime import timedelta

import anthropic as sdk
import pytest
from anthropic import Anthropic
from django.utils import timezone
from openai import OpenAI

from files.models import File
from gateway.anthropic import wire
from tests.anthropic.asking import EVERY, Raw
from tests.openai.conftest import form

LINE = (
    b'{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "x"}}'
)


def upload(client: Anthropic, name: str = "a.txt", content: bytes = b"x", **more) -> str:
    return client.beta.files.upload(file=(name, content, "text/plain"), **more).id


@pytest.mark.parametrize("provider", EVERY)
def test_a_file_from_its_upload_to_its_deletion(connect, accounts, provider: str):
    files = connect(provider).beta.files
    content = "Für die Files API. 🌊\r\n\0".encode()

    made = files.upload(file=("größe 1.txt", content, "text/plain"))

    assert made.id.startswith("file_")
    assert (made.filename, made.mime_type) == ("größe 1.txt", "text/plain")
    assert (made.size_bytes, made.size) == (len(content), len(content))
    assert (made.downloadable, made.expires_at, made.scope) == (True, None, None)
    assert files.retrieve_metadata(made.id) == made
    assert list(files.list()) == [made]
    assert files.download(made.id).read() == content
    assert files.delete(made.id).to_dict() == {"id": made.id, "type": "file_deleted"}
    for gone in (files.retrieve_metadata, files.download, files.delete):
        with pytest.raises(sdk.NotFoundError, match=made.id):
            gone(made.id)
    assert files.list().data == []


def test_the_calls_without_beta_are_the_same(alone: Anthropic):
    made = alone.files.upload(file=("a.txt", b"x", "text/plain"))
    assert [one.id for one in alone.files.list()] == [made.id]
    assert alone.files.retrieve_metadata(made.id) == made
    assert alone.files.download(made.id).read() == b"x"
    assert alone.files.delete(made.id).type == "file_deleted"


@pytest.mark.parametrize(
    ("filename", "content_type", "purpose"),
    [
        ("in.jsonl", "application/octet-stream", "batch"),
        ("IN.JSONL", "text/plain", "batch"),
        ("in", "application/jsonl", "batch"),
        ("in", "application/x-ndjson; charset=utf-8", "batch"),
        ("in.json", "application/json", "user_data"),
        ("in.pdf", "application/pdf", "user_data"),
    ],
)
def test_lines_are_for_batches(alone: Anthropic, filename: str, content_type: str, purpose: str):
    made = alone.beta.files.upload(file=(filename, LINE, content_type))
    assert File.objects.get(pk=made.id.removeprefix("file_")).purpose == purpose


def test_lines_that_were_uploaded_here_are_a_batch_there(alone: Anthropic, http):
    file_id = alone.beta.files.upload(file=("in.jsonl", LINE, "application/jsonl")).id
    client = OpenAI(base_url="http://testserver/openai", api_key="any-key", http_client=http)
    batch = client.batches.create(
        input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h"
    )

    assert batch.input_file_id == file_id.replace("_", "-")
    assert client.files.content(batch.input_file_id).read() == LINE


def test_an_expiry_is_told_and_kept(alone: Anthropic):
    made = alone.beta.files.upload(file=("a", b"x"), expires_in_seconds=3600)
    assert made.expires_at - made.created_at == timedelta(hours=1)

    File.objects.update(expires_at=timezone.now())
    with pytest.raises(sdk.NotFoundError):
        alone.beta.files.download(made.id)
    assert alone.beta.files.list().data == []


def test_of_a_path_the_last_part_is_the_name(alone: Anthropic):
    for given, kept in (("a/b/c.txt", "c.txt"), ("../x", "x")):
        made = alone.beta.files.upload(file=(given, b""))
        assert (made.filename, made.size_bytes) == (kept, 0)


@pytest.mark.parametrize("filename", ["a<b", "a:b", "a|b", "a?", "x" * 256])
def test_a_name_that_cannot_be(alone: Anthropic, filename: str):
    with pytest.raises(sdk.BadRequestError, match="filename"):
        upload(alone, filename)
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        ([("file", "a", b"x"), ("expires_in_seconds", "3599")], "expires_in_seconds"),
        ([("file", "a", b"x"), ("expires_in_seconds", "7776001")], "expires_in_seconds"),
        ([("expires_in_seconds", "soon"), ("file", "a", b"x")], "expires_in_seconds"),
        ([("file", "a", b"x"), ("purpose", "batch")], "purpose"),
        ([("purpose", "batch")], "file"),
        ([("file", "a", b"x"), ("file", "b", b"y")], "two files"),
    ],
)
def test_a_wrong_form_is_refused_by_name_and_leaves_no_file(raw: Raw, parts, named: str):
    body, content_type = form(*parts)
    answer = raw.call("POST", "/v1/files", body, content_type)

    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert named in answer.error["message"]
    assert not File.objects.exists()


def test_no_form_is_refused(raw: Raw):
    answer = raw.call("POST", "/v1/files", {"file": "x"})
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")


def test_a_file_that_is_too_large(alone: Anthropic, settings):
    settings.MAX_FILE_BYTES = 10
    with pytest.raises(sdk.RequestTooLargeError) as caught:
        upload(alone, content=b"x" * 11)
    assert caught.value.body["error"]["type"] == "request_too_large"
    assert not File.objects.exists()


@pytest.fixture
def seven(alone: Anthropic) -> list[str]:
    """The newest first."""
    return [upload(alone) for _ in range(7)][::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 1000])
def test_pages_by_name_of_the_next(alone: Anthropic, seven: list[str], limit: int):
    """The newer way."""
    first = alone.beta.files.list(limit=limit)

    assert [one.id for one in first.data] == seven[:limit]
    assert (first.next_page is None) == (limit >= 7)
    assert [one.id for one in alone.beta.files.list(limit=limit)] == seven


def walk(raw: Raw, path: str, limit: int, word: str) -> list[str]:
    """As the older line of the SDK walks, which ends at `has_more`."""
    walked: list[str] = []
    query = f"limit={limit}"
    while True:
        page = raw.get(f"{path}?{query}").json
        ids = [one["id"] for one in page["data"]]
        assert (page["first_id"], page["last_id"]) == ((ids or [None])[0], (ids or [None])[-1])
        walked += ids if word == "after_id" else ids[::-1]
        if not page["has_more"]:
            return walked
        query = f"limit={limit}&{word}={page['last_id' if word == 'after_id' else 'first_id']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
def test_pages_beside_an_id(alone: Anthropic, raw: Raw, seven: list[str], limit: int):
    """The older way, in both directions."""
    assert walk(raw, "/v1/files", limit, "after_id") == seven
    newer = raw.get(f"/v1/files?limit={limit}&before_id={seven[-1]}").json
    assert [one["id"] for one in newer["data"]] == seven[:-1][-limit:]
    assert newer["has_more"] == (limit < 6)
    assert newer["next_page"] is None


def test_files_are_walked_while_some_come_and_go(alone: Anthropic, seven: list[str]):
    walked = []
    for one in alone.beta.files.list(limit=2):
        walked.append(one.id)
        upload(alone)
        alone.beta.files.delete(one.id)

    assert walked == seven


def test_files_may_be_asked_for_by_id(alone: Anthropic, seven: list[str]):
    """In the form of any surface; what is not there is left out."""
    gone = upload(alone)
    alone.beta.files.delete(gone)
    other = seven[4].replace("file_", "file-")
    asked = [seven[5], seven[1], seven[1], other, gone, "file_000000000000", "nonsense"]

    page = alone.beta.files.list(ids=asked)

    assert [one.id for one in page.data] == [seven[1], seven[4], seven[5]]
    assert page.next_page is None


def test_no_file_was_made_in_a_session(alone: Anthropic, seven: list[str]):
    assert alone.beta.files.list(scope_id="sesn_1").data == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("order=asc", "order"),
        ("beta=false", "beta"),
        ("after_id=a&before_id=b", "before_id"),
        ("after_id=a&page=b", "page"),
        ("ids[]=a&page=b", "page"),
        ("ids[]=a&limit=3", "limit"),
        ("&".join(f"ids[]={n}" for n in range(wire.MOST_IDS + 1)), "ids"),
    ],
)
def test_a_list_that_cannot_be(raw: Raw, query: str, named: str):
    answer = raw.get(f"/v1/files?{query}")
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert named in answer.error["message"]


@pytest.mark.parametrize("query", ["after_id=file_000000000000", "before_id=x", "page=page_x"])
def test_a_list_beside_what_is_not_there(raw: Raw, query: str):
    answer = raw.get(f"/v1/files?{query}")
    assert (answer.status, answer.error["type"]) == (404, "not_found_error")


@pytest.mark.parametrize("name", ["file_000000000000", "file-abc123", "x", "a/b", "ü\n", "\0"])
def test_an_unknown_file(alone: Anthropic, name: str):
    for call in ("retrieve_metadata", "download", "delete"):
        with pytest.raises(sdk.NotFoundError) as caught:
            getattr(alone.beta.files, call)(name)
        assert caught.value.type == "not_found_error"
