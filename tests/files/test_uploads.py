"""Files that come in parts: whole or not at all, at whichever process, and nothing is left behind."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from batches import services as batches
from files import services as files
from files import uploads
from files.models import File, Upload, UploadPart
from files.storage import store
from providers.services import default_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """A store of the test's own, so that it can be seen to be empty."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "files.storage.FolderStore",
            "OPTIONS": {"location": tmp_path / "files"},
        },
    }
    return tmp_path / "files"


@pytest.fixture
def upload() -> Upload:
    return uploads.begin(default_workspace(), "s3", {"key": "a.jsonl"})


def send(upload: Upload, number: int, content: bytes) -> uploads.PartWriter:
    with uploads.writing_part(upload, number) as part:
        part.write(content[:2])
        part.write(content[2:])
    return part


def content(file: File) -> bytes:
    return b"".join(files.stream(file))


def stored(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_parts_of_any_order_become_one_file(upload: Upload, folder: Path):
    for number, text in ((3, b"ccc"), (1, b"aaa"), (10_000, b"d"), (2, b"bbb")):
        send(upload, number, text)

    file = uploads.complete(upload, filename="a.jsonl", purpose="user_data", surface="s3")

    assert content(file) == b"aaabbbcccd"
    assert (file.size, file.sha256) == (10, hashlib.sha256(b"aaabbbcccd").hexdigest())
    file.refresh_from_db()
    assert (file.status, file.filename, file.purpose) == ("stored", "a.jsonl", "user_data")
    assert stored(folder) == [b"aaabbbcccd"]
    assert not UploadPart.objects.exists()
    assert list(File.objects.all()) == [file]


def test_a_part_is_counted_and_hashed(upload: Upload):
    part = send(upload, 1, b"abc")

    assert part.size == 3
    assert part.md5 == "900150983cd24fb0d6963f7d28e17f72"
    assert part.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    row = uploads.parts(upload)[0]
    assert (row.number, row.size, row.etag) == (1, 3, part.md5)


def test_what_else_is_known_of_a_part_is_kept(upload: Upload):
    for checksum in ("first==", "again=="):
        with uploads.writing_part(upload, 1) as part:
            part.checksum = checksum
        assert uploads.parts(upload)[0].checksum == checksum


def test_no_part_is_seen_as_a_file(upload: Upload):
    send(upload, 1, b"aaa")

    assert not File.objects.visible(default_workspace()).exists()


def test_only_the_chosen_parts_count_and_in_the_chosen_order(upload: Upload, folder: Path):
    for number, text in enumerate((b"aaa", b"bbb", b"ccc")):
        send(upload, number, text)

    assert content(uploads.complete(upload, [2, 0])) == b"cccaaa"
    assert stored(folder) == [b"cccaaa"]


def test_a_single_part_is_not_written_again(upload: Upload, folder: Path):
    send(upload, 0, b"only")
    send(upload, 7, b"another")
    before = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}

    file = uploads.complete(upload, [0], filename="a")

    left = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    assert left.items() < before.items()
    assert content(file) == b"only"
    assert file.sha256 == hashlib.sha256(b"only").hexdigest()
    assert list(File.objects.visible(default_workspace())) == [file]


def test_without_parts_the_file_is_empty(upload: Upload):
    file = uploads.complete(upload)

    assert (file.size, content(file)) == (0, b"")
    assert file.sha256 == hashlib.sha256(b"").hexdigest()


def test_a_part_that_did_not_come_is_named(upload: Upload):
    send(upload, 1, b"aaa")

    with pytest.raises(uploads.PartMissingError) as caught:
        uploads.complete(upload, [1, 2])

    assert caught.value.number == 2
    assert content(uploads.complete(upload, [1])) == b"aaa"


