"""What golden files do not show of Anthropic's Messages."""

import json
from typing import Any

import pytest

from providers.anthropic.messages import MESSAGES
from providers.records import Losses, MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import (
    CachePoint,
    ChatRequest,
    Inline,
    Link,
    Media,
    Message,
    Reasoning,
    SchemaOutput,
    Signature,
    Stored,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
)
from providers.records.values import one_line

MODEL = "claude-opus-4-6"


def lost(losses: Losses) -> set[str]:
    losses.settle()
    return set(losses.counts)


def parsed(*messages: Any, **fields: Any) -> tuple[ChatRequest, set[str]]:
    losses = Losses("Somebody", MESSAGES.words)
    body = {"model": MODEL, "max_tokens": 9, "messages": messages, **fields}
    return MESSAGES.parse_request(json.dumps(body).encode(), losses), lost(losses)


def rendered(*parts: Any, **more: Any) -> tuple[dict[str, Any], set[str]]:
    losses = Losses("Anthropic", {})
    tools, settings = more.pop("tools", []), {"max_tokens": 9, **more}
    request = ChatRequest(MODEL, [Message("user", list(parts))], [], tools, settings)
    return MESSAGES.render_request(request, losses), lost(losses)


def blocks(*parts: Any) -> tuple[Any, set[str]]:
    body, dropped = rendered(*parts)
    return body["messages"][0]["content"], dropped


def refusal_of(*content: Any, **fields: Any) -> UnsupportedFeatureError:
    with pytest.raises(UnsupportedFeatureError) as error:
        parsed({"role": "user", "content": list(content)}, **fields)
    return error.value


@pytest.mark.parametrize(
    ("block", "param"),
    [
        ({"type": "server_tool_use", "id": "a"}, "messages[].content[].server_tool_use"),
        ({"type": "container_upload", "file_id": "a"}, "messages[].content[].container_upload"),
        ({"type": "search_result", "source": "a"}, "messages[].content[].search_result"),
        (
            {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "tool_reference"}]},
            "messages[].content[].tool_result.content[].tool_reference",
        ),
        (
            {"type": "tool_use", "id": "a", "name": "b", "input": {}, "caller": {"type": "x"}},
            "messages[].content[].tool_use.caller",
        ),
        (
            {"type": "document", "source": {"type": "content", "content": []}},
            "messages[].content[].document.source.content",
        ),
    ],
)
def test_blocks_of_anthropics_own_are_refused_by_name(block: Any, param: str):
    assert refusal_of(block).param == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"container": "c"}, "container"),
        ({"inference_geo": "eu"}, "inference_geo"),
        ({"stream": True}, "stream"),
        (
            {"tools": [{"type": "web_search_20260209", "max_uses": 1}]},
            "tools[].web_search_20260209",
        ),
        ({"mcp_servers": []}, "params.mcp_servers"),
        ({"tools": [{"name": "a", "input_schema": {}, "x": 1}]}, "tools[].x"),
        ({"thinking": {"type": "adaptive", "x": 1}}, "params.thinking.x"),
    ],
)
def test_fields_of_anthropics_own_are_refused_by_name(fields: Any, param: str):
    assert refusal_of(**fields).param == param


def test_hints_of_anthropics_own_are_dropped_and_counted():
    _, dropped = parsed(
        cache_control={"type": "ephemeral"},
        diagnostics={"previous_message_id": "a"},
        speed="fast",
        stream=False,
        inference_geo="global",
        user_profile_id="u",
    )

    assert dropped == {"cache_control", "diagnostics", "speed", "user_profile_id"}


@pytest.mark.parametrize(
    ("raw", "param"),
    [
        (b"{", "params"),
        (b'{"max_tokens":1}', "params"),
        (b'{"max_tokens":"1","messages":[]}', "params.max_tokens"),
        (b'{"max_tokens":1,"messages":[{"role":"tool","content":""}]}', "params.messages[0].role"),
        (
            b'{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"video"}]}]}',
            "params.messages[0].content[0].type",
        ),
    ],
)
def test_what_is_malformed_is_told_with_its_path(raw: bytes, param: str):
    with pytest.raises(MalformedRecordError) as error:
        MESSAGES.parse_request(raw, Losses("Somebody", {}))

    assert error.value.param == param


@pytest.mark.parametrize("raw", [b'{"model":7}', rb'{"model":"a\u0000"}', b"[]"])
def test_a_model_may_be_malformed(raw: bytes):
    with pytest.raises(MalformedRecordError):
        MESSAGES.model_of(raw)


def test_hints_in_a_tool_are_dropped_and_counted():
    tool = {"name": "a", "input_schema": {}, "type": "custom", "eager_input_streaming": True}
    request, dropped = parsed(tools=[{**tool, "input_examples": [{}], "description": "b"}])

    assert isinstance(request.tools[0], Tool)
    assert request.tools[0].description == "b"
    assert dropped == {"tools[].input_examples", "tools[].eager_input_streaming"}


def test_instructions_amid_a_message_are_a_message_of_their_own():
    block = {"type": "mid_conv_system", "content": [{"type": "text", "text": "In French."}]}
    content = [{"type": "text", "text": "One"}, block, {"type": "text", "text": "Two"}]

    request, _ = parsed({"role": "user", "content": content})

    assert request.messages == [
        Message("user", [Text("One")]),
        Message("system", [Text("In French.")]),
        Message("user", [Text("Two")]),
    ]


