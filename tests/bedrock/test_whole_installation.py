"""boto3 against a live installation, from upload to results: what the guide shows, for every provider."""

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest
import requests
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from tests.bedrock.asking import IDS, MODELS, asked, questions, refusal
from tests.stack import Stack

TERMINAL = {"Completed", "Failed", "Stopped", "PartiallyCompleted", "Expired"}
KEY = "bifrost-batch-input/questions.jsonl"


@pytest.fixture
def clients(stack: Stack, provider: str) -> Iterator[tuple[Any, Any]]:
    """The clients for files and for jobs."""
    made = []
    for service, path in (("s3", "bedrock/files"), ("bedrock", "bedrock")):
        client: Any = boto3.client(
            service,
            endpoint_url=f"{stack.url}/{path}",
            region_name="us-west-2",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}),
        )
        client.meta.events.register("before-send", partial(name_provider, provider))
        made.append(client)
    yield made[0], made[1]
    for client in made:
        client.close()


def name_provider(provider: str, request: AWSPreparedRequest, **event: Any) -> None:
    request.headers["x-model-provider"] = provider


def wait(client: Any, arn: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get_model_invocation_job(jobIdentifier=arn)
        if job["status"] in TERMINAL:
            return job
        time.sleep(0.05)
    raise AssertionError(f"still {job['status']}")


@pytest.mark.parametrize("provider", MODELS)
def test_it_works(clients, provider: str):
    storage, jobs = clients
    bucket = f"{provider}-bucket"
    body = questions(provider, "What is 1 + 1?", "[sandbox:status=400]", model=MODELS[provider])
    put = storage.put_object(Bucket=bucket, Key=KEY, Body=body, ContentType="application/jsonl")
    file_id = put["ETag"].strip('"')
    name = KEY if provider == "bedrock" else file_id
    target = {"s3OutputDataConfig": {"s3Uri": f"s3://{bucket}/bifrost-batch-output/"}}
    tags = [{"key": "endpoint", "value": "/v1/chat/completions"}]
    wanted = asked(provider, f"s3://{bucket}/{name}", outputDataConfig=target, tags=tags)

    arn = jobs.create_model_invocation_job(**wanted)["jobArn"]
    job = wait(jobs, arn)

    assert (job["jobArn"], job["status"]) == (arn, "Completed")
    assert (job["successRecordCount"], job["errorRecordCount"]) == (1, 1)
    found = jobs.list_model_invocation_jobs(maxResults=10)["invocationJobSummaries"]
    assert arn in [one["jobArn"] for one in found]
    folder = f"bifrost-batch-output/{arn.rpartition('/')[2]}/"
    listed = storage.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    last = name.rpartition("/")[2].removesuffix(".jsonl")
    keys = {f"{folder}manifest.json.out", f"{folder}{last}.jsonl.out"}
    assert {one["Key"] for one in listed} == keys
    told = storage.get_object(Bucket=bucket, Key=f"{folder}{last}.jsonl.out")["Body"].read()
    assert [json.loads(line)[IDS[provider]] for line in told.splitlines()] == ["c0", "c1"]
    manifest = storage.get_object(Bucket=bucket, Key=f"{folder}manifest.json.out")["Body"].read()
    assert json.loads(manifest)["processedRecordCount"] == 2


@pytest.mark.parametrize("provider", ["openai"])
def test_it_is_stopped(clients):
    storage, jobs = clients
    storage.put_object(Bucket="any", Key=KEY, Body=questions("openai", "[sandbox:seconds=30]", "b"))
    arn = jobs.create_model_invocation_job(**asked(source=f"s3://any/{KEY}"))["jobArn"]
    jobs.stop_model_invocation_job(jobIdentifier=arn)
    assert wait(jobs, arn)["status"] == "Stopped"
    error = refusal(jobs.stop_model_invocation_job, jobIdentifier=arn)
    assert isinstance(error, jobs.exceptions.ConflictException)


def test_a_server_takes_an_arn_however_it_is_written(stack: Stack):
    """Here it is the web server that decodes the path."""
    arn = "arn:aws:bedrock:us-west-2:000000000000:model-invocation-job/abcdefghijkl"
    for path in (arn, arn.replace(":", "%3A"), arn.replace("/", "%2F"), arn.replace("/", "%252f")):
        answer = requests.get(
            f"{stack.url}/bedrock/model-invocation-job/{path}",
            headers={"authorization": "Bearer any"},
            timeout=10,
        )
        assert answer.status_code == 404
        assert answer.headers["x-amzn-errortype"] == "ResourceNotFoundException"
        assert "was not found" in answer.json()["message"]
