"""boto3 against the S3 that the simulated Bedrock reads and writes."""

import io
import os

import boto3
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

BUCKET = "answers"


def connected(sandbox: str, key: str):
    return boto3.client(
        "s3",
        endpoint_url=f"{sandbox}/s3",
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
    )


@pytest.fixture
def client(sandbox, key):
    client = connected(sandbox, key)
    yield client
    client.close()


def refused(call, **arguments) -> dict:
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **arguments)
    return caught.value.response


@pytest.mark.parametrize("name", ["in.jsonl", "a/b/c", "with space + plus", "umläut/%41"])
def test_it_works(client, name):
    put = client.put_object(Bucket=BUCKET, Key=name, Body=b"hello", Metadata={"job": "one"})
    got = client.get_object(Bucket=BUCKET, Key=name)
    assert (got["Body"].read(), got["Metadata"]) == (b"hello", {"job": "one"})
    assert got["ETag"] == put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert client.head_object(Bucket=BUCKET, Key=name)["ContentLength"] == 5
    assert [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]] == [name]

    client.delete_object(Bucket=BUCKET, Key=name)
    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert refused(client.get_object, Key=name)["Error"]["Code"] == "NoSuchKey"


def test_a_large_object_comes_and_goes_in_parts(client):
    content = os.urandom(20 * 1024 * 1024)
    client.upload_fileobj(
        io.BytesIO(content), BUCKET, "large", Config=TransferConfig(use_threads=False)
    )
    got = io.BytesIO()
    client.download_fileobj(BUCKET, "large", got)
    assert got.getvalue() == content
    assert client.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"')


def test_many_are_deleted_at_once(client):
    for name in ("a", "größe & b", "stays"):
        client.put_object(Bucket=BUCKET, Key=name, Body=b"x")
    keys = [{"Key": "a"}, {"Key": "größe & b"}, {"Key": "never"}]

    deleted = client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})["Deleted"]
    quiet = client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys, "Quiet": True})

    assert deleted == keys
    assert "Deleted" not in quiet
    assert [one["Key"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["stays"]


def test_copies_are_objects_of_their_own(client):
    source = {"Bucket": BUCKET, "Key": "größe + a"}
    client.put_object(**source, Body=b"hello", ContentType="text/x", Metadata={"job": "one"})

    copied = client.copy_object(Bucket=BUCKET, Key="b", CopySource=source)["CopyObjectResult"]
    client.delete_object(**source)

    got = client.get_object(Bucket=BUCKET, Key="b")
    assert (got["Body"].read(), got["ETag"]) == (b"hello", copied["ETag"])
    assert (got["ContentType"], got["Metadata"]) == ("text/x", {"job": "one"})
    assert refused(client.copy_object, Key="c", CopySource=source)["Error"]["Code"] == "NoSuchKey"


def test_parts_may_be_copies(client):
    source = {"Bucket": BUCKET, "Key": "a"}
    client.put_object(**source, Body=b"0123456789")
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="b")["UploadId"]
    part = {"Bucket": BUCKET, "Key": "b", "UploadId": upload}
    copy = {"PartNumber": 1, "CopySource": source}
    for wrong in ("bytes=5-10", "bytes=5-4", "5-6"):
        given = {**part, **copy, "CopySourceRange": wrong}
        del given["Bucket"]
        assert refused(client.upload_part_copy, **given)["Error"]["Code"] == "InvalidArgument"

    etag = client.upload_part_copy(**part, **copy, CopySourceRange="bytes=2-4")["CopyPartResult"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag["ETag"]}]}
    client.complete_multipart_upload(**part, MultipartUpload=parts)

    assert client.get_object(Bucket=BUCKET, Key="b")["Body"].read() == b"234"


def test_an_upload_that_is_given_up_leaves_nothing(client):
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="x")["UploadId"]
    where = {"Bucket": BUCKET, "Key": "x", "UploadId": upload}
    client.upload_part(**where, PartNumber=1, Body=b"part")
    client.abort_multipart_upload(**where)
    parts = {"Parts": [{"PartNumber": 1, "ETag": "x"}]}
    del where["Bucket"]
    error = refused(client.complete_multipart_upload, **where, MultipartUpload=parts)
    assert error["Error"]["Code"] == "NoSuchUpload"
    assert client.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_uploads_that_nobody_ended_are_listed(client):
    begun = {
        key: client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        for key in ("b +ä", "a", "b/c")
    }

    found = client.list_multipart_uploads(Bucket=BUCKET, Prefix="b")["Uploads"]

    assert [(one["Key"], one["UploadId"]) for one in found] == [
        (key, begun[key]) for key in ("b +ä", "b/c")
    ]
    for key, upload_id in begun.items():
        client.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload_id)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=BUCKET)


