"""Where a bucket may stand: in the path, or in the name of the host. And who may sign how."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.s3.address import bucket_in
from tests.s3.client import REGION, Server, boto
from tests.s3.test_objects import refused


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("localhost", ""),
        ("localhost:8080", ""),
        ("127.0.0.1:8080", ""),
        ("[::1]:8080", ""),
        ("b.localhost:8080", "b"),
        ("B.localhost", "b"),
        ("with.dots.localhost", "with.dots"),
        ("bifrost.example.com", ""),
        ("my-bucket.bifrost.example.com", "my-bucket"),
        ("b.gateway.internal", "b"),
        ("gateway.internal", ""),
        ("example.com", ""),
        ("", ""),
    ],
)
def test_a_bucket_may_stand_before_a_name_of_ours(settings, host: str, bucket: str):
    settings.PUBLIC_HOST = "bifrost.example.com"
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", ".gateway.internal", "*"]

    assert bucket_in(host) == bucket


def test_a_client_may_put_buckets_before_the_host(server: Server, own: Any):
    before = boto(
        server,
        "openai",
        endpoint="http://localhost/bedrock/files",
        s3={"addressing_style": "virtual"},
    )

    before.put_object(Bucket="bucket", Key="a//b", Body=b"x")

    assert before.meta.endpoint_url == "http://localhost/bedrock/files"
    assert own.get_object(Bucket="bucket", Key="a//b")["Body"].read() == b"x"
    assert [one["Key"] for one in before.list_objects_v2(Bucket="bucket")["Contents"]] == ["a//b"]
    before.head_bucket(Bucket="bucket")


def test_a_slash_behind_a_bucket_is_no_key(own: Any, server: Server):
    own.put_object(Bucket="b", Key="k", Body=b"x")

    answer = server.raw("GET", "/b/?list-type=2", x_model_provider="openai")

    assert b"<Key>k</Key>" in answer.body


@pytest.mark.parametrize("version", ["s3v4", "s3", None])
def test_a_url_may_be_given_to_others(server: Server, version: str | None):
    client = boto(server, "openai", signature_version=version)
    put = client.generate_presigned_url(
        "put_object",
        {"Bucket": "b", "Key": "größe +", "ContentType": "text/mine", "Metadata": {"a": "1"}},
    )
    get = client.generate_presigned_url("get_object", {"Bucket": "b", "Key": "größe +"})

    def ask(method: str, url: str, body: bytes = b"", **headers: str) -> Any:
        path = url.partition("/bedrock/files")[2]
        return server.raw(
            method, path, body, authorization="", x_model_provider="openai", **headers
        )

    assert ask("PUT", put, b"content", content_type="text/mine", x_amz_meta_a="1").status == 200
    got = ask("GET", get)
    assert (got.status, got.body) == (200, b"content")
    assert (got.headers["content-type"], got.headers["x-amz-meta-a"]) == ("text/mine", "1")
    path = urlsplit(get).path.removeprefix("/bedrock/files")
    assert server.raw("GET", path, authorization="", x_model_provider="openai").status == 403


def test_a_region_is_the_one_that_the_client_signs_for(server: Server, own: Any):
    assert own.head_bucket(Bucket="b")["BucketRegion"] == REGION
    bearer = server.raw("HEAD", "/b", x_model_provider="openai")
    assert bearer.headers["x-amz-bucket-region"] == "us-east-1"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_both_ways_of_signing_tell_the_key(server: Server, version: str, settings):
    settings.AUTH = "keys"
    client = boto(server, "openai", key="bf-unknown", signature_version=version)

    assert refused(client.list_buckets) == (403, "InvalidAccessKeyId")
