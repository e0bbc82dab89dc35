"""Objects that others put into a client's bucket, as files: adopted, hidden, copied for a batch."""

from typing import Any

import pytest
from django.db import IntegrityError

from batches import services as batches
from batches.models import Batch
from files import objects
from files import services as files
from files.buckets import (
    Bucket,
    NoSuchKeyError,
)
from files.models import File
from providers.models import Workspace
from tests.storage.bucket_files import batch_of, lies_here, lies_in, moved, put, read, written

pytestmark = pytest.mark.django_db


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
    return Workspace.objects.create(name="other")


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
