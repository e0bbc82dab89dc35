"""Real clients sign for a whole installation: what its web server makes of addresses is what counts."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from tests.bedrock.asking import asked, questions, refusal
from tests.keyed import Keyed
from tests.s3.test_objects import ODD_KEYS, refused
from tests.s3.test_whole_installation import OLDER, SCENARIO

pytestmark = pytest.mark.once
PROVIDER = {"x-model-provider": "openai"}
UNKNOWN = "arn:aws:bedrock:us-west-2:000000000000:model-invocation-job/abcdefghijkl"


def client(keyed: Keyed, service: str, path: str, secret: str = "", **config: Any) -> Any:
    made: Any = boto3.client(
        service,
        endpoint_url=f"{keyed.stack.url}/{path}",
        region_name="us-west-2",
        aws_access_key_id=keyed.access_key_id,
        aws_secret_access_key=secret or keyed.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )

    def name_provider(request: AWSPreparedRequest, **_: Any) -> None:
        request.headers["x-model-provider"] = "openai"

    made.meta.events.register("before-send", name_provider)
    return made


@pytest.fixture(params=["s3v4", "s3"])
def s3(keyed: Keyed, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Of both versions."""
    made = client(keyed, "s3", "bedrock/files", signature_version=request.param)
    yield made
    made.close()


@pytest.fixture
def jobs(keyed: Keyed) -> Iterator[Any]:
    made = client(keyed, "bedrock", "bedrock")
    yield made
    made.close()


@pytest.mark.parametrize("name", ODD_KEYS)
def test_keys_of_any_characters_are_signed(s3: Any, name: str):
    at = {"Bucket": "odd", "Key": name}

    s3.put_object(**at, Body=name.encode(), Metadata={"a": "two  spaces"})

    assert s3.get_object(**at)["Body"].read() == name.encode()
    assert s3.head_object(**at)["Metadata"]
    listed = s3.list_objects_v2(Bucket="odd", Prefix=name[:3], Delimiter="|")
    assert name in [one["Key"] for one in listed["Contents"]]
    s3.delete_object(**at)


@pytest.mark.parametrize("name", ODD_KEYS)
@pytest.mark.parametrize("version", ["s3v4", "s3", None])
def test_others_use_urls_of_keys_of_any_characters(keyed: Keyed, version: str | None, name: str):
    own = client(keyed, "s3", "bedrock/files", signature_version=version)
    at = {"Bucket": f"urls-{version}".lower(), "Key": name}

    put, get = (own.generate_presigned_url(f"{verb}_object", at) for verb in ("put", "get"))
    own.close()

    sent = raw("PUT", put, b"content")
    assert (sent.status_code, sent.content) == (200, b"")
    assert raw("GET", get).content == b"content"
    assert raw("GET", get.replace(keyed.access_key_id, "BFKAUNKNOWN")).status_code == 403
    assert raw("PUT", get, b"content").status_code == 403


def raw(method: str, url: str, body: bytes = b"") -> requests.Response:
    """With the address as it is: requests would take the dots out of it."""
    with requests.Session() as session:
        prepared = session.prepare_request(
            requests.Request(method, url, headers=PROVIDER, data=body)
        )
        prepared.url = url
        return session.send(prepared, timeout=10)


def test_all_that_has_a_query_or_a_body_is_signed(s3: Any):
    large = os.urandom(9 * 2**20)
    s3.upload_fileobj(io.BytesIO(large), "all", "größe")
    came = io.BytesIO()
    s3.download_fileobj("all", "größe", came)
    s3.copy({"Bucket": "all", "Key": "größe"}, "all", "copy + copy")

    assert came.getvalue() == large
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket="all")
    assert s3.get_bucket_location(Bucket="all")
    pages = s3.get_paginator("list_objects").paginate(
        Bucket="all", PaginationConfig={"PageSize": 1}
    )
    keys = [one["Key"] for page in pages for one in page["Contents"]]
    assert sorted(keys) == ["copy + copy", "größe"]
    s3.delete_objects(Bucket="all", Delete={"Objects": [{"Key": key} for key in keys]})
    assert s3.list_objects_v2(Bucket="all")["KeyCount"] == 0


def test_the_older_line_of_the_sdk_signs(keyed: Keyed):
    if not OLDER.exists() and os.environ.get("CI") != "true":
        pytest.skip("the older SDK is not installed: `make test` does it")
    for python in (OLDER, Path(sys.executable)):
        done = subprocess.run(
            [python, SCENARIO, f"{keyed.stack.url}/bedrock/files", "openai"],
            env={
                **os.environ,
                "AWS_ACCESS_KEY_ID": keyed.access_key_id,
                "AWS_SECRET_ACCESS_KEY": keyed.secret_access_key,
            },
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, done.stderr[-4000:]


def test_jobs_are_signed(keyed: Keyed, jobs: Any):
    own = client(keyed, "s3", "bedrock/files")
    own.put_object(
        Bucket="any", Key="in/questions.jsonl", Body=questions("openai", "[sandbox:seconds=30]")
    )
    own.close()
    arn = jobs.create_model_invocation_job(**asked())["jobArn"]

    assert jobs.get_model_invocation_job(jobIdentifier=arn)["jobArn"] == arn
    assert jobs.get_model_invocation_job(jobIdentifier=arn.rpartition("/")[2])["jobArn"] == arn
    found = jobs.list_model_invocation_jobs(nameContains="openai-job", maxResults=10)
    assert arn in [job["jobArn"] for job in found["invocationJobSummaries"]]
    jobs.stop_model_invocation_job(jobIdentifier=arn)
    error = refusal(jobs.get_model_invocation_job, jobIdentifier=UNKNOWN)
    assert error.response["Error"]["Code"] == "ResourceNotFoundException"


def test_the_key_itself_is_a_bearer_token(keyed: Keyed):
    for path in ("bedrock/files/any", "bedrock/model-invocation-jobs"):
        headers = {"authorization": f"Bearer {keyed.key}", **PROVIDER}
        assert requests.get(f"{keyed.stack.url}/{path}", headers=headers, timeout=10).ok


def test_another_secret_opens_nothing(keyed: Keyed):
    for version in ("s3v4", "s3"):
        storage = client(keyed, "s3", "bedrock/files", "wrong", signature_version=version)
        assert refused(storage.list_buckets) == (403, "SignatureDoesNotMatch")
        at = {"Bucket": "none", "Key": "none"}
        assert refused(storage.put_object, **at, Body=b"x") == (403, "SignatureDoesNotMatch")
        storage.close()
    jobs = client(keyed, "bedrock", "bedrock", "wrong")
    assert refused(jobs.list_model_invocation_jobs) == (403, "InvalidSignatureException")
    jobs.close()


def test_neither_secret_nor_signature_is_in_the_log(keyed: Keyed, s3: Any):
    s3.list_buckets()
    url = s3.generate_presigned_url("get_object", {"Bucket": "logged", "Key": "k"})
    raw("GET", url)

    said = (keyed.stack.data / "stack.log").read_text()

    assert "/bedrock/files/logged/k" in said
    assert not [text for text in (keyed.secret_access_key, keyed.key, "ignature=") if text in said]
