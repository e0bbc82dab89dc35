"""A client's bucket, seen through the gateway: what others put there is seen, what is put here is there."""

from typing import Any

import pytest
from django.utils import timezone

from batches.models import Batch
from files import services as files
from files.models import File
from files.storage import PART_BYTES
from providers.models import Credential, Workspace
from tests.s3.test_objects import refused


def keys(s3: Any, bucket: str, **given: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, **given).get("Contents", ())]


def test_what_is_put_here_is_there(window: Any, aws: Any, bucket: str):
    window.put_object(
        Bucket=bucket,
        Key="a//b",
        Body=b"x",
        ContentType="application/jsonl",
        Metadata={"mtime": "1"},
        StorageClass="STANDARD_IA",
    )

    there = aws.get_object(Bucket=bucket, Key="a//b")
    assert there["Body"].read() == b"x"
    assert (there["ContentType"], there["Metadata"]) == ("application/jsonl", {"mtime": "1"})
    assert there["StorageClass"] == "STANDARD_IA"


def test_what_others_put_there_is_seen_with_its_own_etag(window: Any, aws: Any, bucket: str):
    etag = aws.put_object(Bucket=bucket, Key="theirs", Body=b"x")["ETag"]

    got = window.get_object(Bucket=bucket, Key="theirs", IfMatch=etag)

    assert (got["Body"].read(), got["ETag"]) == (b"x", etag)
    assert window.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == etag
    assert not File.objects.exists()


def test_what_others_changed_has_its_own_etag_again(window: Any, aws: Any, bucket: str):
    ours = window.put_object(Bucket=bucket, Key="k", Body=b"ours")["ETag"]
    theirs = aws.put_object(Bucket=bucket, Key="k", Body=b"theirs")["ETag"]

    assert window.head_object(Bucket=bucket, Key="k")["ETag"] == theirs
    assert window.list_objects_v2(Bucket=bucket)["Contents"][0]["ETag"] == theirs
    assert refused(window.get_object, Bucket=bucket, Key="k", IfMatch=ours)[0] == 412


def test_what_others_deleted_is_gone(window: Any, aws: Any, bucket: str):
    window.put_object(Bucket=bucket, Key="k", Body=b"x")
    aws.delete_object(Bucket=bucket, Key="k")

    assert refused(window.head_object, Bucket=bucket, Key="k")[0] == 404
    assert keys(window, bucket) == []


def test_what_is_deleted_here_is_gone_there(window: Any, aws: Any, bucket: str):
    for key in ("a", "b", "c"):
        window.put_object(Bucket=bucket, Key=key, Body=b"x")

    window.delete_object(Bucket=bucket, Key="a")
    window.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}]})

    assert keys(aws, bucket) == ["c"]
    assert File.objects.filter(status=File.Status.STORED).count() == 1


@pytest.mark.parametrize("size", [PART_BYTES - 1, PART_BYTES, 2 * PART_BYTES + 1])
def test_a_large_object_is_sent_on_in_parts(window: Any, aws: Any, bucket: str, size: int):
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    window.put_object(Bucket=bucket, Key="k", Body=content, ContentType="text/mine")

    there = aws.get_object(Bucket=bucket, Key="k")
    assert there["Body"].read() == content
    assert there["ContentType"] == "text/mine"
    file = File.objects.get()
    assert (file.size, len(file.sha256)) == (size, 64)
    assert b"".join(files.stream(file)) == content


def test_an_object_of_several_parts_is_a_file(window: Any, bucket: str, workspace: Workspace):
    upload = window.create_multipart_upload(Bucket=bucket, Key="in/k.jsonl")["UploadId"]
    at = {"Bucket": bucket, "Key": "in/k.jsonl", "UploadId": upload}
    part = window.upload_part(**at, PartNumber=1, Body=b"all")["ETag"]
    done = window.complete_multipart_upload(
        **at, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]}
    )

    file = File.objects.visible(workspace).get()
    assert done["ETag"] == f'"file-{file.id}"'
    assert (file.size, file.filename, file.is_adopted) == (3, "k.jsonl", False)
    assert b"".join(files.stream(file)) == b"all"


