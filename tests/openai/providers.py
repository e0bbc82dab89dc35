"""Records for any provider, and a batch of them on its way to an end without a worker."""

from typing import Any

import pytest
from openai import OpenAI
from openai.types import Batch as SDKBatch

from batches.models import Batch
from tests.batches.conftest import live
from tests.sandbox.records import jsonl, line, submit

MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-3-sonnet-20240229",
    "gemini": "gemini-1.5-flash",
    "bedrock": "anthropic.claude-3-sonnet-20240229-v1:0",
}
# Of fewer records Bedrock makes no job.
ENOUGH = 100
OTHERS = [provider for provider in MODELS if provider != "openai"]


def chat(provider: str, name: str, text: str = "Hello!", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return line(name, {"model": MODELS[provider], "messages": messages, "max_tokens": 100, **more})


def chats(provider: str, *texts: str) -> bytes:
    return jsonl(chat(provider, f"c{number}", text) for number, text in enumerate(texts))


def send(client: OpenAI, provider: str, content: bytes, **more: Any) -> SDKBatch:
    return submit(client, content, extra_body={"provider": provider, **more})


def names(lines: list[dict]) -> list[str]:
    return [one["custom_id"] for one in lines]


def said(result: dict) -> str:
    """What an answer says, in whatever dialect."""
    body = result.get("modelOutput") or result.get("response") or result["result"]["message"]
    body = body.get("body", body)
    if "choices" in body:
        return body["choices"][0]["message"]["content"]
    if "candidates" in body:
        return body["candidates"][0]["content"]["parts"][0]["text"]
    return (body.get("output", {}).get("message") or body)["content"][0]["text"]


def request(name: str, text: str) -> dict:
    messages = [{"role": "user", "content": text}]
    params = {"model": MODELS["anthropic"], "max_tokens": 100, "messages": messages}
    return {"custom_id": name, "params": params}


def row(batch: SDKBatch) -> Batch:
    return Batch.objects.get(pk=batch.id.removeprefix("batch_"))


def lived(client: OpenAI, batch: SDKBatch) -> SDKBatch:
    live(row(batch), seconds=60)
    return client.batches.retrieve(batch.id)


def live_on(batch: SDKBatch, *, until: str) -> None:
    """It does not end by itself."""
    for _ in range(100):
        with pytest.raises(AssertionError, match="still"):
            live(row(batch), seconds=0.05)
        if row(batch).status == until:
            return
    raise AssertionError(f"not {until}")
