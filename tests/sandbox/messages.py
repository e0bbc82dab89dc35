"""Requests for message batches, and the way from requests to results."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from anthropic import Anthropic
from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
from pydantic import BaseModel

MODEL = "claude-sonnet-4-5"


def params(text: Any = "Hello", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": MODEL, "max_tokens": 1024, "messages": messages, **more}


def ask(custom_id: str, text: Any = "Hello", **more: Any) -> dict[str, Any]:
    return {"custom_id": custom_id, "params": params(text, **more)}


def asks(count: int, first_text: str = "Hello") -> list[dict[str, Any]]:
    """Some requests, of which the first may carry a directive."""
    return [ask("c0", first_text), *(ask(f"c{number}") for number in range(1, count))]


def submit(client: Anthropic, requests: Iterable[Any], **more: Any) -> MessageBatch:
    return client.messages.batches.create(requests=list(requests), **more)


def wait(
    client: Anthropic, batch: MessageBatch, until: Callable[[MessageBatch], bool] | None = None
) -> MessageBatch:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        batch = client.messages.batches.retrieve(batch.id)
        if until(batch) if until else batch.processing_status == "ended":
            return batch
        time.sleep(0.01)
    raise AssertionError(f"the batch is still {batch.processing_status}")


def run(client: Anthropic, requests: Iterable[Any], **more: Any) -> MessageBatch:
    return wait(client, submit(client, requests, **more))


def results(client: Anthropic, batch: MessageBatch) -> list[dict[str, Any]]:
    """The lines of the results, each of which must be what the SDK's types say and no more."""
    assert batch.results_url is not None
    answer = client.get(batch.results_url, cast_to=bytes, options={"headers": {"accept": "*/*"}})
    lines = [json.loads(line) for line in answer.splitlines()]
    for line in lines:
        check_exactly(MessageBatchIndividualResponse.model_validate(line))
    return lines


def by_id(client: Anthropic, batch: MessageBatch) -> dict[str, dict[str, Any]]:
    return {line["custom_id"]: line["result"] for line in results(client, batch)}


def answer(client: Anthropic, params: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The message that answers one request, which must succeed."""
    batch = run(client, [{"custom_id": "only", "params": params}], **more)
    (line,) = results(client, batch)
    assert line["result"]["type"] == "succeeded", line
    message: dict[str, Any] = line["result"]["message"]
    return message


def error(client: Anthropic, params: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The error of one request, which must be refused."""
    batch = run(client, [{"custom_id": "only", "params": params}], **more)
    (line,) = results(client, batch)
    assert line["result"]["type"] == "errored", line
    refused: dict[str, Any] = line["result"]["error"]["error"]
    return refused


def check_exactly(value: Any) -> None:
    """Raises AssertionError where an object has fields that the SDK does not know."""
    if isinstance(value, list):
        for item in value:
            check_exactly(item)
    if isinstance(value, BaseModel):
        assert not value.model_extra, (type(value).__name__, value.model_extra)
        for name in type(value).model_fields:
            check_exactly(getattr(value, name))
