"""Lists show everything once, in the order of the keys' bytes, in pages of any size."""

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from files.models import File
from providers.models import Workspace

KEYS = ["A", "Z/1", "a", "a!", "a/1", "a/2", "a/b/3", "a0", "b/", "b/1", "ä", "ä/1", "ｚ", "😀"]
PAGES = [1, 3, 1000]
GROUPS = [("", ""), ("", "/"), ("a/", "/"), ("", "1")]


@pytest.fixture
def filled(s3: Any, bucket: str) -> Any:
    for key in random.Random(1).sample(KEYS, len(KEYS)):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return s3


def walk(s3: Any, version: str, **given: Any) -> list[str]:
    """The keys and prefixes of all pages, page by page as the SDK does."""
    pages = s3.get_paginator(version).paginate(**given)
    return [
        name
        for page in pages
        for name in sorted(
            [one["Key"] for one in page.get("Contents", ())]
            + [one["Prefix"] for one in page.get("CommonPrefixes", ())]
        )
    ]


def grouped(keys: list[str], prefix: str = "", delimiter: str = "") -> list[str]:
    """What S3 lists of these keys."""
    found = []
    for key in (key for key in sorted(keys) if key.startswith(prefix)):
        head, mark, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        name = prefix + head + mark if mark else key
        if name not in found:
            found.append(name)
    return found


@pytest.mark.parametrize("version", ["list_objects", "list_objects_v2"])
def test_pages_of_any_size_show_all(filled: Any, bucket: str, version: str):
    for size in PAGES:
        for prefix, delimiter in GROUPS:
            given = {"Bucket": bucket, "Prefix": prefix, "Delimiter": delimiter}

            found = walk(filled, version, **given, PaginationConfig={"PageSize": size})

            assert found == grouped(KEYS, prefix, delimiter), (size, prefix, delimiter)


def test_a_list_begins_behind_a_key(filled: Any, bucket: str):
    for after in ["", "a", "a/1", "a/15", "ä", "😀", "😀😀"]:
        expected = [key for key in sorted(KEYS) if key > after]
        second = filled.list_objects_v2(Bucket=bucket, StartAfter=after)
        first = filled.list_objects(Bucket=bucket, Marker=after)
        assert [one["Key"] for one in second.get("Contents", ())] == expected
        assert [one["Key"] for one in first.get("Contents", ())] == expected


def test_an_entry_says_what_a_head_does(filled: Any, bucket: str):
    entry = filled.list_objects_v2(Bucket=bucket, Prefix="a/b")["Contents"][0]
    head = filled.head_object(Bucket=bucket, Key="a/b/3")

    assert (entry["ETag"], entry["Size"]) == (head["ETag"], head["ContentLength"])
    assert entry["LastModified"].replace(microsecond=0) == head["LastModified"]
    assert entry["StorageClass"] == "STANDARD"


def test_a_list_repeats_what_was_asked(filled: Any, bucket: str):
    answer = filled.list_objects_v2(
        Bucket=bucket, Prefix="a", Delimiter="/", MaxKeys=2, StartAfter="a", EncodingType="url"
    )

    assert (answer["Name"], answer["Prefix"], answer["Delimiter"]) == (bucket, "a", "/")
    assert (answer["MaxKeys"], answer["KeyCount"], answer["IsTruncated"]) == (2, 2, True)
    assert (answer["StartAfter"], answer["EncodingType"]) == ("a", "url")


def test_a_list_may_name_owners(filled: Any, bucket: str):
    with_owner = filled.list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"]
    without = filled.list_objects_v2(Bucket=bucket)["Contents"]

    assert all("Owner" in one for one in with_owner)
    assert not any("Owner" in one for one in without)


def test_no_keys_are_none(filled: Any, bucket: str):
    answer = filled.list_objects_v2(Bucket=bucket, MaxKeys=0)

    assert (answer["KeyCount"], answer["IsTruncated"], answer.get("Contents")) == (0, False, None)