def test_small_parts_and_strange_parts_are_refused(client):
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="x")["UploadId"]
    where = {"Key": "x", "UploadId": upload}
    tags = [
        client.upload_part(Bucket=BUCKET, **where, PartNumber=n, Body=b"part")["ETag"]
        for n in (1, 2)
    ]

    def complete(*parts):
        named = [{"PartNumber": number, "ETag": tag} for number, tag in parts]
        return refused(client.complete_multipart_upload, **where, MultipartUpload={"Parts": named})[
            "Error"
        ]["Code"]

    assert complete((1, tags[0]), (2, tags[1])) == "EntityTooSmall"
    assert complete((2, tags[1]), (1, tags[0])) == "InvalidPartOrder"
    assert complete((3, tags[1])) == "InvalidPart"


def test_lists_have_pages_prefixes_and_folders(client):
    for name in ("a/1", "a/2", "b/1", "c"):
        client.put_object(Bucket=BUCKET, Key=name, Body=b"")
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix="", PaginationConfig={"PageSize": 1}
    )
    assert [page["Contents"][0]["Key"] for page in pages] == ["a/1", "a/2", "b/1", "c"]
    folders = client.list_objects_v2(Bucket=BUCKET, Delimiter="/")
    assert [each["Prefix"] for each in folders["CommonPrefixes"]] == ["a/", "b/"]
    assert [each["Key"] for each in folders["Contents"]] == ["c"]
    assert client.list_objects_v2(Bucket=BUCKET, Prefix="a/")["KeyCount"] == 2


def test_ranges_and_conditions_are_obeyed(client):
    client.put_object(Bucket=BUCKET, Key="x", Body=b"0123456789")

    def part(asked: str) -> bytes:
        return client.get_object(Bucket=BUCKET, Key="x", Range=asked)["Body"].read()

    assert (part("bytes=2-4"), part("bytes=8-99"), part("bytes=-3")) == (b"234", b"89", b"789")
    assert refused(client.get_object, Key="x", Range="bytes=10-")["Error"]["Code"] == "InvalidRange"
    for call, condition in (
        (client.get_object, {"IfMatch": "other"}),
        (client.put_object, {"IfNoneMatch": "*", "Body": b""}),
    ):
        error = refused(call, Key="x", **condition)
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 412


def test_accounts_do_not_see_each_other(sandbox, client, key):
    client.put_object(Bucket=BUCKET, Key="x", Body=b"mine")
    other = connected(sandbox, f"{key}-other")
    assert refused(other.get_object, Key="x")["Error"]["Code"] == "NoSuchKey"
    assert other.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    other.close()


def test_what_is_not_there_or_not_allowed_is_said_in_xml(sandbox, client, key):
    with pytest.raises(client.exceptions.NoSuchBucket):
        client.list_objects_v2(Bucket="missing-bucket")
    refused_key = connected(sandbox, "sandbox-invalid")
    assert refused(refused_key.get_object, Key="x")["Error"]["Code"] == "InvalidAccessKeyId"
    refused_key.close()
    answer = requests.put(
        f"{sandbox}/s3/{BUCKET}/x",
        data=b"hello",
        headers={
            "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/x",
            "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
        timeout=60,
    )
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/xml")
    assert "<Code>BadDigest</Code>" in answer.text


def test_calls_fail_as_ordered(client, control):
    client.put_object(Bucket=BUCKET, Key="x", Body=b"0123456789" * 1000)
    control("POST", "faults", {"provider": "s3", "operation": "objects.get", "status": 403})
    assert refused(client.get_object, Key="x")["Error"]["Code"] == "AccessDenied"
    control("POST", "faults", {"provider": "s3", "operation": "objects.get", "drop": "midway"})
    with pytest.raises(Exception, match="broken|Incomplete|incomplete"):
        client.get_object(Bucket=BUCKET, Key="x")["Body"].read()
