"""Bytes come whole or not at all, and go when their time is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches import services as batches
from files import services as files
from files.models import File
from files.storage import store
from providers.services import default_workspace

pytestmark = pytest.mark.django_db


def make(content: bytes = b"abc", **fields: object) -> File:
    with files.writing(default_workspace()) as writer:
        writer.write(content)
    return files.publish(writer.file, filename="a.jsonl", **fields)


def is_there(file: File) -> bool:
    try:
        return list(files.stream(file)) is not None
    except FileNotFoundError:
        return False


def test_what_is_written_is_counted_hashed_and_read():
    file = make(b"abc")

    assert (file.size, b"".join(files.stream(file))) == (3, b"abc")
    assert file.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_breaks_off_leaves_neither_row_nor_bytes():
    paths = []

    def break_off() -> None:
        with files.writing(default_workspace()) as writer:
            paths.append(writer.file.path)
            writer.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()

    assert not File.objects.exists()
    with pytest.raises(FileNotFoundError):
        b"".join(store().stream(paths[0]))


def test_a_file_that_is_not_whole_is_not_seen():
    with files.writing(default_workspace()) as writer:
        assert not File.objects.visible(default_workspace()).exists()
        writer.write(b"half")
    assert not File.objects.visible(default_workspace()).exists()

    files.publish(writer.file, filename="a")

    assert File.objects.visible(default_workspace()).exists()


def test_what_has_expired_is_gone_at_once_and_removed_by_the_sweep():
    expired = make(expires_at=timezone.now() - timedelta(seconds=1))
    lasting = make(expires_at=timezone.now() + timedelta(hours=1))
    assert list(File.objects.visible(default_workspace())) == [lasting]

    batches.expire()

    expired.refresh_from_db()
    assert expired.status == File.Status.DELETED
    assert not is_there(expired)
    assert is_there(lasting)


def test_what_a_dead_process_left_is_removed_after_a_day():
    with files.writing(default_workspace()) as writer:
        writer.write(b"half")
    path = writer.file.path
    batches.expire()
    assert is_there(writer.file)

    File.objects.update(created_at=timezone.now() - timedelta(days=2))
    batches.expire()

    assert not File.objects.exists()
    with pytest.raises(FileNotFoundError):
        b"".join(store().stream(path))


def test_bytes_are_not_removed_twice():
    file = make()
    files.delete(file)
    store().delete(file.path)

    batches.expire()
    batches.expire()

    file.refresh_from_db()
    assert file.status == File.Status.DELETED


def test_more_than_the_limit_is_refused_while_it_comes():
    def write_too_much() -> None:
        with files.writing(default_workspace(), limit=10) as writer:
            for _ in range(5):
                writer.write(b"abc")

    with pytest.raises(files.FileTooLargeError, match="larger than 10 bytes"):
        write_too_much()

    assert not File.objects.exists()
