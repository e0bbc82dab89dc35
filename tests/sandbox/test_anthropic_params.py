"""How the parameters of a message are judged, and answered."""

import json
from typing import Any

import pytest
from anthropic import Anthropic

from tests.sandbox.messages import answer, error, params

OLD, NEW = "claude-sonnet-4-5", "claude-opus-4-8"

CLOSED = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
OPEN = {**CLOSED, "additionalProperties": True}
WEATHER = {"name": "weather", "description": "The weather.", "input_schema": CLOSED}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


TEXT = {"type": "text", "text": "x"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": "AA=="}}
DOCUMENT = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "x"},
    "title": "x",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"response_format": {}}, "response_format: Extra inputs are not permitted"),
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"stream": True}, "stream: Input should be False"),
        ({"speed": "fast"}, "speed: Extra inputs are not permitted"),
        ({"temperature": 1}, "temperature: Extra inputs are not permitted"),
        ({"top_p": 1}, "top_p: Extra inputs are not permitted"),
        ({"top_k": 1}, "top_k: Extra inputs are not permitted"),
        ({"context_management": {}}, "context_management: Extra inputs are not permitted"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [assistant("x")]}, 'messages: first message must use the "user" role'),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be"),
        ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({"messages": [user("")]}, "messages.0: all messages must have non-empty content"),
        ({"messages": [user([{**TEXT, "text": ""}])]}, "text content blocks must be non-empty"),
        (
            {"messages": [user([{"type": "text"}])]},
            "messages.0.content.0.text.text: Field required",
        ),
        ({"messages": [user([{"text": "x"}])]}, "messages.0.content.0.type: Field required"),
        (
            {"messages": [user([{**TEXT, "annotations": []}])]},
            "messages.0.content.0.text.annotations: Extra inputs are not permitted",
        ),
        (
            {"messages": [user([{"type": "image_url", "image_url": {}}])]},
            "messages.0.content.0: Input tag 'image_url' found using 'type' does not match",
        ),
        (
            {"messages": [user([IMAGE])]},
            "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg'",
        ),
        (
            {"messages": [user("x"), assistant([DOCUMENT]), user("y")]},
            "messages.1.content.0: `document` blocks are not permitted here",
        ),
        (
            {"messages": [user("x"), assistant([CALL]), user("y")]},
            "messages.1: `tool_use` ids were found without `tool_result` blocks",
        ),
        ({"messages": [user([RESULT])]}, "messages.0.content.0: unexpected `tool_use_id` found"),
        ({"messages": [user("x"), assistant("y ")]}, "cannot end with trailing whitespace"),
        ({"model": NEW, "messages": [user("x"), assistant("y")]}, "assistant message prefill"),
        ({"system": [{**TEXT, "text": ""}]}, "system: text content blocks must be non-empty"),
        ({"stop_sequences": ["\n"]}, "stop_sequences: each stop sequence must contain"),
        ({"metadata": {"user_id": "x" * 513}}, "metadata.user_id: String should have at most 512"),
        ({"metadata": {"team": "x"}}, "metadata.team: Extra inputs are not permitted"),
        ({"service_tier": "flex"}, "service_tier: Input should be 'auto' or 'standard_only'"),
        ({"tools": [{"name": "x"}]}, "tools.0.custom.input_schema: Field required"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools.0: Input tag 'function' found"),
        ({"tools": [{**WEATHER, "name": "a b"}]}, "tools.0.custom.name: String should match"),
        ({"tools": [{**WEATHER, "input_schema": {}}]}, "tools.0.custom.input_schema.type: Field"),
        ({"tools": [{**WEATHER, "input_schema": OPEN, "strict": True}]}, "must be explicitly set"),
        ({"tools": [WEATHER, WEATHER]}, "tools: Tool names must be unique"),
        ({"tool_choice": {"type": "any"}}, "tool_choice.any: "),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found"),
        (
            {"output_config": {"format": {"type": "json_schema", "schema": OPEN}}},
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1000}},
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "`max_tokens` must be greater"),
        ({"thinking": {"type": "adaptive"}}, "adaptive thinking is not supported on this model"),
        (
            {"model": NEW, "thinking": {"type": "enabled", "budget_tokens": 1024}},
            '"thinking.type.enabled" is not supported for this model',
        ),
    ],
)
def test_bad_parameters_are_an_errored_result(claude: Anthropic, change, message):
    refused = error(claude, params(**change))
    assert refused["type"] == "invalid_request_error"
    assert message in refused["message"]


def test_missing_parameters_are_an_errored_result(claude: Anthropic):
    assert "Field required" in error(claude, {})["message"]


