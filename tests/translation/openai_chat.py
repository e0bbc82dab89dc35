"""Chat Completions, a message or an answer at a time."""

import json
from typing import Any

import pytest

from providers.openai.chat import CHAT
from providers.records import UnsupportedFeatureError
from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    Choice,
    Message,
)
from tests.translation.golden import asked, losses

HELLO = {"role": "user", "content": "Hello"}
FUNCTION = {"name": "look", "parameters": {"type": "object"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
BROKEN_CALL = {**CALL, "function": {"name": "look", "arguments": "{"}}
CUSTOM = {"type": "custom", "custom": {"name": "free"}}


def parsed(*messages: dict, lost=None, **fields: Any) -> ChatRequest:
    body = {"model": "m", "messages": list(messages) or [HELLO], **fields}
    return CHAT.parse_request(json.dumps(body).encode(), lost or losses())


def rendered(*messages: Message, lost=None, system=(), **settings: Any) -> dict[str, Any]:
    request = ChatRequest("m", list(messages), list(system), [], settings)
    return CHAT.render_request(request, lost or losses())


def answered(message: dict, *, lost=None, finish: str | None = "stop", **fields: Any) -> ChatAnswer:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    body = {"id": "a", "choices": [choice], **fields}
    return CHAT.parse_answer(json.dumps(body).encode(), lost or losses())


def told(*parts: Any, lost=None, finish="stop", **fields: Any) -> dict[str, Any]:
    answer = ChatAnswer([Choice(list(parts), finish, **fields)])
    return CHAT.render_answer(answer, asked("m"), lost or losses())["choices"][0]


def refused(param: str, *messages: dict, **fields: Any) -> None:
    with pytest.raises(UnsupportedFeatureError) as error:
        parsed(*messages, **fields)
    assert error.value.param == param
