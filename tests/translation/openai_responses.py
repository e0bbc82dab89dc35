"""Requests and answers in the words of the Responses API, and what becomes of them."""

from typing import Any

import msgspec
import pytest

from providers.openai.responses import RESPONSES
from providers.records import Asked, Losses, MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import ChatAnswer, ChatRequest, Choice
from tests.translation.golden import as_json, dropped

HELLO = {"model": "gpt-5-mini", "input": "Hello"}


def losses() -> Losses:
    return Losses("Somebody", RESPONSES.words)


def parse(given: Any = "Hello", lost: Losses | None = None, **more: Any) -> ChatRequest:
    body = msgspec.json.encode({"model": "gpt-5-mini", "input": given, **more})
    return RESPONSES.parse_request(body, lost or losses())


def hints(given: Any = "Hello", **more: Any) -> set[str]:
    """What a request drops."""
    lost = losses()
    parse(given, lost, **more)
    return dropped(lost)


def refused(given: Any = "Hello", **more: Any) -> str:
    """What a request is refused for."""
    with pytest.raises(UnsupportedFeatureError) as error:
        parse(given, **more)
    assert error.value.param
    assert error.value.param in error.value.message
    return error.value.param


def malformed(given: Any = "Hello", **more: Any) -> str:
    with pytest.raises(MalformedRecordError) as error:
        parse(given, **more)
    assert error.value.param
    return error.value.param


def content(*parts: Any, role: str = "user") -> list[Any]:
    request = parse([{"role": role, "content": list(parts)}])
    return request.messages[0].parts


def render(*parts: Any, body: Any = HELLO, lost: Losses | None = None, **more: Any) -> Any:
    answer = ChatAnswer([Choice(list(parts), more.pop("finish", "stop"), **more)])
    asked = Asked("7_41", "gpt-5-mini", 1764547200, msgspec.json.encode(body))
    return as_json(RESPONSES.render_answer(answer, asked, lost or losses()))


def call(number: int) -> dict[str, Any]:
    return {"type": "function_call", "call_id": f"c{number}", "name": "f", "arguments": "{}"}


def output(number: int, said: Any = "ok") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": f"c{number}", "output": said}
