"""Records for Bedrock's jobs, and the way from records to results."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

CLAUDE = "anthropic.claude-3-5-sonnet-20241022-v2:0"
LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"
NOVA = "amazon.nova-lite-v1:0"
BUCKET = "batches"
ROLE = "arn:aws:iam::123456789012:role/batches"
ENDED = {"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"}

Line = dict[str, Any]


class Clients(NamedTuple):
    jobs: Any
    models: Any
    storage: Any


@contextmanager
def connected(sandbox: str, key: str) -> Iterator[Clients]:
    paths = {"bedrock": "bedrock", "bedrock-runtime": "bedrock-runtime", "s3": "s3"}
    clients = Clients(
        *(
            boto3.client(
                service,
                endpoint_url=f"{sandbox}/{path}",
                region_name="eu-west-1",
                aws_access_key_id=key,
                aws_secret_access_key="secret",
                config=Config(retries={"total_max_attempts": 1}),
            )
            for service, path in paths.items()
        )
    )
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


def converse(text: str = "Hello", **more: Any) -> Line:
    return {"messages": [{"role": "user", "content": [{"text": text}]}], **more}


def messages(text: str = "Hello", **more: Any) -> Line:
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": text}],
        **more,
    }


def lines(*bodies: Line) -> list[Line]:
    return [{"recordId": f"r{number}", "modelInput": body} for number, body in enumerate(bodies)]


def jsonl(items: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def put(clients: Clients, content: bytes, key: str = "in/questions.jsonl") -> str:
    clients.storage.put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"s3://{BUCKET}/{key}"


def asked(source: str = f"s3://{BUCKET}/in/", **more: Any) -> dict[str, Any]:
    return {
        "jobName": "job",
        "roleArn": ROLE,
        "modelId": LLAMA,
        "modelInvocationType": "Converse",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": source}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/out/"}},
        **more,
    }


def submit(clients: Clients, records: Iterable[Any], **more: Any) -> str:
    source = put(clients, jsonl(records))
    arn: str = clients.jobs.create_model_invocation_job(**asked(source, **more))["jobArn"]
    return arn


def wait(clients: Clients, arn: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job: dict[str, Any] = clients.jobs.get_model_invocation_job(jobIdentifier=arn)
        if job["status"] in ENDED:
            return job
        time.sleep(0.01)
    raise AssertionError(f"the job is still {job['status']}")


def output(clients: Clients, arn: str, name: str = "questions.jsonl.out") -> bytes:
    key = f"out/{arn.rpartition('/')[2]}/{name}"
    content: bytes = clients.storage.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def results(clients: Clients, arn: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output(clients, arn).splitlines()]


def run(clients: Clients, *bodies: Line, **more: Any) -> dict[str, dict[str, Any]]:
    """The results of a job that must complete, by their records."""
    arn = submit(clients, lines(*bodies), **more)
    job = wait(clients, arn)
    assert job["status"] == "Completed", job
    return {result["recordId"]: result for result in results(clients, arn)}


def answer(clients: Clients, body: Line, **more: Any) -> Any:
    """The answer to one record that must succeed."""
    result = run(clients, body, **more)["r0"]
    assert set(result) == {"recordId", "modelInput", "modelOutput"}, result.get("error")
    return result["modelOutput"]


def error(clients: Clients, body: Line, **more: Any) -> Any:
    """The error of one record that must fail."""
    result = run(clients, body, **more)["r0"]
    assert set(result) == {"recordId", "modelInput", "error"}, result
    return result["error"]