def test_cache_points_follow_their_block():
    control = {"type": "ephemeral", "ttl": "1h"}
    result = {"type": "tool_result", "tool_use_id": "a", "content": "b", "cache_control": control}

    request, _ = parsed({"role": "user", "content": [result]})

    assert request.messages[0].parts == [ToolResult("a", [Text("b")]), CachePoint("1h")]


def test_a_cache_point_needs_something_before_it():
    content, dropped = blocks(CachePoint(), Text("a"), CachePoint("5m"), CachePoint())

    assert content == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "5m"}}
    ]
    assert dropped == {"cache_point"}


@pytest.mark.parametrize(
    ("choice", "mode", "names", "parallel"),
    [
        ({"type": "any"}, "required", (), None),
        ({"type": "tool", "name": "a"}, "required", ("a",), None),
        ({"type": "none"}, "none", (), None),
        ({"type": "any", "disable_parallel_tool_use": True}, "required", (), False),
    ],
)
def test_choices_of_tools(choice: Any, mode: Any, names: Any, parallel: bool | None):
    request, _ = parsed(tool_choice=choice)

    assert request.settings["tool_choice"] == ToolChoice(mode, names)
    assert request.settings.get("parallel_tool_calls") is parallel


def test_tools_are_called_in_turn_without_a_choice():
    body, _ = rendered(Text("a"), tools=[Tool("a")], parallel_tool_calls=False)

    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert body["tools"] == [{"name": "a", "input_schema": {"type": "object", "properties": {}}}]


@pytest.mark.parametrize(
    ("fields", "reasoning"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Reasoning(budget=2000)),
        (
            {"thinking": {"type": "adaptive", "display": "omitted"}},
            Reasoning(show=False),
        ),
        ({"thinking": {"type": "between_tools"}}, Reasoning("none")),
        ({"output_config": {"effort": "xhigh"}}, Reasoning("xhigh")),
        ({"output_config": {}}, None),
    ],
)
def test_ways_to_ask_for_thoughts(fields: Any, reasoning: Reasoning | None):
    request, _ = parsed(**fields)

    assert request.settings.get("reasoning") == reasoning


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ({"type": "integer", "minimum": 1}, "'minimum'"),
        ({"type": "object", "properties": {"a": {"oneOf": []}}}, "'oneOf', at properties.a"),
        ({"type": "object", "additionalProperties": True}, "'additionalProperties'"),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2}, "'minItems' above 1"),
        ({"type": "string", "format": "regex"}, "the format 'regex'"),
    ],
)
def test_schemas_that_it_does_not_take_are_refused(schema: Any, what: str):
    output = SchemaOutput(one_line(json.dumps(schema).encode()))

    with pytest.raises(UnsupportedFeatureError, match=what) as error:
        rendered(Text("a"), output=output)
    assert error.value.param == "output"


def test_objects_of_a_schema_are_closed():
    schema = {"$schema": "x", "type": "object", "properties": {"a": {"type": "object"}}}
    body, _ = rendered(Text("a"), output=SchemaOutput(one_line(json.dumps(schema).encode())))

    said = json.loads(bytes(body["output_config"]["format"]["schema"]))
    assert said == {
        "type": "object",
        "properties": {"a": {"type": "object", "additionalProperties": False}},
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("media", "feature"),
    [
        (Media("image", Stored("file-1")), "image_file"),
        (Media("image", Inline("AAAA"), "image/tiff"), "image"),
        (Media("document", Stored("file-1")), "document_file"),
        (Media("document", Inline("AAAA"), "application/msword"), "document"),
        (Media("document", Inline("/w=="), "text/plain"), "document"),
        (Media("document", Inline("é"), "text/plain"), "document"),
        (Media("document", Link("https://a/b"), "text/html"), "document_link"),
    ],
)
def test_media_that_it_does_not_take_are_refused(media: Media, feature: str):
    with pytest.raises(UnsupportedFeatureError) as error:
        blocks(media)

    assert error.value.param == feature


def test_thoughts_of_others_stay_behind():
    content, dropped = blocks(Thinking("hm", Signature("gemini", "x")), Text("a"))

    assert content == "a"
    assert dropped == {"thinking"}


def test_a_bedrock_body_is_dressed():
    raw = b'{"anthropic_version":"bedrock-2023-05-31","max_tokens":1e1,"anthropic_beta":[],"x":[ ]}'

    dressed = MESSAGES.dress(raw, MODEL, Losses("Anthropic", {}))

    assert dressed == b'{"model":"claude-opus-4-6","max_tokens":1e1,"x":[ ]}'


def test_betas_of_a_bedrock_body_are_refused():
    with pytest.raises(UnsupportedFeatureError) as error:
        MESSAGES.dress(b'{"anthropic_beta":["a-beta"]}', MODEL, Losses("Anthropic", {}))

    assert error.value.param == "anthropic_beta"


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"anthropic_beta":"a"}'])
def test_a_bedrock_body_may_be_malformed(raw: bytes):
    with pytest.raises(MalformedRecordError):
        MESSAGES.dress(raw, MODEL, Losses("Anthropic", {}))
