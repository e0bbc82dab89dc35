"""What the real SDKs send is described, and so is what they are answered: Judge looks at each call."""

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from google.genai.errors import ClientError
from httpx2 import Client as HTTPClient
from httpx2 import WSGITransport
from openai import OpenAI

from batches.models import Batch
from files.models import File
from tests.anthropic.asking import request
from tests.batches.conftest import live
from tests.bedrock.client import ROLE
from tests.bedrock.client import boto as bedrock
from tests.genai.asking import ask, connected, lines, upload
from tests.openai.conftest import credentials, sandbox_url  # noqa: F401 -- fixtures
from tests.openapi.judge import Judge
from tests.openapi.surfaces import EVERY
from tests.s3.client import Server, boto
from tests.sandbox.records import chats, jsonl, submit

NOT_SENT = {"resumeUploadByPut"}
pytestmark = pytest.mark.usefixtures("workspace", "inside_one_transaction")


@pytest.fixture
def judge() -> Judge:
    return Judge()


@pytest.fixture
def http(judge: Judge) -> Iterator[HTTPClient]:
    with HTTPClient(transport=WSGITransport(app=judge)) as made:
        yield made


def all_seen(judge: Judge, document: str) -> bool:
    """Whether each operation did what it is for, and something was refused."""
    names = {one.operation["operationId"] for one in EVERY if one.document == document}
    done = {name for name, statuses in judge.seen.items() if any(one < 300 for one in statuses)}
    return done == names - NOT_SENT and any(one >= 400 for one in sum(judge.seen.values(), []))


def lived(batch_id: str) -> None:
    live(Batch.objects.get(pk=batch_id[-12:]))


def test_openai(judge: Judge, http: HTTPClient, credentials: object):  # noqa: F811
    client = OpenAI(
        base_url="http://testserver/openai", api_key="any", http_client=http, max_retries=0
    )

    batch = submit(client, jsonl(chats(2)), metadata={"a": "b"})
    client.batches.list(limit=1)
    lived(batch.id)
    batch = client.batches.retrieve(batch.id)
    client.files.content(batch.output_file_id)
    client.files.list(purpose="batch_output")
    client.batches.cancel(submit(client, jsonl(chats(2))).id)
    client.files.retrieve(batch.input_file_id)
    client.files.delete(batch.input_file_id)
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(batch.input_file_id)
    with pytest.raises(openai.BadRequestError):
        client.batches.cancel(batch.id)

    assert all_seen(judge, "/openai/openapi.json")


def test_anthropic(judge: Judge, http: HTTPClient, credentials: object):  # noqa: F811
    client = Anthropic(
        base_url="http://testserver/anthropic", api_key="any", http_client=http, max_retries=0
    )
    batches, files = client.beta.messages.batches, client.beta.files

    file = files.upload(file=("a.txt", b"text", "text/plain"))
    files.retrieve_metadata(file.id)
    files.download(file.id)
    files.list()
    files.delete(file.id)
    with pytest.raises(anthropic.NotFoundError):
        files.retrieve_metadata(file.id)
    batch = batches.create(requests=[request("a"), request("b")])
    batches.list()
    with pytest.raises(anthropic.NotFoundError):
        client.get(f"/v1/messages/batches/{batch.id}/results", cast_to=object)
    lived(batch.id)
    batches.retrieve(batch.id)
    assert len(list(batches.results(batch.id))) == 2
    batches.delete(batch.id)
    batches.cancel(batches.create(requests=[request("a")]).id)

    assert all_seen(judge, "/anthropic/openapi.json")


