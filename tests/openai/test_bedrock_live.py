"""Each call of the guide for Bedrock, against a live installation."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI

from tests.openai.providers import names, said
from tests.sandbox import bedrock
from tests.sandbox.records import CHAT, jsonl, line, results, wait
from tests.stack import Stack

MODEL = "anthropic.claude-3-sonnet-20240229-v1:0"
NAMED: Any = {"provider": "bedrock"}
BUCKET = "your-s3-bucket"


@pytest.fixture(scope="module")
def s3(stack: Stack) -> Iterator[Any]:
    # The sandbox's own account.
    with bedrock.connected(stack.sandbox_url, "sandbox") as clients:
        yield clients.storage


def place(prefix: str) -> dict[str, Any]:
    s3 = {"bucket": BUCKET, "region": "us-west-2", "prefix": prefix}
    return {**NAMED, "storage_config": {"s3": s3}}


def question(name: str, text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return line(name, {"model": MODEL, "messages": messages, "max_tokens": 100})


def test_the_guide(openai: OpenAI, s3: Any):
    texts = ["What is 2+2?", "What is the capital of France?"]
    content = jsonl(question(f"req-{number}", text) for number, text in enumerate(texts)).rstrip()
    file = openai.files.create(
        file=("batch_e2e.jsonl", content, "application/jsonl"),
        purpose="batch",
        extra_body=place("batch-input"),
    )
    key = f"batch-input/{file.id}/batch_e2e.jsonl"
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == content
    assert file in list(openai.files.list(extra_query=place("batch-input")))
    assert openai.files.retrieve(file.id, extra_query=NAMED) == file
    assert openai.files.content(file.id, extra_query=NAMED).read() == content

    output = f"s3://{BUCKET}/batch-output"
    batch = openai.batches.create(
        input_file_id=file.id,
        endpoint=CHAT,
        completion_window="24h",
        extra_body={**NAMED, "model": MODEL, "output_s3_uri": output},
    )
    listed = openai.batches.list(limit=10, extra_query={**NAMED, "model": MODEL})
    assert batch.id in [one.id for one in listed.data]
    batch = wait(openai, batch)

    assert openai.batches.retrieve(batch.id, extra_query=NAMED) == batch
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}
    answers = results(openai, batch.output_file_id)
    assert names(answers) == ["req-0", "req-1"]
    assert all(said(one).endswith(text) for one, text in zip(answers, texts, strict=True))
    assert openai.files.delete(file.id, extra_query=NAMED).deleted
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="batch-input/")


@pytest.mark.parametrize("key", ["theirs/dir/a b+c.jsonl", "theirs/ü//日本%2F?#.jsonl"])
def test_what_others_put_into_the_bucket(openai: OpenAI, s3: Any, key: str):
    content = jsonl([question("theirs", "What is the largest ocean?")])
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    name = f"s3://{BUCKET}/{key}"

    file = next(one for one in openai.files.list(extra_query=place("theirs")) if one.id == name)

    assert openai.files.retrieve(file.id, extra_query=NAMED) == file
    assert openai.files.content(file.id, extra_query=NAMED).read() == content
    batch = openai.batches.create(
        input_file_id=file.id, endpoint=CHAT, completion_window="24h", extra_body=NAMED
    )
    batch = wait(openai, batch)
    assert (batch.status, batch.input_file_id) == ("completed", name)
    assert names(results(openai, batch.output_file_id)) == ["theirs"]
    assert openai.files.delete(file.id, extra_query=NAMED).id == name
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix=key)
