"""What a store keeps is what was written, and what broke off is gone."""

import random
from pathlib import Path

import pytest
from botocore.compat import HAS_CRT

from files import services
from files.models import File
from files.object_store import ObjectStore
from files.services import StoreError
from files.storage import PART_BYTES, STORE_FAILURES, FolderStore, Store
from providers.services import default_workspace
from tests.storage.conftest import BUCKET, object_store

PATH = "workspace/ab/abcdefghijkl"
SIZES = [0, 1, 300_000, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 20 * 2**20]


def write(store: Store, content: bytes, *, size: int = 256 * 1024) -> None:
    target = store.create(PATH)
    for start in range(0, len(content), size):
        chunk = bytearray(content[start : start + size])
        while chunk:
            del chunk[: target.write(chunk)]
    target.close()


def read(store: Store) -> bytes:
    return b"".join(store.stream(PATH))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_is_read(store: Store, size: int):
    content = random.Random(size).randbytes(size)

    write(store, content)

    assert read(store) == content


def test_boto3_signs_by_itself():
    assert not HAS_CRT


def test_chunks_of_any_size_are_taken(store: Store):
    content = random.Random(1).randbytes(3_000)

    write(store, content, size=7)

    assert read(store) == content


def test_it_is_read_in_chunks(store: Store):
    write(store, b"x" * 2_000_000)

    assert max(map(len, store.stream(PATH))) <= 2**20


@pytest.mark.parametrize(
    ("start", "end"), [(0, 1), (5, 6), (5, None), (0, 999_999), (300_000, 999_999), (999_998, None)]
)
def test_a_part_of_it_is_read(store: Store, start: int, end: int | None):
    content = random.Random(1).randbytes(999_999)
    write(store, content)

    assert b"".join(store.stream(PATH, start=start, end=end)) == content[start:end]


def test_what_is_deleted_is_gone(store: Store):
    write(store, b"content")

    store.delete(PATH)

    with pytest.raises(FileNotFoundError):
        read(store)
    store.delete(PATH)


def test_what_was_never_there_is_not_found(store: Store):
    with pytest.raises(FileNotFoundError):
        read(store)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES + 1, 3 * PART_BYTES])
def test_what_broke_off_is_gone(store: Store, size: int):
    target = store.create(PATH)
    for _ in range(size // 100_000 + 1):
        target.write(b"x" * min(size, 100_000))

    store.discard(PATH, target)

    with pytest.raises(FileNotFoundError):
        read(store)


def test_a_store_that_works_passes_its_check(store: Store):
    store.check()


def test_a_broken_off_upload_leaves_no_parts_that_cost_money(bucket_store: ObjectStore, s3, prefix):
    target = bucket_store.create(PATH)
    for _ in range(100):
        target.write(b"x" * 256 * 1024)
    assert s3.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads")

    bucket_store.discard(PATH, target)

    assert not s3.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads")
    assert not s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents")


def test_what_was_finished_though_its_answer_got_lost_is_discarded(
    bucket_store: ObjectStore, s3, prefix
):
    target = bucket_store.create(PATH)
    target.write(b"content")
    target.close()

    bucket_store.discard(PATH, target)

    assert not s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents")


def test_objects_lie_below_the_prefix(bucket_store: ObjectStore, s3, prefix):
    write(bucket_store, b"content")

    (found,) = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    assert found["Key"] == f"{prefix}/{PATH}"


def test_two_stores_in_one_bucket_do_not_see_each_other(s3, s3_url: str):
    one, other = (object_store(s3_url, location=name) for name in ("one", "other"))
    write(one, b"content")

    with pytest.raises(FileNotFoundError):
        read(other)


def test_a_bucket_that_is_not_there_fails_the_check(s3, s3_url: str):
    with pytest.raises(STORE_FAILURES):
        object_store(s3_url, bucket="no-such-bucket").check()


def test_a_folder_that_cannot_be_made_fails_the_check(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(STORE_FAILURES):
        FolderStore(location=tmp_path / "file" / "files").check()


@pytest.fixture
def down(monkeypatch) -> None:
    """The default store, which nobody can reach."""
    unreachable = object_store("http://127.0.0.1:9")
    monkeypatch.setattr(services, "store", lambda: unreachable)


def test_writing_to_a_store_that_is_down_is_a_failure_of_the_store(db, down):
    with pytest.raises(StoreError), services.writing(default_workspace()) as writer:
        writer.write(b"content")

    assert not File.objects.exists()


def test_reading_from_a_store_that_is_down_is_a_failure_of_the_store(db, down):
    file = File(workspace=default_workspace(), purpose="batch", filename="x")

    with pytest.raises(StoreError):
        services.opened(file)


@pytest.mark.parametrize("fails", ["limit", "caller"])
def test_what_a_service_could_not_finish_leaves_nothing(
    db, monkeypatch, bucket_store: ObjectStore, s3, prefix: str, fails: str
):
    monkeypatch.setattr(services, "store", lambda: bucket_store)
    limit = 9_000_000 if fails == "limit" else None
    kind = services.FileTooLargeError if fails == "limit" else ZeroDivisionError

    def give_up() -> None:
        with services.writing(default_workspace(), limit=limit) as writer:
            for _ in range(10):
                writer.write(b"x" * 1_000_000)
            raise ZeroDivisionError

    with pytest.raises(kind):
        give_up()

    assert not File.objects.exists()
    assert not s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents")
    assert not s3.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads")


def test_a_service_keeps_files_in_any_store(db, monkeypatch, store: Store):
    monkeypatch.setattr(services, "store", lambda: store)
    with services.writing(default_workspace()) as writer:
        writer.write(b"one ")
        writer.write(bytearray(b"two"))
    file = services.publish(writer.file, purpose="batch", filename="x")

    assert (file.size, file.status) == (7, File.Status.STORED)
    assert b"".join(services.opened(file)) == b"one two"

    services.delete(file)
    assert services.purge(File.objects.all()) == 1
    with pytest.raises(FileNotFoundError):
        services.opened(file)
