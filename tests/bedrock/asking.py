"""What the tests ask for, and the way from a job to its end without a worker."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError

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
    """Records in the words of a vendor, the ids of which are their texts."""
    return jsonl(_LINES[dialect](text, model) for text in texts)


def _openai(text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return line(text, {"model": model, "messages": messages, "max_tokens": 100})


def _anthropic(text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"custom_id": text, "params": {"model": model, "max_tokens": 100, "messages": messages}}


def _gemini(text: str, model: str) -> dict[str, Any]:
    contents = [{"role": "user", "parts": [{"text": text}]}]
    return {"key": text, "request": {"contents": contents}}


def _bedrock(text: str, model: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": [{"text": text}]}]
    return {"recordId": text, "modelInput": {"messages": messages}}


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
