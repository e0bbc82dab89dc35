"""What is erased leaves both stores, and what others put into a client's bucket stays there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.services import erase_file, erase_workspace, retain
from files import services as files
from files.buckets import Bucket
from files.models import File
from providers.audit import Actor
from providers.models import AuditEvent, Workspace
from tests.storage.bucket_files import lies_in, moved, put, written
from tests.storage.conftest import BUCKET

pytestmark = pytest.mark.django_db

OPERATOR = Actor(AuditEvent.ActorKind.COMMAND, "operator")


def test_objects_that_came_through_bifrost_go_and_those_of_others_stay(
    workspace: Workspace, bucket: Bucket, s3
):
    moved(workspace, bucket)
    put(s3, bucket, "theirs.jsonl")

    erase_workspace(workspace, by=OPERATOR)

    assert lies_in(s3, bucket) == ["theirs.jsonl"]
    assert not File.objects.exists()


def test_a_file_in_a_bucket_goes_with_its_copy_here(workspace, bucket: Bucket, s3):
    file = moved(workspace, bucket)
    files.keep_copy(file, keep=lambda: None)

    erase_file(file, by=OPERATOR)

    assert lies_in(s3, bucket) == []
    assert not File.objects.exists()


def test_what_lies_in_a_clients_bucket_is_not_ours_to_outlive(workspace, bucket: Bucket, s3):
    workspace.keep_inputs_days = 1
    workspace.save()
    file = moved(workspace, bucket)
    files.keep_copy(file, keep=lambda: None)

    retain(timezone.now() + timedelta(days=2))

    assert lies_in(s3, bucket) == [file.key]
    file.refresh_from_db()
    assert (file.status, file.copy.status) == ("stored", "deleting")


def test_an_object_store_is_emptied_as_a_folder_is(
    workspace, bucket_store, prefix, s3, settings, s3_url
):
    options = {
        "bucket_name": BUCKET,
        "location": prefix,
        "endpoint_url": s3_url,
        "addressing_style": "path",
        "access_key": "test",
        "secret_key": "test",
        "region_name": "eu-west-1",
    }
    store = {"BACKEND": "files.object_store.ObjectStore", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": store}
    files.publish(written(workspace), purpose="batch", filename="a.jsonl")
    written(workspace)
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] == 2

    erase_workspace(workspace, by=OPERATOR)

    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"] == 0
