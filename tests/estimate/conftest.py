"""What the tests of estimates share: records, files, and a client with a key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from files import services as files
from files.models import File
from providers.models import VirtualKey, Workspace
from tests.keys.conftest import workspace

__all__ = ["workspace"]

PATH = "/bifrost/v1/estimate"


def record(number: int, **body: Any) -> dict[str, Any]:
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello " * 40}]}
    return {
        "custom_id": f"c-{number}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {**asked, **body},
    }


def jsonl(*records: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def stored(workspace: Workspace, content: bytes, **fields: Any) -> File:
    with files.writing(workspace) as writer:
        writer.write(content)
    return files.publish(writer.file, **{"purpose": "batch", "filename": "in.jsonl", **fields})


@pytest.fixture
def key_of(workspace: Workspace) -> Callable[..., str]:
    def make(**fields: Any) -> str:
        key = VirtualKey(**{"workspace": workspace, "name": "laptop", **fields})
        text = key.renew().key
        key.save()
        return text

    return make


@pytest.fixture
def ask(client: Client, key_of: Callable[..., str]) -> Callable[..., Any]:
    """Asks for an estimate: `ask(input_file_id=…)`, or `ask(content=…, query=…)` with lines."""
    usual = key_of()

    def ask(*, key: str = "", content: bytes | None = None, query: str = "", **body: Any) -> Any:
        headers = {"authorization": f"Bearer {key or usual}"}
        path = f"{PATH}?{query}" if query else PATH
        if content is not None:
            return client.post(path, content, "application/jsonl", headers=headers)
        return client.post(path, json.dumps(body), "application/json", headers=headers)

    return ask
