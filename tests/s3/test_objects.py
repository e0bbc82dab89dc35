"""Objects go in and come out as they were, whichever store they lie in."""

import hashlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from files.models import File
from tests.s3.client import Server

CONTENT = b'{"custom_id":"a"}\n{"custom_id":"b"}\n'
ODD_KEYS = [
    "a//b",
    "./a/../b",
    "../up",
    "/lead",
    "trail/",
    "with space",
    "plus+plus",
    "what?is=this",
    "hash#hash",
    "percent%2Fpercent",
    "semi;colon:at@",
    "größe/你好/🎉.jsonl",
    "r" * 1024,
]


def refused(call: Any, **given: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    with pytest.raises(ClientError) as error:
        call(**given)
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_what_is_put_is_what_is_got(s3: Any, bucket: str):
    put = s3.put_object(
        Bucket=bucket, Key="in/a.jsonl", Body=CONTENT, ContentType="application/jsonl"
    )

    got = s3.get_object(Bucket=bucket, Key="in/a.jsonl")

    assert got["Body"].read() == CONTENT
    assert got["ContentType"] == "application/jsonl"
    assert (got["ContentLength"], got["AcceptRanges"]) == (len(CONTENT), "bytes")
    assert got["ETag"] == put["ETag"]
    assert abs(got["LastModified"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_etag_is_the_id_of_a_file(s3: Any, bucket: str, workspace):
    put = s3.put_object(Bucket=bucket, Key="in/a.jsonl", Body=CONTENT)

    file = File.objects.get()
    assert put["ETag"] == f'"file-{file.id}"'
    assert (file.bucket, file.key, file.filename) == (bucket, "in/a.jsonl", "a.jsonl")
    assert (file.size, file.purpose, file.surface) == (len(CONTENT), "batch", "bedrock")


def test_a_head_says_what_a_get_does(s3: Any, bucket: str):
    s3.put_object(
        Bucket=bucket, Key="k", Body=CONTENT, Metadata={"mtime": "12.5"}, CacheControl="no-store"
    )

    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    get = s3.get_object(Bucket=bucket, Key="k")

    get.pop("Body")
    for answer in (head, get):
        answer.pop("ResponseMetadata")
    assert head == get
    assert (head["Metadata"], head["CacheControl"]) == ({"mtime": "12.5"}, "no-store")


def test_an_empty_object_is_one(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")

    got = s3.get_object(Bucket=bucket, Key="empty")

    assert (got["Body"].read(), got["ContentLength"]) == (b"", 0)


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
def test_keys_stay_as_they_are(s3: Any, bucket: str, key: str):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())

    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert refused(s3.get_object, Bucket=bucket, Key=key) == (404, "NoSuchKey")


def test_a_key_may_have_line_ends_and_marks_of_xml_in_it(own: Any):
    key = "a\nb\r<&>\"'\x01"
    own.put_object(Bucket="b", Key=key, Body=b"x")

    assert own.list_objects(Bucket="b")["Contents"][0]["Key"] == key
    assert own.list_objects_v2(Bucket="b")["Contents"][0]["Key"] == key
    own.delete_object(Bucket="b", Key=key)
    assert own.list_objects(Bucket="b").get("Contents") is None


def test_a_key_that_is_too_long_is_refused(s3: Any, bucket: str):
    assert refused(s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"") == (
        400,
        "KeyTooLongError",
    )


def test_a_second_put_replaces_the_first(s3: Any, bucket: str):
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"second")

    assert first["ETag"] != second["ETag"]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert (got["Body"].read(), got["ETag"]) == (b"second", second["ETag"])
    assert [one["ETag"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [
        second["ETag"]
    ]


def test_what_is_deleted_is_gone_and_may_be_deleted_again(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    for _ in range(2):
        assert s3.delete_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == 204

    assert refused(s3.head_object, Bucket=bucket, Key="k") == (404, "404")
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_many_are_deleted_at_once(s3: Any, bucket: str):
    for key in ("a", "b", "größe", "stays"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    objects = [{"Key": key} for key in ("a", "größe", "never")]

    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}], "Quiet": True})

    assert {one["Key"] for one in answer["Deleted"]} == {"a", "größe", "never"}
    assert "Deleted" not in quiet
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["stays"]


@pytest.mark.parametrize("source", ["in/größe +.jsonl", "/lead//x"])
def test_a_copy_is_an_object_of_its_own(s3: Any, bucket: str, source: str):
    put = s3.put_object(
        Bucket=bucket, Key=source, Body=CONTENT, ContentType="text/x-mine", Metadata={"a": "1"}
    )

    copied = s3.copy_object(
        Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": source}
    )["CopyObjectResult"]
    s3.delete_object(Bucket=bucket, Key=source)

    got = s3.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == CONTENT
    assert got["ETag"] == copied["ETag"] != put["ETag"]
    assert (got["ContentType"], got["Metadata"]) == ("text/x-mine", {"a": "1"})


def test_a_copy_may_be_described_anew(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT, ContentType="text/old", Metadata={"a": "1"})

    s3.copy_object(
        Bucket=bucket,
        Key="k",
        CopySource=f"{bucket}/k",
        MetadataDirective="REPLACE",
        ContentType="text/new",
        Metadata={"b": "2"},
    )

    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentType"], head["Metadata"]) == ("text/new", {"b": "2"})


def test_a_copy_has_the_checksum_of_its_source_or_one_of_its_own(own: Any):
    first = own.put_object(Bucket="b", Key="k", Body=CONTENT)
    copy = {"Bucket": "b", "Key": "copy", "CopySource": "b/k"}

    same = own.copy_object(**copy)["CopyObjectResult"]
    other = own.copy_object(**copy, ChecksumAlgorithm="SHA256")["CopyObjectResult"]

    assert same["ChecksumCRC32"] == first["ChecksumCRC32"]
    assert "ChecksumCRC32" not in other
    assert other["ChecksumSHA256"] == b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert own.get_object(Bucket="b", Key="copy")["ChecksumSHA256"] == other["ChecksumSHA256"]


def test_what_is_not_there_cannot_be_copied(s3: Any, bucket: str):
    assert refused(s3.copy_object, Bucket=bucket, Key="k", CopySource=f"{bucket}/no") == (
        404,
        "NoSuchKey",
    )


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=5-9", 206, 5, 10),
        ("bytes=30-", 206, 30, 36),
        ("bytes=-4", 206, 32, 36),
        ("bytes=-999", 206, 0, 36),
        ("bytes=30-999", 206, 30, 36),
    ],
)
def test_a_range_is_read(s3: Any, bucket: str, asked: str, status: int, start: int, end: int):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT)

    got = s3.get_object(Bucket=bucket, Key="k", Range=asked)

    assert got["ResponseMetadata"]["HTTPStatusCode"] == status
    assert got["Body"].read() == CONTENT[start:end]
    assert (got["ContentLength"], got["ContentRange"]) == (
        end - start,
        f"bytes {start}-{end - 1}/36",
    )
    assert got["ETag"] == s3.head_object(Bucket=bucket, Key="k")["ETag"]


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=9-5", "bytes=x-", "bytes=-"]
)
def test_what_is_no_range_is_all(own: Any, asked: str):
    own.put_object(Bucket="b", Key="k", Body=CONTENT)

    got = own.get_object(Bucket="b", Key="k", Range=asked)

    assert (got["ResponseMetadata"]["HTTPStatusCode"], got["Body"].read()) == (200, CONTENT)


