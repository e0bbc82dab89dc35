"""What Anthropic demands of the order and the shape of a message, whatever a client's dialect allows."""

import json
from typing import Any

import pytest

from providers.anthropic.messages import MESSAGES
from providers.records import MalformedRecordError
from providers.records.chat import (
    CachePoint,
    ChatRequest,
    Message,
    Signature,
    Text,
    Thinking,
    ToolResult,
)
from tests.translation import golden

MODEL = "claude-opus-4-6"
CALL = {"type": "tool_use", "id": "a", "name": "f", "input": 5}


def rendered(*messages: Message) -> list[Any]:
    request = ChatRequest(MODEL, list(messages), [], [], {"max_tokens": 9})
    return MESSAGES.render_request(request, golden.losses())["messages"]


def test_results_of_tools_stand_first_with_their_cache_points():
    parts = [Text("Look:"), ToolResult("a", [Text("1")]), CachePoint("1h"), Text("And now?")]

    (message,) = rendered(Message("user", parts))

    kinds = [block["type"] for block in message["content"]]
    assert kinds == ["tool_result", "text", "text"]
    assert message["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_a_message_of_which_nothing_is_left_is_none():
    thought = Message("assistant", [Thinking("Hm", Signature("gemini", "x"))])
    question = Message("user", [Text("Hi")])

    assert [said["role"] for said in rendered(question, thought)] == ["user"]
    assert [said["role"] for said in rendered(question, Message("assistant", []))] == [
        "user",
        "assistant",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_choice": {"type": "tool"}},
        {"tool_choice": {"type": "auto", "name": "f"}},
        {"tools": [{"name": "f", "input_schema": None}]},
        {"output_config": {"format": {"type": "json_schema", "schema": []}}},
        {"messages": [{"role": "assistant", "content": [CALL]}]},
    ],
)
def test_what_must_be_an_object_or_a_name_is_one(fields: dict):
    body = {"model": MODEL, "max_tokens": 9, "messages": [], **fields}

    with pytest.raises(MalformedRecordError) as error:
        MESSAGES.parse_request(json.dumps(body).encode(), golden.losses())

    assert error.value.param


def test_a_budget_beside_adaptive_thinking_is_counted():
    lost = golden.losses()
    thinking = {"type": "adaptive", "budget_tokens": 2048}
    body = {"model": MODEL, "max_tokens": 9, "messages": [], "thinking": thinking}

    MESSAGES.parse_request(json.dumps(body).encode(), lost)

    assert golden.dropped(lost) == {"thinking.budget_tokens"}
