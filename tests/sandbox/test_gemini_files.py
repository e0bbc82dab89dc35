"""Gemini's files: uploads in one or several parts, their life, and the bare protocol."""

import hashlib
import io
from base64 import b64decode
from datetime import timedelta

import pytest
import requests
from google import genai
from google.genai import errors, types

from tests.sandbox.clock import LONG, advance
from tests.sandbox.gemini import ENDED, Wire, connected, jsonl, line, run, submit, upload
from tests.sandbox.process import start_sandbox

PART = 8 * 1024 * 1024
START = {"x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start"}


@pytest.fixture
def client(sandbox, key):
    with connected(sandbox, key) as client:
        yield client


@pytest.fixture
def wire(sandbox, key) -> Wire:
    return Wire(sandbox, key)


def start(wire: Wire, body: object = None, **headers: str) -> str:
    """The address of a new upload."""
    body = {"file": {"mimeType": "text/plain"}} if body is None else body
    answer = requests.post(
        f"{wire.root}/upload/v1beta/files",
        headers={**wire.key, **START, **headers},
        json=body,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-goog-upload-status"] == "active"
    return answer.headers["x-goog-upload-url"]


def send(url: str, command: str, content: bytes = b"", offset: int = 0) -> requests.Response:
    headers = {"x-goog-upload-command": command, "x-goog-upload-offset": str(offset)}
    return requests.post(url, headers=headers, data=content, timeout=60)


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_file_is_uploaded_read_and_deleted(sandbox, key, version):
    with connected(sandbox, key, version=version) as client:
        config = types.UploadFileConfig(mime_type="application/jsonl", display_name="My batch")
        file = client.files.upload(file=io.BytesIO(b"{}\n"), config=config)
        assert file.name is not None
        assert file.display_name == "My batch"
        assert file.mime_type == "application/jsonl"
        assert file.size_bytes == 3
        assert file.source == types.FileSource.UPLOADED
        assert file.state == types.FileState.ACTIVE
        assert file.expiration_time - file.create_time == timedelta(hours=48)
        assert b64decode(file.sha256_hash).decode() == hashlib.sha256(b"{}\n").hexdigest()
        assert file.uri == f"{sandbox}/gemini/{version}/{file.name}"
        assert client.files.get(name=file.name).name == file.name
        client.files.delete(name=file.name)
        with pytest.raises(errors.ClientError, match="may not exist") as caught:
            client.files.get(name=file.name)
        assert caught.value.code == 403
        assert caught.value.status == "PERMISSION_DENIED"


def test_a_file_is_what_the_sdk_says_it_is(client, wire):
    raw = wire.call("GET", f"v1beta/{upload(client, b'x')}")
    assert types.File.model_validate(raw).size_bytes == 1
    assert raw["sizeBytes"] == "1"


@pytest.mark.parametrize("size", [0, PART, 2 * PART + 5])
def test_files_of_any_size_are_uploaded(client, size):
    content = bytes(size)
    file = client.files.upload(file=io.BytesIO(content), config={"mime_type": "text/plain"})
    assert file.size_bytes == size
    assert b64decode(file.sha256_hash).decode() == hashlib.sha256(content).hexdigest()


def test_the_client_may_choose_the_name(client):
    config = {"mime_type": "text/plain", "name": "files/my-own-file-1"}
    assert client.files.upload(file=io.BytesIO(b"x"), config=config).name == "files/my-own-file-1"
    with pytest.raises(errors.ClientError, match="already exists"):
        client.files.upload(file=io.BytesIO(b"x"), config=config)
    client.files.delete(name="files/my-own-file-1")


@pytest.mark.parametrize("name", ["files/UPPER", "files/-a", "files/" + "a" * 41])
def test_an_impossible_name_is_refused(client, name):
    with pytest.raises(errors.ClientError, match="File ID"):
        client.files.upload(file=io.BytesIO(b"x"), config={"mime_type": "text/plain", "name": name})


def test_files_are_listed_page_by_page_from_the_newest(client):
    names = [upload(client, b"x") for _ in range(5)]
    page = client.files.list(config={"page_size": 2})
    assert [file.name for file in page.page] == names[:2:-1]
    assert [file.name for file in page] == names[::-1]


def test_ten_files_are_on_a_page_unless_the_client_says_otherwise(client, wire):
    for _ in range(11):
        upload(client, b"x")
    answer = wire.call("GET", "v1beta/files")
    assert len(answer["files"]) == 10
    assert answer["nextPageToken"]
    assert len(wire.call("GET", "v1beta/files?page_size=1000")["files"]) == 11


@pytest.mark.parametrize("query", ["pageSize=-1", "pageSize=x", "pageToken=!", "limit=5"])
def test_a_bad_parameter_of_a_list_is_refused(wire, query):
    error = wire.call("GET", f"v1beta/files?{query}", status=400)["error"]
    assert error["status"] == "INVALID_ARGUMENT"


def test_no_files_are_an_empty_object(wire):
    assert wire.call("GET", "v1beta/files") == {}


def test_an_account_sees_its_own_files_only(sandbox, key, client):
    name = upload(client, b"x")
    with connected(sandbox, f"{key}-stranger") as stranger:
        assert list(stranger.files.list()) == []
        for call in (stranger.files.get, stranger.files.delete):
            with pytest.raises(errors.ClientError, match="do not have permission"):
                call(name=name)


def test_two_keys_of_one_account_see_the_same_files(sandbox, key):
    with connected(sandbox, f"{key}.old") as old, connected(sandbox, f"{key}.new") as new:
        name = upload(old, b"x")
        assert [file.name for file in new.files.list()] == [name]


def test_the_key_may_be_in_the_query(sandbox, key, client):
    name = upload(client, b"x")
    answer = requests.get(f"{sandbox}/gemini/v1/{name}?key={key}", timeout=60)
    assert answer.json()["name"] == name


def test_no_key_is_refused(sandbox):
    answer = requests.get(f"{sandbox}/gemini/v1/files", timeout=60)
    assert answer.status_code == 403
    assert "unregistered callers" in answer.json()["error"]["message"]


def test_a_wrong_key_is_refused(sandbox):
    with (
        connected(sandbox, "sandbox-invalid-key") as client,
        pytest.raises(errors.ClientError, match="API key not valid") as caught,
    ):
        client.files.list()
    assert caught.value.code == 400
    assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_an_unknown_address_is_not_found(wire):
    assert wire.call("GET", "v2/files", status=404)["error"]["status"] == "NOT_FOUND"


def test_uploaded_files_cannot_be_downloaded(client, wire):
    name = upload(client, b"x")
    wire.call("GET", f"v1beta/{name}:download?alt=media", status=400)


def test_a_file_of_results_is_downloaded_though_its_name_is_too_long_to_be_read(client, wire):
    job = run(client, [line("a")])
    assert job.dest.file_name == f"files/{job.name.replace('batches/', 'batch-')}"
    path = f"v1beta/{job.dest.file_name}"
    for method in ("GET", "DELETE"):
        error = wire.call(method, path, status=400)["error"]
        assert "cannot be more than 40 characters" in error["message"]
    for prefix in ("", "download/"):
        answer = wire.call("GET", f"{prefix}{path}:download?alt=media")
        assert answer["key"] == "a"
    wire.call("GET", f"{path}:download", status=400)
    listed = [file.name for file in client.files.list()]
    assert job.dest.file_name not in listed


def test_a_file_is_gone_after_two_days_and_results_after_six_weeks(tmp_path, key):
    with start_sandbox(tmp_path) as url, connected(url, key) as client:
        name = upload(client, jsonl([line("a")]))
        job = run(client, [line("a")])
        advance(url, 2 * 86_400 - 60)
        assert client.files.get(name=name).name == name
        advance(url, 120)
        with pytest.raises(errors.ClientError, match="may not exist"):
            client.files.get(name=name)
        assert list(client.files.list()) == []
        assert client.files.download(file=job.dest.file_name)
        advance(url, 41 * 86_400)
        with pytest.raises(errors.ClientError, match="may not exist"):
            client.files.download(file=job.dest.file_name)


def test_a_new_file_is_processed_for_a_moment(tmp_path, key):
    with start_sandbox(tmp_path, seconds=6000) as url, connected(url, key) as client:
        name = upload(client, jsonl([line("a")]))
        assert client.files.get(name=name).state == types.FileState.PROCESSING
        with pytest.raises(errors.ClientError, match="not in an ACTIVE state") as caught:
            client.batches.create(model="gemini-2.5-flash", src=name)
        assert caught.value.status == "FAILED_PRECONDITION"
        advance(url, 301)
        assert client.files.get(name=name).state == types.FileState.ACTIVE
        job = client.batches.create(model="gemini-2.5-flash", src=name)
        assert job.state not in ENDED


def test_an_upload_in_parts_says_how_far_it_is(wire):
    url = start(wire, {"file": {"display_name": "big", "mime_type": "text/plain"}})
    for number in range(2):
        answer = send(url, "upload", bytes(PART), number * PART)
        assert answer.status_code == 200
        assert answer.headers["x-goog-upload-status"] == "active"
    answer = send(url, "query")
    assert answer.headers["x-goog-upload-size-received"] == str(2 * PART)
    answer = send(url, "upload, finalize", b"end", 2 * PART)
    assert answer.headers["x-goog-upload-status"] == "final"
    assert answer.json()["file"]["sizeBytes"] == str(2 * PART + 3)
    answer = send(url, "query")
    assert answer.headers["x-goog-upload-status"] == "final"
    assert answer.headers["x-goog-upload-size-received"] == str(2 * PART + 3)


def test_an_upload_may_be_finalized_apart(wire):
    url = start(wire)
    send(url, "upload", bytes(PART))
    assert send(url, "finalize").json()["file"]["sizeBytes"] == str(PART)


def test_an_upload_outlives_a_restart(tmp_path, key):
    with start_sandbox(tmp_path) as first:
        url = start(Wire(first, key))
        send(url, "upload", bytes(PART))
    with start_sandbox(tmp_path) as second:
        url = url.replace(first, second)
        assert send(url, "query").headers["x-goog-upload-size-received"] == str(PART)
        assert send(url, "upload, finalize", b"x", PART).json()["file"]["state"] == "ACTIVE"


@pytest.mark.parametrize(
    ("command", "content", "offset"),
    [
        ("upload", b"short", 0),
        ("upload, finalize", b"x", 1),
        ("upload, finalize", b"longer than announced", 0),
        ("begin", b"", 0),
    ],
)
def test_a_bad_part_is_refused_once_and_for_all(wire, command, content, offset):
    url = start(wire, **{"x-goog-upload-header-content-length": "5"})
    answer = send(url, command, content, offset)
    assert answer.status_code == 400
    assert answer.headers["x-goog-upload-status"] == "final"


def test_a_refused_part_leaves_no_bytes_behind(wire):
    url = start(wire)
    send(url, "upload", b"short")
    assert send(url, "query").headers["x-goog-upload-size-received"] == "0"
    assert send(url, "upload, finalize", b"whole").json()["file"]["sizeBytes"] == "5"


def test_an_upload_is_finalized_once(wire):
    url = start(wire)
    send(url, "upload, finalize", b"x")
    assert send(url, "upload, finalize", b"x").status_code == 400


def test_a_cancelled_upload_is_gone(wire):
    url = start(wire)
    assert send(url, "cancel").headers["x-goog-upload-status"] == "cancelled"
    assert send(url, "query").status_code == 404


def test_only_who_knows_the_address_may_upload(wire):
    url = start(wire)
    assert send(url[:-30] + url[-28:], "query").status_code == 404
    assert send(url.partition("?")[0], "query").status_code == 404


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"file": {}}, {}),
        ({"file": {"mimeType": "text/plain", "purpose": "batch"}}, {}),
        ({"mimeType": "text/plain"}, {}),
        ({"file": {"mimeType": "text/plain", "displayName": "x" * 513}}, {}),
        ({"file": {"mimeType": 5}}, {}),
        ({"file": {"mimeType": "text/plain"}}, {"x-goog-upload-protocol": "multipart"}),
        ({"file": {"mimeType": "text/plain"}}, {"x-goog-upload-command": "upload"}),
        (
            {"file": {"mimeType": "text/plain"}},
            {"x-goog-upload-header-content-length": str(3 * 1024**3)},
        ),
    ],
)
def test_a_bad_start_is_refused(wire, body, headers):
    answer = wire.call(
        "POST", "upload/v1beta/files", json=body, headers={**START, **headers}, status=400
    )
    assert answer["error"]["status"] == "INVALID_ARGUMENT"


def test_a_file_that_is_too_large_is_refused(tmp_path, key):
    with start_sandbox(tmp_path, gemini_max_file_bytes=10) as url, connected(url, key) as client:
        with pytest.raises(errors.ClientError, match="exceeds the limit"):
            upload(client, bytes(11))
        assert upload(client, bytes(10))


def test_the_input_may_be_deleted_as_soon_as_the_batch_exists(client: genai.Client):
    job = submit(client, [line("a", LONG)])
    for file in client.files.list():
        client.files.delete(name=file.name)
    assert client.batches.get(name=job.name).state != "JOB_STATE_FAILED"
