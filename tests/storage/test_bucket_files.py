"""Files in a client's bucket: they come whole, stay true to what they were, and leave nothing behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from batches import services as batches
from batches.models import Batch
from files import objects
from files import services as files
from files.buckets import (
    Bucket,
    BucketDeniedError,
    BucketUnavailableError,
    NoSuchKeyError,
)
from files.models import File
from files.storage import PART_BYTES, FolderStore, store
from files.writer import ObjectWriter
from providers.models import Workspace
from providers.services import default_workspace
from tests.storage.test_buckets import _names, made

pytestmark = pytest.mark.django_db
BIG = b"x" * (PART_BYTES + 100)


@pytest.fixture
def workspace(db) -> Workspace:
    return default_workspace()


@pytest.fixture
def bucket(workspace: Workspace, s3, s3_url: str) -> Bucket:
    name = f"with-files-{next(_names)}"
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return Bucket(made(s3_url), name)


def written(workspace: Workspace, content: bytes = b"content") -> File:
    with files.writing(workspace) as writer:
        writer.write(content)
    return writer.file


def moved(workspace: Workspace, bucket: Bucket, content: bytes = b"content", **fields: Any) -> File:
    file = written(workspace, content)
    files.move_to_bucket(file, bucket, f"in/{file.folder}a.jsonl")
    return files.publish(file, purpose="batch", filename="a.jsonl", surface="openai", **fields)


def put(s3, bucket: Bucket, key: str, content: bytes = b"of others") -> File:
    """What others put there, adopted."""
    s3.put_object(Bucket=bucket.name, Key=key, Body=content)
    return objects.adopt(objects.find(default_workspace(), bucket, key))


def lies_in(s3, bucket: Bucket) -> list[str]:
    found = s3.list_objects_v2(Bucket=bucket.name).get("Contents", [])
    begun = s3.list_multipart_uploads(Bucket=bucket.name).get("Uploads", [])
    return [one["Key"] for one in (*found, *begun)]


def lies_here(path: str) -> bool:
    own = store()
    assert isinstance(own, FolderStore)
    return own.exists(path)


def read(file: File) -> bytes:
    return b"".join(files.stream(file))


def batch_of(file: File) -> Batch:
    return Batch.objects.create(workspace=file.workspace, input_file=file, provider="bedrock")


def sweep(*, days: float = 0) -> None:
    File.objects.update(created_at=timezone.now() - timedelta(days=days))
    batches.expire()


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
    missing = Bucket(bucket.credential, f"missing-{next(_names)}")
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


def test_what_others_put_there_is_seen_and_not_kept(workspace, bucket: Bucket, s3):
    s3.put_object(Bucket=bucket.name, Key="dir/a b.jsonl", Body=b"of others")

    (file,) = objects.listed(workspace, bucket, limit=10).files

    assert (file.filename, file.size, file.purpose) == ("a b.jsonl", 9, "batch")
    assert file.is_adopted
    assert file.s3_uri == f"s3://{bucket.name}/dir/a b.jsonl"
    assert b"".join(files.opened(file)) == b"of others"
    assert not File.objects.exists()


def test_adopting_twice_makes_one_file(workspace, bucket: Bucket, s3):
    first = put(s3, bucket, "a.jsonl")

    assert objects.adopt(objects.find(workspace, bucket, "a.jsonl")) == first
    assert objects.listed(workspace, bucket, limit=10).files == [first]
    assert File.objects.count() == 1


def test_of_two_that_adopt_at_once_one_is_faster(workspace, bucket: Bucket, s3, monkeypatch):
    first = put(s3, bucket, "a.jsonl")
    late = File(
        workspace=workspace, credential=bucket.credential, bucket=bucket.name, key="a.jsonl"
    )

    def collide(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(File, "save", collide)
    monkeypatch.setattr(objects, "_forget", lambda rows: None)

    assert objects.adopt(late) == first


def test_what_was_replaced_is_another_file(workspace, bucket: Bucket, s3):
    first = put(s3, bucket, "a.jsonl", b"one")
    second = put(s3, bucket, "a.jsonl", b"two")

    assert first != second
    assert list(File.objects.visible(workspace)) == [second]
    assert read(second) == b"two"
    with pytest.raises(FileNotFoundError):
        read(first)


@pytest.fixture
def other(db) -> Workspace:
    return Workspace.objects.create(name=f"other-{next(_names)}")


def test_workspaces_that_share_a_bucket_do_not_see_each_others_files(
    workspace, other: Workspace, bucket: Bucket, s3
):
    theirs = moved(other, bucket)
    s3.put_object(Bucket=bucket.name, Key="z", Body=b"of others")
    adopted = objects.adopt(objects.find(other, bucket, "z"))

    assert [one.key for one in objects.listed(workspace, bucket, limit=10).files] == ["z"]
    assert [one.pk for one in objects.listed(other, bucket, limit=10).files] == [
        theirs.pk,
        adopted.pk,
    ]
    with pytest.raises(NoSuchKeyError):
        objects.find(workspace, bucket, theirs.key)
    assert objects.find(workspace, bucket, "z") != adopted


def test_pages_pass_over_what_is_hidden(
    workspace, other: Workspace, bucket: Bucket, s3, monkeypatch
):
    monkeypatch.setattr(objects, "AT_ONCE", 2)
    for key in "abcdefgh":
        s3.put_object(Bucket=bucket.name, Key=key, Body=key.encode())
    for key in "bcde":
        file = File(
            workspace=other,
            credential=bucket.credential,
            bucket=bucket.name,
            key=key,
            etag=bucket.head(key).etag,
            sha256="0" * 64,
            status=File.Status.STORED,
        )
        file.save()

    def page(**more: Any) -> tuple[str, bool]:
        found, more_follow = objects.listed(workspace, bucket, **more)
        return "".join(one.key for one in found), more_follow

    assert page(limit=2) == ("af", True)
    assert page(limit=4) == ("afgh", False)
    assert page(limit=2, after_key="f") == ("gh", False)
    assert page(limit=2, after_key="c") == ("fg", True)
    # What comes and goes between two pages is seen once or not at all.
    s3.put_object(Bucket=bucket.name, Key="f1", Body=b"")
    s3.delete_object(Bucket=bucket.name, Key="f")
    assert page(limit=2, after_key="f") == ("f1g", True)


def test_files_of_one_purpose_are_listed(workspace, bucket: Bucket, s3):
    file = moved(workspace, bucket)
    File.objects.filter(pk=file.pk).update(purpose="vision")
    s3.put_object(Bucket=bucket.name, Key="z", Body=b"")

    assert [
        one.key for one in objects.listed(workspace, bucket, limit=9, purpose="batch").files
    ] == ["z"]


@pytest.fixture
def copied(workspace, bucket: Bucket, s3) -> File:
    file = put(s3, bucket, "a.jsonl", b"as it was")
    calls: list[None] = []
    files.keep_copy(file, keep=lambda: calls.append(None))
    assert calls
    return File.objects.get(pk=file.pk)


def test_a_batch_reads_what_was_there_when_it_began(copied: File, bucket: Bucket, s3):
    s3.put_object(Bucket=bucket.name, Key="a.jsonl", Body=b"as it is now")
    assert read(copied) == b"as it was"
    with pytest.raises(FileNotFoundError):
        files.opened(copied)

    s3.delete_object(Bucket=bucket.name, Key="a.jsonl")
    assert read(copied) == b"as it was"


def test_a_copy_is_nobodys_to_see_and_made_once(copied: File, workspace):
    assert list(File.objects.visible(workspace)) == [copied]

    files.keep_copy(copied, keep=lambda: None)

    assert File.objects.filter(purpose=File.Purpose.COPY).count() == 1
    ours = files.publish(written(workspace), filename="a")
    files.keep_copy(ours, keep=lambda: None)
    assert ours.copy is None


def test_of_two_copies_one_stays(workspace, bucket: Bucket, s3):
    first = put(s3, bucket, "a.jsonl", b"as it was")
    second = File.objects.get(pk=first.pk)
    assert second.copy is None

    files.keep_copy(first, keep=lambda: None)
    files.keep_copy(second, keep=lambda: None)

    assert first.copy == second.copy == File.objects.get(pk=first.pk).copy
    stored = File.objects.filter(purpose=File.Purpose.COPY, status=File.Status.STORED)
    assert list(stored) == [first.copy]


def test_nothing_is_copied_of_what_was_replaced(workspace, bucket: Bucket, s3):
    file = put(s3, bucket, "a.jsonl", b"one")
    s3.put_object(Bucket=bucket.name, Key="a.jsonl", Body=b"two")

    with pytest.raises(FileNotFoundError):
        files.keep_copy(file, keep=lambda: None)

    assert File.objects.count() == 1


@pytest.mark.parametrize("ends", ["deleted", "replaced"])
def test_a_copy_goes_with_its_file_and_its_batches(
    copied: File, workspace, bucket: Bucket, s3, ends: str
):
    batch = batch_of(copied)
    if ends == "deleted":
        files.delete(copied)
    else:
        put(s3, bucket, "a.jsonl", b"another")
    batches.expire()
    copied.refresh_from_db()
    assert read(copied) == b"as it was"

    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.COMPLETED)
    for _ in range(2):
        batches.expire()

    copied.refresh_from_db()
    copy = copied.copy
    assert (copied.status, copy.status) == (File.Status.DELETED, File.Status.DELETED)
    assert not lies_here(copy.path)
    assert lies_in(s3, bucket) == ([] if ends == "deleted" else ["a.jsonl"])
