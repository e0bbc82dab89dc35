"""Whatever is sent to whatever route: no 5xx, and the error is in the words of the surface."""

import json
from typing import Any

import pytest
from defusedxml import ElementTree
from django.test import Client
from hypothesis import HealthCheck, event, given, settings

from batches.models import Batch
from files.models import File
from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.hostile.routes import Asked, as_sent, asked, named

MANY = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
SHAPES: dict[str, dict[str, Any]] = {
    "openai": {"error": {"message", "type", "param", "code"}},
    "bifrost": {"error": {"message", "type", "param", "code"}},
    "anthropic": {"type": None, "error": {"type", "message"}, "request_id": None},
    "bedrock": {"__type": None, "message": None},
    "genai": {"error": {"code", "message", "status"}},
    # Called by providers, and by no SDK.
    "incoming": {"error": {"code", "message"}},
}


@pytest.fixture
def workspace(db: None) -> Workspace:
    for provider in ("openai", "anthropic", "gemini"):
        Credential.objects.create(provider=provider, name="none")
    return default_workspace()


@pytest.fixture
def there(workspace: Workspace) -> dict[str, str]:
    """The ids of a file and of a batch."""
    file = File.objects.create(
        workspace=workspace,
        purpose="batch",
        filename="in.jsonl",
        status=File.Status.STORED,
        bucket="b",
        key="k",
        surface="openai",
    )
    batch = Batch.objects.create(
        workspace=workspace, input_file=file, provider="openai", surface="openai"
    )
    return {"file": file.pk, "batch": batch.pk}


@MANY
@given(asked())
def test_any_request(client: Client, there: dict[str, str], asked: Asked):
    answer = client.generic(
        asked.method,
        asked.url(**there),
        asked.body,
        asked.content_type,
        headers={name: as_sent(named(text, there)) for name, text in asked.headers.items()},
    )
    content = b"".join(answer) if answer.streaming else answer.content

    event(str(answer.status_code))
    assert answer.status_code < 500 or is_unknown_to_s3(answer.status_code, content)
    for name, text in answer.items():
        assert text.isprintable(), name
    if answer.status_code >= 400 and asked.method != "HEAD":
        assert is_refusal(asked.path, content)


def is_unknown_to_s3(status: int, content: bytes) -> bool:
    return status == 501 and content[:1] in (b"", b"<")


def is_refusal(path: str, content: bytes) -> bool:
    surface = path.split("/")[1]
    if path.startswith("/bedrock/files") and said_in_xml(content):
        return True
    if path.startswith("/bifrost/v1/incoming/") and said_in_json("incoming", content):
        return True
    return said_in_json(surface, content) or said_in_json("openai", content)


def said_in_xml(content: bytes) -> bool:
    if not content.startswith(b"<?xml"):
        return False
    told = {element.tag for element in ElementTree.fromstring(content)}
    return {"Code", "Message", "RequestId"} <= told


def said_in_json(surface: str, content: bytes) -> bool:
    shape = SHAPES[surface]
    told = json.loads(content)
    inside = shape.get("error", set())
    return shape.keys() <= told.keys() and inside <= (told.get("error") or {}).keys()
