"""Each vendor's SDK raises its own error for what is not found."""

from collections.abc import Callable
from typing import Any, NamedTuple

import anthropic
import boto3
import openai
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from django.test import Client
from google import genai
from google.genai import errors, types
from httpx2 import Client as HTTPClient

from batches.models import Batch
from files.models import File
from tests.bedrock.client import REGION, Inside
from tests.scoping.estate import BUCKET, KEY, Estate

ROOT = "http://testserver"


class Theirs(NamedTuple):
    """A file and a batch that are there to be read, by whoever owns them."""

    file: str
    batch: str


@pytest.fixture
def theirs(estate: Estate) -> Theirs:
    file = File.objects.visible(estate.workspace).filter(name="", bucket="")[0]
    batch = Batch.objects.visible(estate.workspace).filter(completed_at__isnull=False)[0]
    return Theirs(file.pk, batch.pk)


@pytest.fixture
def http(estate: Estate, http: HTTPClient) -> HTTPClient:
    """Django's own client, which makes the estate, leaves the signals connected."""
    return http


@pytest.fixture
def aws_client(client: Client, key: str) -> Callable[..., Any]:
    """Makes clients of AWS's that send their key in a header."""

    def make(service: str, path: str, **headers: str) -> Any:
        made: Any = boto3.client(
            service,
            endpoint_url=f"{ROOT}{path}",
            region_name=REGION,
            config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
        )

        def add(request: AWSPreparedRequest, **event: Any) -> None:
            for name, text in {"x-bf-vk": key, **headers}.items():
                request.headers[name.replace("_", "-")] = text

        made.meta.events.register("before-send", add)
        made.meta.events.register_last("before-send", Inside(client))
        return made

    return make


def test_openais_sdk_finds_nothing(http: HTTPClient, key: str, theirs: Theirs):
    sdk = openai.OpenAI(base_url=f"{ROOT}/openai/v1", api_key=key, http_client=http, max_retries=0)

    for call in (sdk.files.retrieve, sdk.files.content, sdk.files.delete):
        with pytest.raises(openai.NotFoundError):
            call(f"file-{theirs.file}")
    for ask in (sdk.batches.retrieve, sdk.batches.cancel):
        with pytest.raises(openai.NotFoundError):
            ask(f"batch_{theirs.batch}")
    assert list(sdk.files.list()) == []
    assert list(sdk.batches.list()) == []


def test_anthropics_sdk_finds_nothing(http: HTTPClient, key: str, theirs: Theirs):
    sdk = anthropic.Anthropic(
        base_url=f"{ROOT}/anthropic", api_key=key, http_client=http, max_retries=0
    )
    batches = sdk.messages.batches

    for call in (sdk.beta.files.retrieve_metadata, sdk.beta.files.download, sdk.beta.files.delete):
        with pytest.raises(anthropic.NotFoundError):
            call(f"file_{theirs.file}")
    for of_batch in (batches.retrieve, batches.cancel, batches.delete):
        with pytest.raises(anthropic.NotFoundError):
            of_batch(f"msgbatch_{theirs.batch}")
    assert list(sdk.beta.files.list()) == []
    assert list(batches.list()) == []


def test_googles_sdk_finds_nothing(http: HTTPClient, key: str, theirs: Theirs):
    options = types.HttpOptions(base_url=f"{ROOT}/genai", httpx_client=http)
    sdk = genai.Client(api_key=key, http_options=options)

    for file_call in (sdk.files.get, sdk.files.delete):
        with pytest.raises(errors.ClientError) as caught:
            file_call(name=f"files/{theirs.file}")
        assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    for call in (sdk.batches.get, sdk.batches.cancel, sdk.batches.delete):
        with pytest.raises(errors.ClientError) as caught:
            call(name=f"batches/{theirs.batch}")
        assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")
    assert list(sdk.files.list()) == []
    assert list(sdk.batches.list()) == []


def test_bedrocks_sdk_finds_nothing(aws_client: Callable[..., Any], theirs: Theirs):
    jobs = aws_client("bedrock", "/bedrock")

    for call in (jobs.get_model_invocation_job, jobs.stop_model_invocation_job):
        with pytest.raises(jobs.exceptions.ResourceNotFoundException):
            call(jobIdentifier=theirs.batch)
    assert jobs.list_model_invocation_jobs()["invocationJobSummaries"] == []


def test_s3s_sdk_finds_nothing(aws_client: Callable[..., Any], estate: Estate):
    own = aws_client("s3", "/bedrock/files", x_model_provider="openai")
    window = aws_client("s3", "/bedrock/files")
    (upload,), (part,) = estate.kinds["upload"], estate.kinds["part"]

    for client, bucket, key in ((own, BUCKET, KEY), (window, estate.bucket, estate.keys[0])):
        with pytest.raises(client.exceptions.NoSuchKey):
            client.get_object(Bucket=bucket, Key=key)
        client.delete_object(Bucket=bucket, Key=key)
        assert "Contents" not in client.list_objects_v2(Bucket=bucket)
        assert "CommonPrefixes" not in client.list_objects_v2(Bucket=bucket, Delimiter="/")
        assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    for client, bucket, key, known in (
        (own, BUCKET, KEY, upload),
        (window, estate.bucket, "theirs/parts.jsonl", part),
    ):
        with pytest.raises(ClientError, match="NoSuchUpload"):
            client.list_parts(Bucket=bucket, Key=key, UploadId=known.theirs)


def test_what_others_have_is_not_written_over(
    aws_client: Callable[..., Any], estate: Estate, aws: Any
):
    """The names in a bucket are S3's, and one for all: to write to it would harm the others."""
    window = aws_client("s3", "/bedrock/files")

    with pytest.raises(ClientError) as caught:
        window.put_object(Bucket=estate.bucket, Key=estate.keys[0], Body=b"mine")

    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert "workspace" not in caught.value.response["Error"]["Message"]
    assert b"mine" not in estate.bytes(aws)