def test_genai(judge: Judge, http: HTTPClient, credentials: object):  # noqa: F811
    client = connected("http://testserver", http=http)
    model = "gemini-2.5-flash"

    file = upload(client, lines("One", "Two"), display_name="in.jsonl")
    client.files.get(name=file.name)
    client.files.list()
    client.files.download(file=file)
    batch = client.batches.create(model=model, src=file.name)
    lived(batch.name)
    assert client.batches.get(name=batch.name).dest.file_name
    inline = client.batches.create(model=model, src=[ask("One")])
    lived(inline.name)
    assert client.batches.get(name=inline.name).dest.inlined_responses
    with pytest.warns(match="experimental"):
        embedded = client.batches.create_embeddings(
            model="gemini-embedding-001",
            src={"inlined_requests": {"contents": [{"parts": [{"text": "One"}]}]}},
        )
    client.batches.list()
    client.batches.cancel(name=embedded.name)
    client.batches.delete(name=inline.name)
    client.files.delete(name=file.name)
    with pytest.raises(ClientError):
        client.files.get(name=file.name)

    assert all_seen(judge, "/genai/openapi.json")


class Through:
    """What boto3's client asks, as Django's own client would be asked."""

    def __init__(self, http: HTTPClient) -> None:
        self.http = http

    def generic(
        self,
        method: str,
        path: str,
        data: bytes,
        content_type: str,
        *,
        QUERY_STRING: str,
        headers: dict[str, str],
    ) -> Any:
        return self.http.request(
            method,
            f"http://testserver{path}?{QUERY_STRING}",
            content=data,
            headers={**headers, "content-type": content_type},
        )


def test_bedrock(judge: Judge, http: HTTPClient, accounts: None, file: File):
    client = bedrock(Through(http), "openai")

    arn = client.create_model_invocation_job(
        jobName="nightly",
        modelId="gpt-5-mini",
        roleArn=ROLE,
        inputDataConfig={"s3InputDataConfig": {"s3Uri": "s3://known/known"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://known/out/"}},
        clientRequestToken="once",
        timeoutDurationInHours=24,
        tags=[{"key": "a", "value": "b"}],
    )["jobArn"]
    client.list_model_invocation_jobs(nameContains="night", maxResults=1, sortOrder="Ascending")
    client.stop_model_invocation_job(jobIdentifier=arn)
    client.get_model_invocation_job(jobIdentifier=arn)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_model_invocation_job(jobIdentifier="000000000000")

    assert all_seen(judge, "/bedrock/openapi.json")


def test_s3(judge: Judge):
    server = Server()
    server.application = judge  # type: ignore[assignment]
    client, at = boto(server, "openai"), {"Bucket": "bucket", "Key": "a/key"}

    client.create_bucket(Bucket="bucket")
    client.put_object(**at, Body=b"0123456789", Metadata={"a": "b"})
    client.head_bucket(Bucket="bucket")
    client.head_object(**at)
    assert client.get_object(**at)["Body"].read() == b"0123456789"
    assert client.get_object(**at, Range="bytes=2-3")["Body"].read() == b"23"
    client.get_object_tagging(**at)
    client.list_buckets()
    client.list_objects(Bucket="bucket")
    client.list_objects_v2(Bucket="bucket", Delimiter="/")
    client.get_bucket_location(Bucket="bucket")
    client.get_bucket_versioning(Bucket="bucket")
    client.copy_object(Bucket="bucket", Key="copy", CopySource=at)
    in_parts(client, at)
    client.delete_object(**at)
    client.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "copy"}]})
    client.delete_bucket(Bucket="bucket")
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(**at)

    assert all_seen(judge, "/bedrock/openapi-s3.json")


def in_parts(client: Any, at: dict[str, str]) -> None:
    upload_id = client.create_multipart_upload(**at)["UploadId"]
    part = {**at, "UploadId": upload_id, "PartNumber": 1}
    tag = client.upload_part(**part, Body=b"part")["ETag"]
    client.list_parts(**at, UploadId=upload_id)
    client.list_multipart_uploads(Bucket=at["Bucket"])
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    client.complete_multipart_upload(**at, UploadId=upload_id, MultipartUpload=parts)
    other = client.create_multipart_upload(**at)["UploadId"]
    client.abort_multipart_upload(**at, UploadId=other)
