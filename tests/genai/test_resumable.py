"""The whole of the resumable protocol, call by call. The address is all that the later calls need."""

import hashlib
from typing import Any

import pytest

from files.models import File, Upload, UploadPart
from gateway.genai import resumable
from tests.genai.asking import Raw, content_of, is_final, progress

BOTH = "upload, finalize"


def test_in_one_call(views: Raw):
    url = views.begin({"display_name": "größe", "mime_type": "text/plain"})

    answer = views.send(url, BOTH, b"abc", 0)

    assert is_final(answer)
    file = answer.json["file"]
    assert (file["displayName"], file["mimeType"], file["sizeBytes"]) == (
        "größe",
        "text/plain",
        "3",
    )
    assert content_of(views, file) == b"abc"


def test_in_several_calls(views: Raw):
    url = views.begin()

    assert progress(views.send(url, "upload", b"aaa", 0)) == (200, "active", "3")
    assert progress(views.send(url, "upload", b"bbb", 3)) == (200, "active", "6")
    assert progress(views.send(url, "query")) == (200, "active", "6")
    answer = views.send(url, BOTH, b"c", 6)

    assert is_final(answer)
    assert content_of(views, answer.json["file"]) == b"aaabbbc"
    digest = hashlib.sha256(b"aaabbbc").hexdigest()
    assert File.objects.get().sha256 == digest


def test_the_last_bytes_first_and_the_end_apart(views: Raw):
    url = views.begin()
    views.send(url, "upload", b"abc", 0)

    answer = views.send(url, "finalize")

    assert is_final(answer)
    assert content_of(views, answer.json["file"]) == b"abc"


@pytest.mark.parametrize("finalize", [("finalize",), (BOTH, b"", 0)])
def test_an_empty_file(views: Raw, finalize: tuple):
    headers = {"x_goog_upload_header_content_length": "0"}
    url = views.begin(**headers)

    answer = views.send(url, *finalize)

    assert is_final(answer)
    assert answer.json["file"]["sizeBytes"] == "0"
    assert content_of(views, answer.json["file"]) == b""


def test_put_is_post(views: Raw):
    url = views.begin()
    headers = {"x_goog_upload_command": BOTH, "x_goog_upload_offset": "0"}

    assert is_final(views.call("PUT", url, b"abc", key=False, **headers))


def test_a_repeated_part_is_not_doubled(views: Raw):
    url = views.begin()
    for _ in range(2):
        assert progress(views.send(url, "upload", b"aaa", 0))[2] == "3"
    views.send(url, "upload", b"bbb", 3)

    assert progress(views.send(url, "upload", b"aaa", 0))[2] == "6"
    answer = views.send(url, BOTH, b"c", 6)

    assert content_of(views, answer.json["file"]) == b"aaabbbc"


def test_the_last_part_may_come_again_with_more(views: Raw):
    url = views.begin()
    views.send(url, "upload", b"aaa", 0)
    views.send(url, "upload", b"b", 3)

    assert progress(views.send(url, "upload", b"bbb", 3)) == (200, "active", "6")
    assert content_of(views, views.send(url, "finalize").json["file"]) == b"aaabbb"


def test_an_earlier_part_may_not_come_again_with_more(views: Raw):
    url = views.begin()
    views.send(url, "upload", b"aaa", 0)
    views.send(url, "upload", b"bbb", 3)

    answer = views.send(url, "upload", b"aaaa", 0)

    assert is_final(answer, 400)
    assert "From offset 0 on 3 bytes came before" in answer.error["message"]
    assert content_of(views, views.send(url, "finalize").json["file"]) == b"aaabbb"


@pytest.mark.parametrize("offset", [0, 2, 4, 300])
def test_a_wrong_offset_is_told_the_right_one(views: Raw, offset: int):
    url = views.begin()
    if offset == 0:
        offset = 1
    else:
        views.send(url, "upload", b"aaa", 0)
    expected = views.send(url, "query").headers["x-goog-upload-size-received"]

    answer = views.send(url, "upload", b"bbb", offset)

    assert is_final(answer, 400)
    assert f"send those from {expected} on" in answer.error["message"]
    assert answer.error["status"] == "INVALID_ARGUMENT"
    assert progress(views.send(url, "query"))[2] == expected