def test_a_part_sent_again_replaces_the_first(upload: Upload, folder: Path):
    send(upload, 1, b"first")
    send(upload, 2, b"rest")
    send(upload, 1, b"again")

    assert [part.size for part in uploads.parts(upload)] == [5, 4]
    assert stored(folder) == [b"again", b"rest"]
    assert File.objects.count() == 2
    assert content(uploads.complete(upload)) == b"againrest"


def test_the_same_part_at_two_processes(upload: Upload, folder: Path):
    with uploads.writing_part(upload, 1) as slow:
        slow.write(b"slow")
        with uploads.writing_part(upload, 1) as fast:
            fast.write(b"fast")
        slow.write(b"er")

    assert content(uploads.complete(upload)) == b"slower"
    assert stored(folder) == [b"slower"]


def test_what_breaks_off_is_no_part(upload: Upload, folder: Path):
    send(upload, 1, b"whole")

    def break_off() -> None:
        with uploads.writing_part(upload, 1) as part:
            part.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()

    assert stored(folder) == [b"whole"]
    assert content(uploads.complete(upload)) == b"whole"


def test_a_repeated_completion_gives_the_same_file(upload: Upload, folder: Path):
    send(upload, 1, b"aaa")
    send(upload, 2, b"bbb")
    first = uploads.complete(upload, filename="first")

    again = uploads.complete(Upload.objects.get(pk=upload.pk), filename="again")

    assert (again, again.filename) == (first, "first")
    assert stored(folder) == [b"aaabbb"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Do it once, while a file is read."""
    stream = files.stream
    done: list[File] = []

    def interrupted(file: File) -> Iterator[bytes]:
        yield from stream(file)
        if not done:
            done.append(file)
            what()

    monkeypatch.setattr(files, "stream", interrupted)


def test_two_completions_at_once_make_one_file(
    upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(3):
        send(upload, number, b"%d" % number)
    faster = []
    meanwhile(monkeypatch, lambda: faster.append(uploads.complete(upload, filename="faster")))

    file = uploads.complete(upload, filename="slower")

    assert [file] == faster
    assert file.filename == "faster"
    assert stored(folder) == [b"012"]
    assert File.objects.count() == 1


def test_a_completion_that_is_only_a_moment_slower_makes_no_second_file(
    upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    send(upload, 1, b"aaa")
    send(upload, 2, b"bbb")
    joined = uploads._joined

    def overtaken(*given: Any) -> File:
        file = joined(*given)
        monkeypatch.setattr(uploads, "_joined", joined)
        uploads.complete(upload, filename="faster")
        return file

    monkeypatch.setattr(uploads, "_joined", overtaken)

    assert uploads.complete(upload, filename="slower").filename == "faster"
    assert stored(folder) == [b"aaabbb"]


def test_a_part_that_is_sent_again_meanwhile_is_taken_anew(
    upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    send(upload, 1, b"aaa")
    send(upload, 2, b"bbb")
    meanwhile(monkeypatch, lambda: send(upload, 2, b"new"))

    assert content(uploads.complete(upload)) == b"aaanew"
    assert stored(folder) == [b"aaanew"]


def test_a_single_part_that_is_sent_again_meanwhile_is_taken_anew(
    upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    send(upload, 1, b"aaa")
    chosen = uploads._chosen

    def overtaken(*given: Any) -> list[File]:
        found = chosen(*given)
        monkeypatch.setattr(uploads, "_chosen", chosen)
        send(upload, 1, b"new")
        return found

    monkeypatch.setattr(uploads, "_chosen", overtaken)

    assert content(uploads.complete(upload)) == b"new"
    assert stored(folder) == [b"new"]


def test_a_completion_that_fails_can_be_made_again(upload: Upload):
    send(upload, 1, b"aaa")
    send(upload, 2, b"bbb")

    def fail(file: File) -> File:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        uploads.complete(upload, publish=fail)

    assert not File.objects.visible(default_workspace()).exists()
    assert content(uploads.complete(upload)) == b"aaabbb"


@pytest.mark.parametrize("way", ["completed", "aborted", "expired"])
def test_nothing_is_taken_once_it_has_ended(upload: Upload, folder: Path, way: str):
    send(upload, 1, b"aaa")

    def send_too_late() -> None:
        with uploads.writing_part(upload, 2) as part:
            part.write(b"bbb")
            end(upload, way)

    with pytest.raises(uploads.UploadEndedError):
        send_too_late()
    with pytest.raises(uploads.UploadEndedError):
        uploads.abort(upload)

    if way != "completed":
        with pytest.raises(uploads.UploadEndedError):
            uploads.complete(upload)
    batches.expire()
    assert stored(folder) == ([b"aaa"] if way == "completed" else [])


def end(upload: Upload, way: str) -> None:
    if way == "completed":
        uploads.complete(upload)
    elif way == "aborted":
        uploads.abort(upload)
    else:
        Upload.objects.update(expires_at=timezone.now())


def test_an_upload_that_is_given_up_leaves_nothing(upload: Upload, folder: Path):
    send(upload, 1, b"aaa")
    send(upload, 2, b"bbb")

    uploads.abort(upload)

    assert stored(folder) == []
    assert not Upload.objects.exists()
    assert not File.objects.exists()


def test_the_id_of_an_upload_cannot_be_guessed(upload: Upload):
    assert len(upload.pk) == 43


def test_the_sweep_removes_what_has_expired_and_leaves_the_rest(upload: Upload, folder: Path):
    send(upload, 1, b"aaa")
    short = uploads.begin(default_workspace(), "genai", {}, size=5, lasts=timedelta(minutes=5))
    send(short, 0, b"old")

    batches.expire()
    assert stored(folder) == [b"aaa", b"old"]
    uploads.sweep(timezone.now() + timedelta(minutes=6))

    assert stored(folder) == [b"aaa"]
    assert list(Upload.objects.all()) == [upload]


def test_an_upload_that_takes_days_keeps_its_parts(upload: Upload, folder: Path):
    send(upload, 1, b"aaa")
    File.objects.update(created_at=timezone.now() - timedelta(days=3))

    batches.expire()

    assert stored(folder) == [b"aaa"]
    file = uploads.complete(upload)
    assert timezone.now() - file.created_at < timedelta(minutes=1)


def test_more_parts_than_a_client_waits_for_are_left_to_the_sweep(
    upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "DISCARDED_AT_ONCE", 2)
    for number in range(5):
        send(upload, number, b"%d" % number)

    uploads.complete(upload)
    assert len(stored(folder)) == 4
    batches.expire()

    assert stored(folder) == [b"01234"]


def test_a_part_that_cannot_be_removed_now_is_removed_later(
    upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(path: str) -> None:
        raise OSError

    send(upload, 1, b"aaa")
    with monkeypatch.context() as patched:
        patched.setattr(store(), "delete", fail)
        send(upload, 1, b"new")
        assert stored(folder) == [b"aaa", b"new"]
        file = uploads.complete(upload)

    File.objects.exclude(pk=file.pk).update(created_at=timezone.now() - timedelta(days=2))
    batches.expire()

    assert stored(folder) == [b"new"]


def test_more_than_a_file_may_have_is_refused_while_it_comes(
    upload: Upload, folder: Path, settings: Any
):
    settings.MAX_FILE_BYTES = 10
    send(upload, 1, b"12345678")
    send(upload, 1, b"1234567890")

    with pytest.raises(files.FileTooLargeError, match="larger than 10 bytes"):
        send(upload, 2, b"abc")
    assert stored(folder) == [b"1234567890"]

    settings.MAX_FILE_BYTES = 12
    send(upload, 2, b"ab")
    settings.MAX_FILE_BYTES = 11
    with pytest.raises(files.FileTooLargeError, match="larger than 11 bytes"):
        uploads.complete(upload)