@pytest.mark.parametrize(
    "given",
    [
        {"MaxKeys": -1},
        {"ContinuationToken": "no token"},
        {"ContinuationToken": "////"},
        {"EncodingType": "base64"},
    ],
)
def test_what_is_wrong_is_named(own: Any, given: dict):
    with pytest.raises(ClientError) as error:
        own.list_objects_v2(Bucket="b", **given)

    assert error.value.response["Error"]["Code"] == "InvalidArgument"


def test_a_walk_sees_all_that_stays(s3: Any, bucket: str):
    """While others put and delete, before and behind the place where it is."""
    choose = random.Random(2)
    staying = [f"{folder}/{number}" for folder in "bdf" for number in range(4)]
    for key in staying:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    coming = [f"{folder}/{number}x" for folder in "abcdefg" for number in range(2)]
    seen: list[str] = []

    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    ):
        seen += [one["Key"] for one in page["Contents"]]
        s3.put_object(Bucket=bucket, Key=choose.choice(coming), Body=b"x")
        s3.delete_object(Bucket=bucket, Key=choose.choice(coming))

    assert [key for key in seen if key in staying] == staying
    assert len(seen) == len(set(seen))


def test_prefixes_with_many_keys_are_skipped(
    own: Any, workspace: Workspace, django_assert_max_num_queries
):
    File.objects.bulk_create(
        File(workspace=workspace, purpose="batch", status="stored", bucket="b", key=key)
        for key in [*(f"many/{number}" for number in range(1000)), "z"]
    )

    with django_assert_max_num_queries(6):
        answer = own.list_objects_v2(Bucket="b", Delimiter="/")

    assert [one["Prefix"] for one in answer["CommonPrefixes"]] == ["many/"]
    assert [one["Key"] for one in answer["Contents"]] == ["z"]


def test_buckets_are_there_with_what_is_in_them(own: Any):
    for bucket in ("second", "first", "first"):
        own.put_object(Bucket=bucket, Key="k", Body=b"x")

    def names(**given: Any) -> list[str]:
        return [one["Name"] for one in own.list_buckets(**given)["Buckets"]]

    assert names() == ["bifrost-files", "first", "second"]
    assert names(Prefix="fi") == ["first"]
    page = own.list_buckets(MaxBuckets=2)
    assert [one["Name"] for one in page["Buckets"]] == ["bifrost-files", "first"]
    assert names(ContinuationToken=page["ContinuationToken"]) == ["second"]
    own.delete_object(Bucket="second", Key="k")
    assert names() == ["bifrost-files", "first"]


def test_a_bucket_needs_no_making_but_may_be_made(own: Any):
    own.create_bucket(Bucket="made", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    assert own.head_bucket(Bucket="made")["BucketRegion"] == "us-west-2"
    assert own.head_bucket(Bucket="never-made")["BucketRegion"] == "us-west-2"
    assert own.get_bucket_location(Bucket="made")["LocationConstraint"] == "us-west-2"
    assert "Status" not in own.get_bucket_versioning(Bucket="made")


def test_a_bucket_is_deleted_only_when_nothing_is_in_it(own: Any):
    own.put_object(Bucket="b", Key="k", Body=b"x")

    with pytest.raises(ClientError) as error:
        own.delete_bucket(Bucket="b")
    assert error.value.response["Error"]["Code"] == "BucketNotEmpty"
    own.delete_object(Bucket="b", Key="k")
    own.delete_bucket(Bucket="b")


def test_a_clients_bucket_is_never_deleted(window: Any, bucket: str):
    with pytest.raises(ClientError) as error:
        window.delete_bucket(Bucket=bucket)

    assert error.value.response["Error"]["Code"] == "AccessDenied"


def test_what_s3_says_of_a_bucket_is_passed_on(window: Any, bucket: str):
    window.create_bucket(
        Bucket=f"{bucket}-2", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )

    names = [one["Name"] for one in window.list_buckets()["Buckets"]]
    assert {bucket, f"{bucket}-2"} <= set(names)
    assert window.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "us-west-2"
    window.head_bucket(Bucket=f"{bucket}-2")
