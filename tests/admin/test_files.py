"""Files: the list, the page, and deleting."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from files import uploads
from files.models import UpstreamFile
from tests.admin import make

LIST = "/admin/files/file/"


def shown(client: Client, **query: Any) -> set[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return {file.pk for file in answer.context["cl"].result_list}


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_row_tells_what_the_file_is(admin_client: Client):
    file = make.file(
        size=1_500_000,
        workspace=make.workspace("search"),
        expires_at=timezone.now() + timedelta(days=30, minutes=1),
    )
    page = admin_client.get(LIST).content.decode()
    for text in (f"file-{file.pk}", "input.jsonl", "1.4\xa0MB", "search", "stored", "in 30 d"):
        assert text in page, text


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"purpose__exact": "batch_output"}, {"purpose": "batch_output"}),
        ({"status__exact": "deleted"}, {"status": "deleted"}),
    ],
)
def test_it_is_narrowed_by(admin_client: Client, query: dict[str, str], fields: dict[str, Any]):
    wanted = make.file(**fields)
    make.file()
    assert shown(admin_client, **query) == {wanted.pk}


def test_it_is_found_by_id_name_and_digest(admin_client: Client):
    file = make.file(b"some bytes", filename="Reviews 2026.jsonl", name="my-reviews")
    make.file(b"others")
    ids = (file.pk, f"file-{file.pk}", f"files/{file.pk}", "files/my-reviews")
    for text in (*ids, "reviews", file.sha256):
        assert shown(admin_client, q=text) == {file.pk}, text
    assert shown(admin_client, q="nothing of it") == set()


def test_parts_of_an_upload_are_no_files_yet(admin_client: Client):
    file = make.file()
    upload = uploads.begin(file.workspace, "genai", {})
    with uploads.writing_part(upload, 0) as part:
        part.write(b"abc")
    assert shown(admin_client) == {file.pk}


@pytest.mark.parametrize("count", [1, 100])
def test_the_number_of_rows_does_not_change_the_number_of_queries(
    admin_client: Client, django_assert_max_num_queries: Any, count: int
):
    for number in range(count):
        make.file(workspace=make.workspace(f"team-{number % 5}"))
    with django_assert_max_num_queries(8):
        assert len(shown(admin_client)) == min(count, 50)


def test_the_page_shows_the_whole_file(admin_client: Client, django_assert_max_num_queries: Any):
    file = make.file(b"some bytes")
    UpstreamFile.objects.create(
        file=file, credential=make.credential(), role="input", upstream_id="file-There1"
    )
    with django_assert_max_num_queries(8):
        page = admin_client.get(f"{LIST}{file.pk}/change/").content.decode()
    for text in (
        f"file-{file.pk}",
        file.sha256,
        "10 bytes",
        "file-There1",
        f"/admin/batches/batch/?q=file-{file.pk}",
        f"{LIST}{file.pk}/download/",
        f"{LIST}{file.pk}/discard/",
    ):
        assert text in page, text
    assert "some bytes" not in page


def test_deleting_asks_and_then_leaves_the_row(admin_client: Client):
    file = make.file(b"some bytes")
    question = admin_client.get(f"{LIST}{file.pk}/discard/").content.decode()
    assert "Delete 1 file?" in question
    answer = admin_client.post(f"{LIST}{file.pk}/discard/", {"confirmed": "1"})
    assert said(answer) == ["1 file deleted."]
    file.refresh_from_db()
    assert file.status == "deleting"
    assert (
        f"{LIST}{file.pk}/download/"
        not in admin_client.get(f"{LIST}{file.pk}/change/").content.decode()
    )


def test_the_list_deletes_those_that_are_still_there(admin_client: Client):
    files = [make.file(), make.file(), make.file(status="deleted")]
    chosen = {"action": "delete", "_selected_action": [file.pk for file in files]}
    assert "Delete 2 files?" in admin_client.post(LIST, chosen).content.decode()
    answer = admin_client.post(LIST, {**chosen, "confirmed": "1"})
    assert said(answer) == ["2 files deleted."]
    answer = admin_client.post(LIST, {**chosen, "confirmed": "1"})
    assert said(answer)[-1] == "They are deleted already."


def test_deleting_needs_its_permission(client_with: Any):
    file = make.file()
    path = f"{LIST}{file.pk}/discard/"
    viewer = client_with("files.view_file", "files.change_file")
    assert viewer.post(path, {"confirmed": "1"}).status_code == 403
    assert 'value="delete"' not in viewer.get(LIST).content.decode()
    keeper = client_with("files.view_file", "files.delete_file")
    assert keeper.post(path, {"confirmed": "1"}).status_code == 302


def test_nothing_can_be_written(admin_client: Client):
    file = make.file()
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{file.pk}/change/", {"filename": "x"}).status_code == 403
    assert admin_client.post(f"{LIST}{file.pk}/delete/", {"post": "yes"}).status_code == 403


def test_what_clients_wrote_is_escaped(admin_client: Client):
    evil = "<script>alert(1)</script>"
    file = make.file(filename=evil, content_type=evil)
    paths = [LIST, f"{LIST}{file.pk}/change/", f"{LIST}{file.pk}/discard/", f"{LIST}?q={evil}"]
    for path in paths:
        page = admin_client.get(path).content.decode()
        assert evil not in page
        assert "&lt;script&gt;" in page


def test_its_name_in_s3(admin_client, db):
    file = make.file(b"{}\n", bucket="nightly", key="in/a b.jsonl")
    shown = admin_client.get(f"/admin/files/file/{file.pk}/change/").content.decode()
    assert "S3 clients call it" in shown
    assert "s3://nightly/in/a b.jsonl" in shown