def test_what_bifrost_keeps_for_itself_is_hidden(
    window: Any, aws: Any, bucket: str, credential: Credential
):
    credential.options = {**credential.options, "bucket": bucket, "prefix": "batches"}
    credential.save()
    for number in range(3):
        aws.put_object(Bucket=bucket, Key=f"batches/bifrost/{number}", Body=b"secret")
    aws.put_object(Bucket=bucket, Key="batches/a", Body=b"x")
    aws.put_object(Bucket=bucket, Key="batches/z", Body=b"x")
    hidden = {"Bucket": bucket, "Key": "batches/bifrost/1"}

    assert keys(window, bucket) == ["batches/a", "batches/z"]
    assert keys(window, bucket, MaxKeys=1, StartAfter="batches/a") == ["batches/z"]
    prefixes = window.list_objects_v2(Bucket=bucket, Prefix="batches/", Delimiter="/")
    assert "CommonPrefixes" not in prefixes
    assert keys(window, bucket, Prefix="batches/bifrost/") == []
    for call, given in [
        (window.get_object, {}),
        (window.delete_object, {}),
        (window.put_object, {"Body": b"x"}),
        (window.create_multipart_upload, {}),
    ]:
        assert refused(call, **hidden, **given) == (403, "AccessDenied")
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/batches/bifrost/1"}
    assert refused(window.copy_object, **copy) == (403, "AccessDenied")
    answer = window.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": hidden["Key"]}]})
    assert [one["Code"] for one in answer["Errors"]] == ["AccessDenied"]
    assert len(keys(aws, bucket)) == 5


def test_an_object_of_another_workspace_is_neither_seen_nor_touched(
    window: Any, aws: Any, bucket: str
):
    window.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    File.objects.update(workspace=Workspace.objects.create(name="other"))
    window.put_object(Bucket=bucket, Key="ours", Body=b"x")
    at = {"Bucket": bucket, "Key": "theirs"}

    assert keys(window, bucket) == ["ours"]
    assert refused(window.get_object, **at) == (404, "NoSuchKey")
    assert refused(window.put_object, **at, Body=b"y") == (403, "AccessDenied")
    window.delete_object(**at)
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/theirs"}
    assert refused(window.copy_object, **copy) == (404, "NoSuchKey")
    answer = window.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "theirs"}, {"Key": "ours"}]}
    )
    assert sorted(one["Key"] for one in answer["Deleted"]) == ["ours", "theirs"]
    assert keys(aws, bucket) == ["theirs"]


def test_what_a_batch_still_reads_goes_when_it_has_ended(
    window: Any, aws: Any, bucket: str, workspace: Workspace
):
    for key in ("one", "many"):
        window.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for file in File.objects.all():
        Batch.objects.create(workspace=workspace, input_file=file, provider="bedrock", endpoint="x")

    window.delete_object(Bucket=bucket, Key="one")
    window.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "many"}]})

    assert keys(window, bucket) == []
    assert refused(window.head_object, Bucket=bucket, Key="one")[0] == 404
    assert keys(aws, bucket) == ["many", "one"]
    Batch.objects.update(status=Batch.Status.FAILED, failed_at=timezone.now())
    files.purge(File.objects.all())
    assert keys(aws, bucket) == []


def test_what_a_batch_has_copied_goes_at_once(
    window: Any, aws: Any, bucket: str, workspace: Workspace
):
    window.put_object(Bucket=bucket, Key="k", Body=b"content")
    file = File.objects.get()
    Batch.objects.create(workspace=workspace, input_file=file, provider="bedrock", endpoint="x")
    files.keep_copy(file, keep=lambda: None)

    window.delete_object(Bucket=bucket, Key="k")

    assert keys(aws, bucket) == []
    assert b"".join(files.stream(File.objects.get(pk=file.pk))) == b"content"


def test_a_bucket_that_is_not_there_is_named(window: Any):
    assert refused(window.list_objects_v2, Bucket="none-such") == (404, "NoSuchBucket")
    assert refused(window.get_object, Bucket="none-such", Key="k") == (404, "NoSuchBucket")
    assert refused(window.put_object, Bucket="none-such", Key="k", Body=b"") == (
        404,
        "NoSuchBucket",
    )


def test_what_s3_cannot_do_it_says_itself(window: Any, bucket: str):
    assert refused(
        window.put_object, Bucket=bucket, Key="k", Body=b"", StorageClass="NONSENSE"
    ) == (400, "InvalidStorageClass")


def test_a_store_that_is_down_may_be_asked_again(window: Any, bucket: str, credential: Credential):
    credential.options = {**credential.options, "endpoint_url_s3": "http://127.0.0.1:9"}
    credential.save()

    assert refused(window.list_objects_v2, Bucket=bucket) == (503, "ServiceUnavailable")


def test_tags_are_those_that_it_has(window: Any, aws: Any, bucket: str):
    window.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1")

    assert window.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"}
    ]
