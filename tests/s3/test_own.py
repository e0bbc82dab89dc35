"""The gateway's own store shows every file of the workspace, by names and by ids."""

from typing import Any

import pytest

from batches.models import Batch
from files import services as files
from files.models import File
from providers.models import Credential, Workspace
from tests.s3.client import Server, boto
from tests.s3.test_objects import refused

PROVIDERS = ["openai", "anthropic", "gemini"]


def made(workspace: Workspace, content: bytes = b"content", **fields: Any) -> File:
    """A file that came through another surface."""
    with files.writing(workspace) as writer:
        writer.write(content)
    described = {"filename": "a.jsonl", "content_type": "text/plain", "surface": "openai"}
    return files.publish(writer.file, **{**described, "purpose": "user_data", **fields})


@pytest.mark.parametrize("provider", PROVIDERS)
def test_three_providers_share_one_store(server: Server, own: Any, provider: str):
    own.put_object(Bucket="b", Key="k", Body=b"x")

    assert boto(server, provider).get_object(Bucket="b", Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize("form", ["file-{}", "file_{}", "files/{}", "{}"])
@pytest.mark.parametrize("bucket", ["any", "bifrost-files"])
def test_a_file_of_another_surface_is_found_by_its_id(
    own: Any, workspace: Workspace, form: str, bucket: str
):
    file = made(workspace)
    at = {"Bucket": bucket, "Key": form.format(file.id)}

    got = own.get_object(**at, Range="bytes=2-3")

    assert (got["Body"].read(), got["ETag"]) == (b"nt", f'"file-{file.id}"')
    assert own.head_object(**at)["ContentType"] == "text/plain"
    own.delete_object(**at)
    assert refused(own.head_object, **at)[0] == 404
    assert not File.objects.visible(workspace).exists()


def test_a_name_comes_before_an_id(own: Any, workspace: Workspace):
    file = made(workspace)
    own.put_object(Bucket="b", Key=f"file-{file.id}", Body=b"named so")

    assert own.get_object(Bucket="b", Key=f"file-{file.id}")["Body"].read() == b"named so"


def test_one_bucket_shows_all_files(own: Any, workspace: Workspace):
    ids = {made(workspace).id for _ in range(3)}
    ids.add(own.put_object(Bucket="b", Key="k", Body=b"")["ETag"].strip('"').removeprefix("file-"))
    made(workspace, purpose=File.Purpose.RAW_RESULTS)
    made(Workspace.objects.create(name="other"))
    expected = sorted(f"file-{core}" for core in ids)

    def keys(**given: Any) -> list[str]:
        pages = own.get_paginator("list_objects_v2").paginate(Bucket="bifrost-files", **given)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    assert keys() == expected
    assert keys(PaginationConfig={"PageSize": 1}) == expected
    assert keys(Prefix="fi") == expected
    assert keys(Prefix=expected[1]) == [expected[1]]
    assert keys(Prefix="other") == []
    assert keys(StartAfter="fi") == expected
    assert keys(StartAfter=expected[0]) == expected[1:]
    assert keys(StartAfter="g") == []
    assert keys(Delimiter="-", PaginationConfig={"PageSize": 1}) == []


def test_that_bucket_is_there_for_every_provider(window: Any, workspace: Workspace):
    """And without a provider, which is how the AWS CLI asks."""
    file = made(workspace)

    (listed,) = window.list_objects_v2(Bucket="bifrost-files")["Contents"]
    got = window.get_object(Bucket="bifrost-files", Key=listed["Key"])

    assert (listed["Key"], got["Body"].read()) == (f"file-{file.id}", b"content")


def test_that_bucket_is_a_clients_if_it_has_one_of_that_name(
    window: Any, workspace: Workspace, credential: Credential
):
    made(workspace)
    credential.options = {**credential.options, "bucket": "bifrost-files"}
    credential.save()

    assert refused(window.list_objects_v2, Bucket="bifrost-files") == (404, "NoSuchBucket")


def test_a_condition_alone_finds_a_file(own: Any, workspace: Workspace):
    """What a client has that kept nothing but the id of its upload."""
    file = made(workspace)
    at = {"Bucket": "whatever", "Key": "whatever.jsonl"}

    assert refused(own.head_object, **at)[0] == 404
    assert own.head_object(**at, IfMatch=f"file-{file.id}")["ETag"] == f'"file-{file.id}"'
    assert own.get_object(**at, IfMatch=f'"file-{file.id}"')["Body"].read() == b"content"
    own.delete_object(**at, IfMatch=f"file-{file.id}")
    assert not File.objects.visible(workspace).exists()


def test_a_condition_does_not_find_what_has_another_name(own: Any, workspace: Workspace):
    file = made(workspace)
    own.put_object(Bucket="b", Key="k", Body=b"x")

    assert refused(own.delete_object, Bucket="b", Key="k", IfMatch=f"file-{file.id}")[0] == 412
    assert File.objects.visible(workspace).count() == 2


def test_nothing_crosses_workspaces(own: Any):
    other = Workspace.objects.create(name="other")
    file = made(other, bucket="b", key="k")

    for key in ("k", f"file-{file.id}"):
        assert refused(own.get_object, Bucket="b", Key=key)[0] == 404
        own.delete_object(Bucket="b", Key=key)
    own.put_object(Bucket="b", Key="k", Body=b"mine")
    assert [one["Size"] for one in own.list_objects_v2(Bucket="b")["Contents"]] == [4]
    assert File.objects.visible(other).get() == file
    assert refused(own.copy_object, Bucket="b", Key="c", CopySource=f"b/file-{file.id}")[0] == 404


def test_what_is_replaced_is_deleted_and_a_batch_keeps_it(own: Any, workspace: Workspace):
    own.put_object(Bucket="b", Key="k", Body=b"first")
    first = File.objects.get()
    Batch.objects.create(workspace=workspace, input_file=first, provider="openai", endpoint="x")

    own.put_object(Bucket="b", Key="k", Body=b"second")

    first.refresh_from_db()
    assert first.status == File.Status.DELETING
    assert b"".join(files.stream(first)) == b"first"


def test_what_has_expired_gives_its_name_away(own: Any, workspace: Workspace):
    made(workspace, bucket="b", key="k", expires_at="2020-01-01T00:00Z")

    assert refused(own.head_object, Bucket="b", Key="k")[0] == 404
    own.put_object(Bucket="b", Key="k", Body=b"new", IfNoneMatch="*")
    assert own.get_object(Bucket="b", Key="k")["Body"].read() == b"new"


def test_a_file_in_a_clients_bucket_is_read_by_its_id(
    own: Any, window: Any, bucket: str, credential: Credential
):
    tag = window.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"].strip('"')

    got = own.get_object(Bucket="bifrost-files", Key=tag, Range="bytes=2-4")

    assert got["Body"].read() == b"234"


def test_a_file_whose_bytes_are_gone_is_not_there(own: Any, workspace: Workspace):
    file = File.objects.create(
        workspace=workspace, purpose="batch", status="stored", bucket="b", key="k", size=5
    )

    assert refused(own.get_object, Bucket="b", Key="k") == (404, "NoSuchKey")
    assert file.pk


def test_a_put_reads_little_of_the_database(own: Any, django_assert_max_num_queries):
    own.put_object(Bucket="b", Key="k", Body=b"x")

    with django_assert_max_num_queries(10):
        own.put_object(Bucket="b", Key="k", Body=b"x")
    # A download leaves an event in the audit trail.
    with django_assert_max_num_queries(3):
        own.get_object(Bucket="b", Key="k")
    with django_assert_max_num_queries(2):
        own.list_objects_v2(Bucket="b")
