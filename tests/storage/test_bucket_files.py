"""Files in a client's bucket: they come whole, stay true to what they were, and leave nothing behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches import services as batches
from batches.models import Batch
from files import objects
from files import services as files
from files.buckets import (
    Bucket,
    BucketDeniedError,
    BucketUnavailableError,
)
from files.models import File
from files.storage import FolderStore
from files.writer import ObjectWriter
from tests.storage.bucket_files import (
    BIG,
    batch_of,
    lies_here,
    lies_in,
    moved,
    read,
    sweep,
    written,
)

pytestmark = pytest.mark.django_db


def test_a_file_goes_into_the_bucket_and_nowhere_else(workspace, bucket: Bucket, s3):
    file = moved(workspace, bucket, BIG)

    assert lies_in(s3, bucket) == [f"in/file-{file.id}/a.jsonl"]
    assert not lies_here(file.path)
    file = File.objects.visible(workspace).get()
    assert read(file) == b"".join(files.opened(file)) == BIG
    assert (file.size, file.bucket, file.region) == (len(BIG), bucket.name, "eu-west-1")
    assert file.etag == s3.head_object(Bucket=file.bucket, Key=file.key)["ETag"].strip('"')


@pytest.mark.parametrize("content", [b"content", BIG])
def test_what_s3_refuses_is_gone(workspace, bucket: Bucket, content: bytes):
    file = written(workspace, content)
    missing = Bucket(bucket.credential, f"{bucket.name}-missing")
    path = file.path

    with pytest.raises(files.StoreError):
        files.move_to_bucket(file, missing, "in/a.jsonl")

    assert not File.objects.exists()
    assert not lies_here(path)


class Killed(BaseException):
    """What no handler in the code is there for."""


def dying(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the process die before or after a step, which leaves no time to clean up."""
    when, _, name = step.partition(" ")
    call = Bucket.call

    def die(*_: object, **__: object) -> None:
        raise Killed

    def watched(bucket: Bucket, operation: str, **more: Any) -> Any:
        if operation == name and when == "before":
            raise Killed
        answer = call(bucket, operation, **more)
        if operation == name:
            raise Killed
        return answer

    delete = FolderStore.delete

    def deleting(own: FolderStore, path: str) -> None:
        if name == "delete" and when == "after":
            delete(own, path)
        raise Killed

    monkeypatch.setattr(Bucket, "call", watched)
    monkeypatch.setattr(FolderStore, "delete", deleting)
    monkeypatch.setattr(ObjectWriter, "abort", die)
    monkeypatch.setattr(files, "discard", die)


SMALL_STEPS = ["before put_object", "after put_object", "before delete", "after delete"]
BIG_STEPS = [
    "before create_multipart_upload",
    "after create_multipart_upload",
    "after upload_part",
    "after complete_multipart_upload",
]


@pytest.mark.parametrize(
    ("content", "step"),
    [(b"content", step) for step in SMALL_STEPS] + [(BIG, step) for step in BIG_STEPS],
)
def test_whatever_dies_in_between_leaves_nothing(
    workspace, bucket: Bucket, s3, monkeypatch, content: bytes, step: str
):
    file = written(workspace, content)
    with monkeypatch.context() as patched:
        dying(patched, step)
        with pytest.raises(Killed):
            files.move_to_bucket(file, bucket, f"in/{file.folder}a.jsonl")
    assert not File.objects.visible(workspace).exists()
    assert objects.listed(workspace, bucket, limit=10).files == []

    sweep(days=0.5)
    assert File.objects.count() == 1
    sweep(days=2)

    assert not File.objects.exists()
    assert not lies_here(file.path)
    assert lies_in(s3, bucket) == []


def test_a_key_that_a_client_chose_may_be_anothers_by_now(
    workspace, bucket: Bucket, s3, monkeypatch
):
    file = written(workspace)
    with monkeypatch.context() as patched:
        dying(patched, "before put_object")
        with pytest.raises(Killed):
            files.move_to_bucket(file, bucket, "chosen.jsonl")
    s3.put_object(Bucket=bucket.name, Key="chosen.jsonl", Body=b"of others")

    sweep(days=2)

    assert not File.objects.exists()
    assert lies_in(s3, bucket) == ["chosen.jsonl"]


def test_what_is_deleted_is_deleted_there(workspace, bucket: Bucket, s3):
    file = moved(workspace, bucket)

    files.delete_at_once(file)

    assert lies_in(s3, bucket) == []
    file.refresh_from_db()
    assert file.status == File.Status.DELETED


def test_what_s3_does_not_delete_stays_as_it_was(workspace, bucket: Bucket, monkeypatch):
    file = moved(workspace, bucket)

    def denied(*_: object) -> None:
        raise BucketDeniedError("no")

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "delete", denied)
        with pytest.raises(BucketDeniedError):
            files.delete_at_once(file)

    assert list(File.objects.visible(workspace)) == [file]
    assert File.objects.get().deleted_at is None
    assert read(file) == b"content"


def test_what_has_expired_goes_with_the_sweep(workspace, bucket: Bucket, s3):
    moved(workspace, bucket, expires_at=timezone.now() - timedelta(seconds=1))
    assert objects.listed(workspace, bucket, limit=10).files == []

    batches.expire()

    assert lies_in(s3, bucket) == []


def test_what_a_batch_reads_goes_when_it_has_ended(workspace, bucket: Bucket, s3):
    file = moved(workspace, bucket)
    batch = batch_of(file)
    files.delete(file)

    batches.expire()
    assert lies_in(s3, bucket) == [file.key]
    assert objects.listed(workspace, bucket, limit=10).files == []

    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.COMPLETED)
    batches.expire()
    assert lies_in(s3, bucket) == []


@pytest.mark.parametrize("content", [b"content", b"something else"])
def test_what_has_the_key_by_now_is_not_deleted(workspace, bucket: Bucket, s3, content: bytes):
    file = moved(workspace, bucket)
    files.delete(file)
    s3.put_object(Bucket=bucket.name, Key=file.key, Body=content)
    if content == b"content":
        entry = bucket.head(file.key)
        objects.keep(workspace, bucket, entry, surface="bedrock")

    batches.expire()

    file.refresh_from_db()
    assert file.status == File.Status.DELETED
    assert lies_in(s3, bucket) == [file.key]


class Failing:
    """A bucket's server that fails, and the calls that it was asked for."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def __call__(self, *_: object, **__: object) -> Any:
        self.asked += 1
        raise self.error


@pytest.mark.parametrize("error", [BucketUnavailableError("busy"), BucketDeniedError("no")])
def test_a_bucket_that_fails_holds_up_no_other(
    workspace, bucket: Bucket, s3_url, s3, monkeypatch, error
):
    for _ in range(3):
        files.delete(moved(workspace, bucket))
    ours = files.publish(written(workspace), filename="a")
    files.delete(ours)
    failing = Failing(error)

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "call", failing)
        assert files.purge(File.objects.all()) == 1

    assert failing.asked == 1
    assert not lies_here(ours.path)
    assert files.purge(File.objects.all()) == 3
    assert lies_in(s3, bucket) == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BucketUnavailableError("busy"), File.Status.DELETING),
        (BucketDeniedError("no"), File.Status.DELETED),
    ],
)
def test_what_may_not_be_deleted_for_long_stays(
    workspace, bucket: Bucket, monkeypatch, error, status
):
    file = moved(workspace, bucket)
    files.delete(file)
    File.objects.update(deleted_at=timezone.now() - timedelta(days=8))

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "call", Failing(error))
        files.purge(File.objects.all())

    file.refresh_from_db()
    assert file.status == status
