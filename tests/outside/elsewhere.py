"""Jobs that somebody makes at a simulated provider with its own SDK, past Bifrost."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from anthropic import Anthropic
from openai import OpenAI

from providers.models import Credential
from tests.sandbox import bedrock, gemini
from tests.vendor_models import MODELS

HELLO = "Hello"


def jsonl(lines: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def openai(url: str, key: str, texts: Sequence[str]) -> str:
    lines = [
        {
            "custom_id": f"theirs-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": MODELS["openai"], "messages": [{"role": "user", "content": text}]},
        }
        for number, text in enumerate(texts)
    ]
    with OpenAI(base_url=f"{url}/openai/v1", api_key=key, max_retries=0) as client:
        file = client.files.create(file=("their.jsonl", jsonl(lines)), purpose="batch")
        return client.batches.create(
            input_file_id=file.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={"description": "nightly"},
        ).id


def anthropic(url: str, key: str, texts: Sequence[str]) -> str:
    asked: list[Any] = [
        {
            "custom_id": f"theirs-{number}",
            "params": {
                "model": MODELS["anthropic"],
                "max_tokens": 50,
                "messages": [{"role": "user", "content": text}],
            },
        }
        for number, text in enumerate(texts)
    ]
    with Anthropic(base_url=f"{url}/anthropic", api_key=key, max_retries=0) as client:
        return client.messages.batches.create(requests=asked).id


def from_a_file(url: str, key: str, texts: Sequence[str]) -> str:
    lines = [gemini.line(f"theirs-{number}", text) for number, text in enumerate(texts)]
    with gemini.connected(url, key) as client:
        file = gemini.upload(client, gemini.jsonl(lines))
        config = {"display_name": "nightly"}
        return client.batches.create(model=MODELS["gemini"], src=file, config=config).name or ""


def inline(url: str, key: str, texts: Sequence[str]) -> str:
    """The SDK's users need give their requests no names."""
    with gemini.connected(url, key) as client:
        asked = [gemini.ask(text) for text in texts]
        return client.batches.create(model=MODELS["gemini"], src=asked).name or ""


def aws(url: str, key: str, texts: Sequence[str]) -> str:
    records = [
        {"recordId": f"theirs-{number}", "modelInput": bedrock.messages(text)}
        for number, text in enumerate(texts)
    ]
    with bedrock.connected(url, key) as clients:
        return bedrock.submit(
            clients,
            records,
            jobName="nightly",
            modelId=MODELS["bedrock"],
            modelInvocationType="InvokeModel",
            inputDataConfig={
                "s3InputDataConfig": {"s3Uri": f"s3://{bedrock.BUCKET}/in/questions.jsonl"}
            },
        )


MADE_BY: dict[str, Callable[[str, str, Sequence[str]], str]] = {
    "openai": openai,
    "anthropic": anthropic,
    "gemini": from_a_file,
    "bedrock": aws,
}


def make(credential: Credential, url: str, *texts: str, how: Any = None) -> str:
    """The provider's id of the new job. A text may be an order to the sandbox."""
    key = credential.options.get("access_key_id") or credential.secret
    return (how or MADE_BY[credential.provider])(url, key, texts or (HELLO, HELLO))
