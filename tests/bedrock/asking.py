"""What the tests ask for, and the way from a job to its end without a worker."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batches import services
from batches.models import Batch
from files import services as files
from files.models import File
from tests.bedrock.client import ROLE
from tests.openai.providers import MODELS as OTHERS
from tests.sandbox.records import jsonl, line

MODELS = {**OTHERS, "bedrock": "us.meta.llama3-3-70b-instruct-v1:0"}
SOURCE, TARGET = "s3://any/in/questions.jsonl", "s3://any/out/"


def asked(provider: str = "openai", source: str = SOURCE, **more: Any) -> dict[str, Any]:
    """The arguments of a create, of which those that are None are left out."""
    wanted = {
        "jobName": f"{provider}-job",
        "roleArn": ROLE,
        "modelId": MODELS[provider],
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": source, "s3InputFormat": "JSONL"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": TARGET}},
        **more,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def questions(dialect: str, *texts: str, model: str = "gpt-4o-mini") -> bytes:
    """Records in the words of a vendor, called c0, c1 …"""
    said = _LINES[dialect]
    return jsonl(said(f"c{number}", text, model) for number, text in enumerate(texts))


def _openai(name: str, text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return line(name, {"model": model, "messages": messages, "max_tokens": 100})


def _anthropic(name: str, text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"custom_id": name, "params": {"model": model, "max_tokens": 100, "messages": messages}}


def _gemini(name: str, text: str, model: str) -> dict[str, Any]:
    contents = [{"role": "user", "parts": [{"text": text}]}]
    return {"key": name, "request": {"contents": contents}}


def _bedrock(name: str, text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"text": text}]}]
    return {"recordId": name, "modelInput": {"messages": messages}}


_LINES = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini, "bedrock": _bedrock}
IDS = {"openai": "custom_id", "anthropic": "custom_id", "gemini": "key", "bedrock": "recordId"}


def row(arn: str) -> Batch:
    return Batch.objects.get(pk=arn.rpartition("/")[2])


def content(file: File) -> list[dict[str, Any]]:
    return [json.loads(one) for one in b"".join(files.stream(file)).splitlines()]


def names(jobs: Iterable[dict[str, Any]]) -> list[str]:
    return [job["jobName"] for job in jobs]


def refusal(call: Any, **arguments: Any) -> ClientError:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value


def run(batch: Batch) -> None:
    """Until its provider is done, and what remains is to fetch, write and deliver."""
    services.advance(batch.pk)
    while not batch.jobs.filter(status="ended").exists():
        for credential_id in services.credentials_due():
            services.poll(credential_id)