@pytest.mark.parametrize("command", [BOTH, "finalize", "query", "upload"])
def test_whatever_comes_after_the_end_gets_the_same_answer(views: Raw, command: str):
    url = views.begin()
    views.send(url, "upload", b"aaa", 0)
    first = views.send(url, BOTH, b"bbb", 3)

    again = views.send(url, command, b"bbb", 3)

    assert is_final(again)
    assert again.json == first.json
    assert File.objects.count() == 1
    assert not UploadPart.objects.exists()


def test_what_is_cancelled_is_gone(views: Raw):
    url = views.begin()
    views.send(url, "upload", b"aaa", 0)

    assert views.send(url, "cancel").upload_status == "cancelled"

    for command in ("query", "cancel", "finalize", BOTH):
        answer = views.send(url, command, b"bbb", 3)
        assert is_final(answer, 404)
        assert answer.error["status"] == "NOT_FOUND"
    assert not File.objects.exists()


def test_a_completed_upload_is_not_cancelled(views: Raw):
    url = views.begin()
    views.send(url, BOTH, b"abc", 0)

    assert is_final(views.send(url, "cancel"))
    assert File.objects.visible(File.objects.get().workspace).exists()


@pytest.mark.parametrize(("sent", "why"), [(b"ab", "2 came"), (b"abcd", "more came")])
def test_another_size_than_was_announced(views: Raw, sent: bytes, why: str):
    url = views.begin({"sizeBytes": "3"})

    answer = views.send(url, BOTH, sent, 0)

    assert is_final(answer, 400)
    assert answer.error["message"] == f"3 bytes were announced, but {why}."
    assert content_of(views, views.send(url, BOTH, b"abc", 0).json["file"]) == b"abc"


def test_the_header_says_the_size_better_than_the_body(views: Raw):
    url = views.begin({"size_bytes": 7}, x_goog_upload_header_content_length="3")

    assert is_final(views.send(url, BOTH, b"abc", 0))


def test_too_large_is_refused_before_anything_comes(views: Raw, settings: Any):
    settings.MAX_FILE_BYTES = 10
    answer = views.start({"sizeBytes": 11})
    assert (answer.status, answer.error["status"]) == (413, "INVALID_ARGUMENT")
    assert not Upload.objects.exists()

    url = views.begin()
    views.send(url, "upload", b"12345678", 0)
    assert is_final(views.send(url, "upload", b"abc", 8), 413)
    assert progress(views.send(url, "query"))[2] == "8"


@pytest.mark.parametrize(
    ("commands", "offset", "why"),
    [
        ("", None, "Invalid value: ''"),
        ("start", None, "Invalid value: 'start'"),
        ("upload, query", 0, "Invalid value: 'upload, query'"),
        ("upload", None, "Missing required parameter: 'x-goog-upload-offset'"),
        ("upload", -1, "Invalid"),
    ],
)
def test_wrong_commands_stop_the_sdk(views: Raw, commands: str, offset: int | None, why: str):
    answer = views.send(views.begin(), commands, b"abc", offset)

    assert is_final(answer, 400)
    assert why in answer.error["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x_goog_upload_protocol": "multipart"},
        {"x_goog_upload_protocol": ""},
        {"x_goog_upload_command": "upload, finalize"},
        {"x_goog_upload_command": ""},
    ],
)
def test_another_protocol_is_refused(views: Raw, headers: dict[str, str]):
    answer = views.start(**headers)

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert "no other protocol" in answer.error["message"]