def test_a_model_of_another_vendor_is_not_found(claude: Anthropic):
    refused = error(claude, params(model="gpt-5-mini"))
    assert refused == {"type": "not_found_error", "message": "model: gpt-5-mini"}


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.3},
        {"top_p": 0.3, "top_k": 5},
        {"model": NEW, "temperature": 1.0},
        {"messages": [user("x"), assistant([DOCUMENT]), user("y")]},
    ],
)
def test_the_older_version_takes_what_it_took(older_claude: Anthropic, change):
    assert answer(older_claude, params(**change))["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 1.5}, "temperature: Input should be less than or equal to 1"),
        ({"top_k": -1}, "top_k: Input should be greater than or equal to 0"),
        ({"model": NEW, "temperature": 0.5}, "`temperature` is deprecated for this model."),
        ({"model": NEW, "top_k": 5}, "`top_k` is deprecated for this model."),
        ({"temperature": 0.5, "top_p": 0.5}, "`temperature` and `top_p` cannot both be"),
    ],
)
def test_the_older_version_has_its_limits_too(older_claude: Anthropic, change, message):
    assert message in error(older_claude, params(**change))["message"]


def test_beta_parameters_need_a_beta(claude: Anthropic):
    asked = params(context_management={"edits": []})
    assert "Extra inputs" in error(claude, asked)["message"]
    betas = {"extra_headers": {"anthropic-beta": "context-management-2025-06-27"}}
    assert answer(claude, asked, **betas)["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    "change",
    [
        {"system": "Be brief.", "stop_sequences": ["##"], "metadata": {"user_id": "x"}},
        {"system": [{**TEXT, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        {"messages": [user([TEXT, DOCUMENT])]},
        {"messages": [user("x"), assistant([TEXT, CALL]), user([RESULT, TEXT])]},
        {"messages": [user("x"), user("y")]},
        {"messages": [user("x"), assistant("y")]},
        {"tools": [WEATHER, {"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{**WEATHER, "type": "custom", "strict": True}]},
        {"model": NEW, "output_config": {"effort": "low"}},
        {"service_tier": "auto", "stream": False},
    ],
)
def test_good_parameters_are_answered(claude: Anthropic, change):
    message = answer(claude, params(**change))
    assert message["stop_reason"] == "end_turn"
    assert message["model"] == change.get("model", OLD)
    assert message["content"][0]["text"].startswith("Sandbox answer to: ")
    assert message["usage"]["service_tier"] == "batch"
    assert message["usage"]["input_tokens"] > 0


def test_an_answer_says_the_text_it_is_told(claude: Anthropic):
    message = answer(claude, params("[sandbox:text=Schöne Grüße]"))
    assert message["content"] == [{"type": "text", "text": "Schöne Grüße", "citations": None}]


def test_an_answer_is_cut_at_max_tokens(claude: Anthropic):
    message = answer(claude, params(max_tokens=2))
    assert message["stop_reason"] == "max_tokens"
    assert message["content"][0]["text"] == "Sandbox "
    assert message["usage"]["output_tokens"] == 2


def test_an_answer_ends_before_a_stop_sequence(claude: Anthropic):
    message = answer(claude, params(stop_sequences=["never", "answer"]))
    assert message["content"][0]["text"] == "Sandbox "
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "answer")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Hello", {"type": "any"}),
        ("Hello", {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}),
        ("[sandbox:tool]", {"type": "auto"}),
    ],
)
def test_a_tool_is_called_with_what_its_schema_allows(claude: Anthropic, text, choice):
    message = answer(claude, params(text, tools=[WEATHER], tool_choice=choice))
    (call,) = message["content"]
    assert (call["type"], call["name"]) == ("tool_use", "weather")
    assert call["input"] == {"city": "sandbox", "days": 1}
    assert call["id"].startswith("toolu_")
    assert message["stop_reason"] == "tool_use"


def test_no_tool_is_called_when_none_may_be(claude: Anthropic):
    asked = params("[sandbox:tool]", tools=[WEATHER], tool_choice={"type": "none"})
    assert answer(claude, asked)["stop_reason"] == "end_turn"


def test_a_schema_is_obeyed(claude: Anthropic):
    asked = {"format": {"type": "json_schema", "schema": CLOSED}}
    message = answer(claude, params(output_config=asked))
    assert json.loads(message["content"][0]["text"]) == {"city": "sandbox", "days": 1}


@pytest.mark.parametrize(
    ("model", "thinking", "is_shown"),
    [
        (OLD, {"type": "enabled", "budget_tokens": 1024}, True),
        (NEW, {"type": "adaptive", "display": "summarized"}, True),
        (NEW, {"type": "adaptive", "display": "omitted"}, False),
    ],
)
def test_the_model_thinks_when_asked_to(claude: Anthropic, model, thinking, is_shown):
    message = answer(claude, params(model=model, max_tokens=2048, thinking=thinking))
    thought, said = message["content"]
    assert thought["type"] == "thinking"
    assert bool(thought["thinking"]) == is_shown
    assert thought["signature"]
    assert said["type"] == "text"
    assert message["usage"]["output_tokens_details"]["thinking_tokens"] > 0