def test_a_range_behind_the_end_is_refused(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT)

    assert refused(s3.get_object, Bucket=bucket, Key="k", Range="bytes=36-") == (
        416,
        "InvalidRange",
    )


def test_the_first_part_of_an_object_is_all_of_it(own: Any):
    own.put_object(Bucket="b", Key="k", Body=CONTENT)

    got = own.get_object(Bucket="b", Key="k", PartNumber=1)

    assert (got["Body"].read(), got["ContentRange"]) == (CONTENT, "bytes 0-35/36")
    assert refused(own.get_object, Bucket="b", Key="k", PartNumber=2) == (416, "InvalidPartNumber")


def test_a_condition_names_an_id_quoted_or_not(s3: Any, bucket: str):
    tag = s3.put_object(Bucket=bucket, Key="k", Body=CONTENT)["ETag"]

    for condition in (tag, tag.strip('"'), f'"other", {tag}', "*"):
        assert s3.get_object(Bucket=bucket, Key="k", IfMatch=condition)["Body"].read() == CONTENT
        assert s3.head_object(Bucket=bucket, Key="k", IfMatch=condition)["ETag"] == tag
        assert refused(s3.head_object, Bucket=bucket, Key="k", IfNoneMatch=condition) == (
            304,
            "304",
        )
    for condition in ('"file-000000000000"', "other"):
        assert refused(s3.get_object, Bucket=bucket, Key="k", IfMatch=condition) == (
            412,
            "PreconditionFailed",
        )
        assert s3.head_object(Bucket=bucket, Key="k", IfNoneMatch=condition)["ETag"] == tag