@pytest.mark.parametrize(
    ("file", "param"),
    [
        ({"name": "files/Ab"}, "file.name"),
        ({"name": "files/-a"}, "file.name"),
        ({"name": "files/" + "a" * 41}, "file.name"),
        ({"name": "files/a/b"}, "file.name"),
        ({"displayName": "a" * 513}, "file.displayName"),
        ({"displayName": 1}, "file.displayName"),
        ({"display_name": "a", "displayName": "b"}, "file.displayName"),
        ({"mimeType": "a\nb"}, "file.mimeType"),
        ({"mimeType": "a\0b"}, "file.mimeType"),
        ({"sizeBytes": "much"}, "file.sizeBytes"),
        ({"sizeBytes": -1}, "file.sizeBytes"),
        ({"source": "GENERATED"}, "file.source"),
        ({"uri": "https://elsewhere"}, "file.uri"),
        ("a.jsonl", "file"),
    ],
)
def test_a_wrong_start_is_refused_by_name(views: Raw, file: object, param: str):
    answer = views.start(file)

    assert answer.status == 400
    assert answer.error["details"][0]["fieldViolations"][0]["field"] == param
    assert not Upload.objects.exists()


def test_a_start_without_a_body(views: Raw):
    headers = {"x_goog_upload_protocol": "resumable", "x_goog_upload_command": "start"}
    answer = views.call("POST", "/genai/upload/v1/files", **headers)
    file = views.send(answer.headers["x-goog-upload-url"], BOTH, b"abc", 0).json["file"]

    assert file["mimeType"] == "application/octet-stream"
    assert "displayName" not in file


def test_headers_say_what_the_body_does_not(views: Raw):
    url = views.begin(
        x_goog_upload_file_name="in.jsonl", x_goog_upload_header_content_type="application/jsonl"
    )
    file = views.send(url, BOTH, b"abc", 0).json["file"]

    assert (file["displayName"], file["mimeType"]) == ("in.jsonl", "application/jsonl")


def test_a_name_of_the_clients_own(views: Raw):
    file = views.store(b"abc", {"name": "files/my-questions"})

    assert file["name"] == "files/my-questions"
    assert file["uri"].endswith("/genai/v1beta/files/my-questions")
    assert views.get("files/my-questions").json == file
    pk = File.objects.get().pk
    assert views.get(f"files/{pk}").json == file
    assert views.get(f"files/file-{pk}").json == file
    for body in ({"name": "files/my-questions"}, {"name": "my-questions"}):
        answer = views.start(body)
        assert (answer.status, answer.error["status"]) == (409, "ALREADY_EXISTS")

    assert views.delete("files/my-questions").json == {}
    assert views.store(b"new", {"name": "files/my-questions"})["sizeBytes"] == "3"


def test_a_name_that_another_took_meanwhile(views: Raw):
    first, second = (views.begin({"name": "files/mine"}) for _ in range(2))
    views.send(second, "upload", b"a", 0)
    assert is_final(views.send(first, BOTH, b"first", 0))

    for content, offset in ((b"b", 1), (b"", 2)):
        answer = views.send(second, BOTH, content, offset)
        assert is_final(answer, 409)
        assert answer.error["status"] == "ALREADY_EXISTS"

    assert File.objects.filter(status=File.Status.STORED).count() == 1
    views.delete("files/mine")
    assert content_of(views, views.send(second, "finalize").json["file"]) == b"ab"


@pytest.mark.parametrize("again", [(BOTH, b"bbb", 3), ("upload", b"bbb", 3), ("finalize",)])
def test_another_call_ends_it_first(views: Raw, monkeypatch: pytest.MonkeyPatch, again: tuple):
    url = views.begin()
    views.send(url, "upload", b"aaa", 0)
    found = resumable.find

    def find(upload_id: str) -> Upload:
        upload = found(upload_id)
        monkeypatch.setattr(resumable, "find", found)
        assert is_final(views.send(url, BOTH, b"bbb", 3))
        return upload

    monkeypatch.setattr(resumable, "find", find)

    answer = views.send(url, *again)

    assert is_final(answer)
    assert content_of(views, answer.json["file"]) == b"aaabbb"
