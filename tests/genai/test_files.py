"""Files: listed, read, downloaded and deleted, whoever made them. Google's own type judges each."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from google import genai
from google.genai import types

from files import services as files
from files.models import File
from providers.models import Workspace
from tests.genai.asking import Raw, upload


@pytest.fixture
def make(workspace: Workspace) -> Callable[..., File]:
    """A file as another surface would have made it."""

    def store(content: bytes = b"{}\n", **fields: Any) -> File:
        with files.writing(fields.pop("workspace", workspace)) as writer:
            writer.write(content)
        return files.publish(writer.file, **{"purpose": "batch", "filename": "in.jsonl", **fields})

    return store


def names(answer: Any) -> list[str]:
    return [file["name"] for file in answer.json["files"]]


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_file_is_as_google_has_it(views: Raw, version: str):
    made = views.store(b"abc", {"displayName": "größe.jsonl", "mimeType": "application/jsonl"})

    raw = views.call("GET", f"/genai/{version}/{made['name']}").json

    root = f"http://testserver/genai/{version}/{made['name']}"
    row = File.objects.get()
    created = row.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert b64decode(raw.pop("sha256Hash")) == digest.encode()
    assert raw == {
        "name": f"files/{row.pk}",
        "displayName": "größe.jsonl",
        "mimeType": "application/jsonl",
        "sizeBytes": "3",
        "createTime": created,
        "updateTime": created,
        "uri": root,
        "downloadUri": f"{root}:download?alt=media",
        "state": "ACTIVE",
        "source": "UPLOADED",
    }
    assert types.File.model_validate(raw, extra="forbid").size_bytes == 3


def test_what_other_surfaces_made_is_there(views: Raw, make: Callable[..., File]):
    expiring = make(expires_at=timezone.now() + timedelta(hours=1))
    result = make(purpose="batch_output", filename="out.jsonl", content_type="application/jsonl")
    make(purpose="raw_results")

    listed = views.get("files").json["files"]

    assert [file["name"] for file in listed] == [f"files/{result.pk}", f"files/{expiring.pk}"]
    assert [file["source"] for file in listed] == ["GENERATED", "UPLOADED"]
    assert "expirationTime" not in listed[0]
    for raw in listed:
        file = types.File.model_validate(raw, extra="forbid")
        assert views.get(file.name).json == raw
    assert file.expiration_time == expiring.expires_at


@pytest.mark.parametrize("form", ["{}", "file-{}", "file_{}"])
def test_an_id_is_found_in_the_form_of_any_surface(
    views: Raw, make: Callable[..., File], form: str
):
    file = make()
    name = form.format(file.pk)

    assert views.get(f"files/{name}").json["name"] == f"files/{file.pk}"
    assert views.get(f"files/{name}:download?alt=media").content == b"{}\n"
    assert views.delete(f"files/{name}").json == {}
    assert views.get(f"files/{file.pk}").status == 404


@pytest.mark.parametrize(
    "name", ["000000000000", "file-000000000000", "No%00such", "..", "ä", "x" * 500]
)
def test_what_is_not_there_is_not_found(views: Raw, name: str):
    for answer in (
        views.get(f"files/{name}"),
        views.get(f"files/{name}:download?alt=media"),
        views.delete(f"files/{name}"),
    ):
        assert (answer.status, answer.error["status"]) == (404, "NOT_FOUND")


def test_what_is_not_seen_is_not_found(views: Raw, make: Callable[..., File]):
    theirs = Workspace.objects.create(name="theirs")
    hidden = [
        make(workspace=theirs),
        make(purpose="raw_results"),
        make(expires_at=timezone.now()),
        make(status=File.Status.DELETING),
        make(workspace=theirs, name="theirs"),
    ]

    for file in hidden:
        assert views.get(f"files/{file.pk}").status == 404
    assert views.get("files/theirs").status == 404
    assert views.get("files").json == {"files": []}


def test_a_download_is_bytes_and_no_page(views: Raw, make: Callable[..., File]):
    file = make(b"<script>", content_type="text/html")

    for path in ("/genai/v1", "/genai/v1beta", "/genai/download/v1beta"):
        answer = views.call("GET", f"{path}/files/{file.pk}:download?alt=media")
        assert answer.content == b"<script>"
        assert answer.headers["content-length"] == "8"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("query", ["", "?alt=json", "?alt=media&acknowledgeAbuse=true"])
def test_a_download_asks_for_the_media(views: Raw, make: Callable[..., File], query: str):
    answer = views.get(f"files/{make().pk}:download{query}")

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("query", ["?alt=json", "?$alt=json", "?alt=json&$alt=json"])
def test_how_the_answer_is_written_may_be_said(views: Raw, make: Callable[..., File], query: str):
    assert views.get(f"files/{make().pk}{query}").status == 200
    assert views.get(f"files{query}").status == 200


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("?alt=proto", "alt"),
        ("?$alt=sse", "$alt"),
        ("?key=secret", "key"),
        ("?filter=x", "filter"),
        ("?pageSize=-1", "pageSize"),
        ("?pageSize=many", "pageSize"),
        ("?pageToken=x", "pageToken"),
        ("?pageToken=AAAA", "pageToken"),
        ("?pageSize=1&page_size=1", "pageSize"),
    ],
)
def test_wrong_parameters_are_refused_by_name(views: Raw, query: str, param: str):
    answer = views.get(f"files{query}")

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert answer.error["details"][0]["fieldViolations"][0]["field"] == param
    assert f"'{param}'" in answer.error["message"] or param == "pageToken"


def test_pages_have_the_length_that_google_gives_them(views: Raw, workspace: Workspace):
    File.objects.bulk_create(
        File(workspace=workspace, purpose="batch", status="stored") for _ in range(101)
    )

    assert len(names(views.get("files"))) == 10
    assert len(names(views.get("files?pageSize=0"))) == 10
    assert len(names(views.get("files?page_size=7"))) == 7
    assert len(names(views.get("files?pageSize=1000"))) == 100
    page = views.get("files?pageSize=100")
    assert len(names(views.get(f"files?pageToken={page.json['nextPageToken']}"))) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_walk_sees_everything_once_while_rows_come_and_go(
    views: Raw, make: Callable[..., File], size: int
):
    lasting = [make().pk for _ in range(5)]
    going = [make().pk for _ in range(3)]
    same_time = timezone.now()
    File.objects.filter(pk__in=[*lasting[:2], going[0]]).update(created_at=same_time)
    seen: list[str] = []
    token = ""
    while True:
        page = views.get(f"files?pageSize={size}&pageToken={token}")
        seen += names(page)
        token = page.json.get("nextPageToken", "")
        if not token:
            break
        # The last row of the page goes, too, though the token stands for it.
        files.delete(File.objects.get(pk=going.pop() if going else seen[-1].removeprefix("files/")))
        make()

    assert len(seen) == len(set(seen))
    assert {f"files/{pk}" for pk in lasting} <= set(seen)


def test_the_sdk_walks_and_reads(google: Callable[..., genai.Client]):
    client = google()
    made = [upload(client, b"%d" % number, display_name=f"{number}") for number in range(5)]

    listed = list(client.files.list(config={"page_size": 2}))

    assert [file.name for file in listed] == [file.name for file in reversed(made)]
    assert client.files.get(name=made[0].uri.replace("http:", "https:")) == made[0]
    assert client.files.download(file=made[1]) == b"1"
    assert client.files.download(file=made[2].name) == b"2"
    client.files.delete(name=made[3].name)
    with pytest.raises(genai.errors.ClientError) as caught:
        client.files.get(name=made[3].name)
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert made[3].name in caught.value.message


@pytest.mark.parametrize("content", [b"", b"a", b"\0" * (8 * 2**20), b"x" * (8 * 2**20 + 1)])
def test_the_sdk_uploads_any_size(google: Callable[..., genai.Client], content: bytes):
    client = google(version="v1beta")

    file = upload(client, content, name="mine", display_name="größe.jsonl")

    assert (file.name, file.display_name) == ("files/mine", "größe.jsonl")
    assert (file.size_bytes, file.state, file.source) == (len(content), "ACTIVE", "UPLOADED")
    assert client.files.download(file=file) == content


def test_the_sdk_uploads_a_path(google: Callable[..., genai.Client], tmp_path: Any):
    path = tmp_path / "questions.json"
    path.write_text(json.dumps({"key": "a"}))
    client = google("openai")

    file = client.files.upload(file=path)

    assert (file.display_name, file.mime_type) == ("questions.json", "application/json")
    assert client.files.download(file=file) == path.read_bytes()
