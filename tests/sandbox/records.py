"""Lines for batches, and the way from lines to results."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Literal

from openai import OpenAI
from openai.types import Batch

PATIENCE = 60  # seconds, for a busy machine
TERMINAL = {"completed", "failed", "expired", "cancelled"}
CHAT: Literal["/v1/chat/completions"] = "/v1/chat/completions"


def line(custom_id: str, body: Any, *, url: str = CHAT) -> dict[str, Any]:
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body}


def chat(custom_id: str, text: str = "Hello", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return line(custom_id, {"model": "gpt-5-mini", "messages": messages, **more})


def chats(count: int, first_text: str = "Hello") -> list[dict[str, Any]]:
    """Some records, of which the first may carry a directive."""
    return [chat("c0", first_text), *(chat(f"c{number}") for number in range(1, count))]


def jsonl(lines: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in lines)


def upload(client: OpenAI, content: bytes) -> str:
    return client.files.create(file=("in.jsonl", content), purpose="batch").id


def submit(client: OpenAI, content: bytes, *, endpoint: Any = CHAT, **more: Any) -> Batch:
    return client.batches.create(
        input_file_id=upload(client, content),
        endpoint=endpoint,
        completion_window="24h",
        **more,
    )


def wait(client: OpenAI, batch: Batch, until: Callable[[Batch], bool] | None = None) -> Batch:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        batch = client.batches.retrieve(batch.id)
        if until(batch) if until else batch.status in TERMINAL:
            return batch
        time.sleep(0.05)
    raise AssertionError(f"the batch is still {batch.status}")


def run(client: OpenAI, lines: Iterable[Any], *, endpoint: Any = CHAT) -> Batch:
    return wait(client, submit(client, jsonl(lines), endpoint=endpoint))


def results(client: OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    assert file_id is not None
    return [json.loads(item) for item in client.files.content(file_id).text.splitlines()]


def by_id(client: OpenAI, file_id: str | None) -> dict[str, dict[str, Any]]:
    return {result["custom_id"]: result for result in results(client, file_id)}


def answer(client: OpenAI, body: dict[str, Any], *, endpoint: str = CHAT) -> dict[str, Any]:
    """The body of the answer to one record that must succeed."""
    batch = run(client, [line("only", body, url=endpoint)], endpoint=endpoint)
    (result,) = results(client, batch.output_file_id)
    assert result["response"]["status_code"] == 200
    answered: dict[str, Any] = result["response"]["body"]
    return answered


def error(client: OpenAI, body: dict[str, Any], *, endpoint: str = CHAT) -> dict[str, Any]:
    """The error of one record that must be refused."""
    batch = run(client, [line("only", body, url=endpoint)], endpoint=endpoint)
    assert batch.output_file_id is None
    (result,) = results(client, batch.error_file_id)
    assert result["error"] is None
    refused: dict[str, Any] = result["response"]["body"]["error"]
    return refused
