"""What clients of S3 take and delete is written down, in their own bucket and in ours."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from providers.models import AuditEvent


@pytest.fixture
def put(s3: Any, bucket: str) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"all of it")


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "name"))


def test_a_download_is_written_down_and_a_look_is_not(s3, bucket, put):
    s3.head_object(Bucket=bucket, Key="a")
    s3.list_objects_v2(Bucket=bucket)
    assert events() == []

    s3.get_object(Bucket=bucket, Key="a")["Body"].read()
    s3.get_object(Bucket=bucket, Key="a", Range="bytes=0-2")["Body"].read()

    assert events() == [("file.downloaded", f"s3://{bucket}/a")] * 2


def test_what_is_not_there_was_not_downloaded(s3, bucket, put):
    with pytest.raises(ClientError):
        s3.get_object(Bucket=bucket, Key="nothing")

    assert events() == []


def test_each_deletion_is_written_down(s3, bucket, put):
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})

    assert events() == [("file.deleted", f"s3://{bucket}/{key}") for key in "abc"]
