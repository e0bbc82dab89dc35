"""Files out of the admin."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.storage import default_storage
from django.test import Client

from files import services
from files.models import File
from tests.admin import make

LIST = "/admin/batches/batch/"
LINES = b'{"custom_id":"a"}\n' * 50_000


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_the_input_comes_as_it_was_sent(admin_client: Client):
    batch = make.batch(input_file=make.file(LINES))
    answer = admin_client.get(f"{LIST}{batch.pk}/input/")
    assert body(answer) == LINES
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Length"] == str(len(LINES))
    assert answer["X-Content-Type-Options"] == "nosniff"
    name = f'filename="batch_{batch.pk}_input.jsonl"'
    assert answer["Content-Disposition"] == f"attachment; {name}"


def test_one_file_of_results_comes_alone_and_two_in_an_archive(admin_client: Client):
    batch = make.batch(status="completed", output_file=make.file(LINES))
    assert body(admin_client.get(f"{LIST}{batch.pk}/results/")) == LINES
    batch.error_file = make.file(b"{}\n")
    batch.save()
    answer = admin_client.get(f"{LIST}{batch.pk}/results/")
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert archive.testzip() is None
        names = [f"batch_{batch.pk}_{what}.jsonl" for what in ("output", "errors")]
        assert archive.namelist() == names
        assert [archive.read(name) for name in names] == [LINES, b"{}\n"]


@pytest.mark.parametrize("action", ["download_input", "download_results"])
def test_the_list_downloads_many_at_once(admin_client: Client, action: str):
    files = [make.file(LINES + bytes([65 + place])) for place in range(3)]
    batches = [make.batch(input_file=file, output_file=file) for file in files]
    chosen = {"action": action, "_selected_action": [batch.pk for batch in batches]}
    answer = admin_client.post(LIST, chosen)
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert len(archive.namelist()) == 3
        sizes = {len(archive.read(name)) for name in archive.namelist()}
    assert sizes == {len(LINES) + 1}


def test_what_is_not_there_yet_is_said(admin_client: Client):
    answer = admin_client.get(f"{LIST}{make.batch().pk}/results/")
    assert answer.status_code == 302
    assert said(answer) == ["There are no results to download yet."]


def test_a_deleted_file_gives_nothing(admin_client: Client):
    file = make.file(LINES)
    services.delete(file)
    answer = admin_client.get(f"/admin/files/file/{file.pk}/download/")
    assert said(answer) == [f"File {file.pk} is deleting: there is nothing to download."]


def test_bytes_that_are_gone_are_said_to_be_gone(admin_client: Client):
    file = make.file(LINES)
    default_storage.delete(file.path)
    answer = admin_client.get(f"/admin/files/file/{file.pk}/download/")
    assert said(answer) == [f"The bytes of file {file.pk} are gone from the store."]


def test_one_missing_file_spoils_no_archive_half_way(admin_client: Client):
    output, errors = make.file(LINES), make.file(LINES)
    default_storage.delete(errors.path)
    batch = make.batch(status="completed", output_file=output, error_file=errors)
    answer = admin_client.get(f"{LIST}{batch.pk}/results/")
    assert said(answer) == [f"The bytes of file {errors.pk} are gone from the store."]


def test_a_store_that_cannot_be_read_is_said_to_be_so(admin_client: Client):
    file = make.file(LINES)
    default_storage.delete(file.path)
    Path(default_storage.path(file.path)).mkdir()
    answer = admin_client.get(f"/admin/files/file/{file.pk}/download/")
    assert said(answer)[0].startswith("The store cannot be read now: ")


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ('a"b;c.jsonl', r'attachment; filename="a\"b;c.jsonl"'),
        ("x\r\nSet-Cookie: a=1", 'attachment; filename="x__Set-Cookie: a=1"'),
        ("../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'),
        ("küche.jsonl", "attachment; filename*=utf-8''k%C3%BCche.jsonl"),
    ],
)
def test_a_name_cannot_leave_its_header(admin_client: Client, filename: str, shown: str):
    file = make.file(LINES, filename=filename, content_type="text/html")
    answer = admin_client.get(f"/admin/files/file/{file.pk}/download/")
    assert answer["Content-Disposition"] == shown
    assert answer["Content-Type"] == "application/octet-stream"
    assert body(answer) == LINES


def test_downloads_need_the_permission_to_view_files(client_with: Any):
    batch = make.batch(input_file=make.file(LINES))
    paths = [f"{LIST}{batch.pk}/input/", f"/admin/files/file/{batch.input_file_id}/download/"]
    without = client_with("batches.view_batch", "batches.change_batch")
    assert [without.get(path).status_code for path in paths] == [403, 403]
    viewer = client_with("batches.view_batch", "files.view_file")
    assert [viewer.get(path).status_code for path in paths] == [200, 200]


def test_a_download_is_not_a_post(admin_client: Client):
    file = make.file(LINES)
    assert admin_client.post(f"/admin/files/file/{file.pk}/download/").status_code == 405
    assert File.objects.get(pk=file.pk).status == "stored"