def test_a_condition_names_a_time(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="k", Body=CONTENT)
    before = datetime.now(UTC) - timedelta(hours=1)
    after = datetime.now(UTC) + timedelta(seconds=1)

    assert s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=before)["Body"].read() == CONTENT
    assert s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=after)["Body"].read() == CONTENT
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    assert refused(s3.get_object, Bucket=bucket, Key="k", IfModifiedSince=modified)[0] == 304
    assert refused(s3.get_object, Bucket=bucket, Key="k", IfUnmodifiedSince=before)[0] == 412


def test_what_has_not_changed_is_told_without_a_body(own: Any, server: Server):
    tag = own.put_object(Bucket="b", Key="k", Body=CONTENT)["ETag"]

    answer = server.raw("GET", "/b/k", if_none_match=tag, x_model_provider="openai")

    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    assert "last-modified" in answer.headers
    assert "content-type" not in answer.headers


def test_a_put_may_want_that_nothing_is_there(s3: Any, bucket: str):
    s3.put_object(Bucket=bucket, Key="k", Body=b"first", IfNoneMatch="*")

    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"second", IfNoneMatch="*") == (
        412,
        "PreconditionFailed",
    )
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


def test_a_put_may_want_what_is_there(s3: Any, bucket: str):
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"first")["ETag"]
    second = s3.put_object(Bucket=bucket, Key="k", Body=b"second", IfMatch=first)["ETag"]

    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"third", IfMatch=first)[0] == 412
    assert refused(s3.put_object, Bucket=bucket, Key="new", Body=b"x", IfMatch=first)[0] == 404
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"] == second


def test_a_delete_may_want_what_is_there(s3: Any, bucket: str):
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]

    assert refused(s3.delete_object, Bucket=bucket, Key="k", IfMatch="other")[0] == 412
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=tag.strip('"'))
    assert refused(s3.head_object, Bucket=bucket, Key="k")[0] == 404
    s3.delete_object(Bucket=bucket, Key="k", IfMatch=tag)


def test_a_copy_may_want_a_source(s3: Any, bucket: str):
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    copy = {"Bucket": bucket, "Key": "c", "CopySource": f"{bucket}/k"}

    assert refused(s3.copy_object, **copy, CopySourceIfMatch="other")[0] == 412
    assert refused(s3.copy_object, **copy, CopySourceIfNoneMatch=tag)[0] == 412
    s3.copy_object(**copy, CopySourceIfMatch=tag)


def test_an_answer_may_be_described_as_a_client_likes(own: Any):
    own.put_object(Bucket="b", Key="k", Body=CONTENT)

    got = own.get_object(
        Bucket="b",
        Key="k",
        ResponseContentType="text/csv",
        ResponseContentDisposition='attachment; filename="a.csv"',
    )

    assert got["ContentType"] == "text/csv"
    assert got["ContentDisposition"] == 'attachment; filename="a.csv"'


def test_no_answer_acts_in_a_browser(own: Any, server: Server):
    own.put_object(Bucket="b", Key="k", Body=b"<script>", ContentType="text/html")

    headers = server.raw("GET", "/b/k", x_model_provider="openai").headers

    assert headers["content-security-policy"] == "sandbox"
    assert headers["x-content-type-options"] == "nosniff"
