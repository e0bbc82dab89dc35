"""What the tests of the documented snippets share."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import boto3
import pytest

from tests.matrix.surface import told_by
from tests.stack import Stack

T = TypeVar("T")
Boto = Callable[..., Any]
REGION = "us-west-2"

# The documents' own, old as they are.
MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-3-sonnet-20240229",
    "gemini": "gemini-1.5-flash",
    "bedrock": "anthropic.claude-3-sonnet-20240229-v1:0",
}
QUESTIONS = ("How many legs has a spider?", "Which river flows through Vienna?")
SLOW = "[sandbox:seconds=60] How long is a piece of string?"


@pytest.fixture(scope="module")
def account(stack: Stack) -> Iterator[None]:
    """The document's clients take their keys from the environment, of which the stack is to know nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "a-key-of-mine")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield


@pytest.fixture
def boto(stack: Stack, account: None) -> Boto:
    """As the document's helper functions make clients: `boto("s3", "openai")`."""
    addresses = {"s3": f"{stack.url}/bedrock/files", "bedrock": f"{stack.url}/bedrock"}

    def make(service: str, provider: str, **options: Any) -> Any:
        def name_provider(request: Any, **kwargs: object) -> None:
            request.headers["x-model-provider"] = provider

        client = boto3.client(
            service, region_name=REGION, endpoint_url=addresses[service], **options
        )
        client.meta.events.register("before-send", name_provider)
        return client

    return make


def poll(ask: Callable[[], T], over: Callable[[T], bool]) -> T:
    """The documents' loops, in shorter steps."""
    deadline = time.monotonic() + 60
    while not over(answer := ask()):
        assert time.monotonic() < deadline, f"it still runs: {answer}"
        time.sleep(0.1)
    return answer


def jsonl(*records: object) -> str:
    """Without a line end behind the last record."""
    return "\n".join(json.dumps(record) for record in records)


def chat(number: int, question: str, *, model: str) -> dict[str, Any]:
    """A record of OpenAI's."""
    return {
        "custom_id": f"q-{number}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": model,
            "messages": [{"role": "user", "content": question}],
            "max_tokens": 100,
        },
    }


def chats(model: str, *questions: str) -> str:
    return jsonl(*(chat(number, text, model=model) for number, text in enumerate(questions, 1)))


def message(number: int, question: str, *, model: str) -> Any:
    """A request of Anthropic's."""
    return {
        "custom_id": f"q-{number}",
        "params": {
            "model": model,
            "max_tokens": 100,
            "messages": [{"role": "user", "content": question}],
        },
    }


def messages(model: str, *questions: str) -> list[Any]:
    return [message(number, text, model=model) for number, text in enumerate(questions, 1)]


def assert_answered(content: bytes, names: list[str], questions: tuple[str, ...]) -> None:
    """Whether a file of results has an answer to every question, in their order."""
    told = [told_by(named(json.loads(line))) for line in content.splitlines()]
    assert [one.custom_id for one in told] == names
    for one, question in zip(told, questions, strict=True):
        assert one.text is not None
        assert one.text.strip().endswith(question)


def named(line: dict[str, Any]) -> dict[str, Any]:
    """A line of Gemini's may have its key in its metadata, as its question had."""
    metadata = line.get("metadata") or {}
    return {**line, "key": metadata["key"]} if "key" in metadata else line
