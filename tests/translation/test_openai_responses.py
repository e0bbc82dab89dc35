"""The Responses API: every parameter and tool is read, or left by name."""

from typing import Any, get_args

import msgspec
import pytest
from openai.types.responses import ResponseInputItemParam, ToolParam, response_create_params
from typing_extensions import get_type_hints, is_typeddict

from providers.openai.responses import RESPONSES, items, media, request, wire
from providers.records.chat import Reasoning, SchemaOutput, ToolChoice
from tests.translation.golden import dropped
from tests.translation.openai_responses import hints, losses, malformed, parse, refused

PARSED = {"message", "function_call", "function_call_output", "reasoning"}


def types_of(params: Any) -> set[str]:
    """The words for `type` in a union of the SDK."""
    found: set[str] = set()
    for member in get_args(params):
        hint = get_type_hints(member)["type"] if is_typeddict(member) else ()
        words = [hint, *get_args(hint)]
        found.update(word for each in words for word in get_args(each) if isinstance(word, str))
        found.update(word for word in words if isinstance(word, str))
    return found


def test_every_parameter_of_the_sdk_is_known():
    fields = get_type_hints(response_create_params.ResponseCreateParamsNonStreaming)

    assert set(fields) == set(wire.Request.__struct_fields__)


def test_every_parameter_is_read_or_left_alone_by_name():
    read = {*request.PLAIN.values(), "model", "input", "instructions", "tools", "tool_choice"}
    read |= {"image", "text", "reasoning", "top_logprobs", "include", "user", "safety_identifier"}

    assert set(wire.Request.__struct_fields__) == read | set(request.ALONE)
    assert not read & set(request.ALONE)


def test_every_input_item_of_the_sdk_is_read_or_refused_by_name():
    assert types_of(ResponseInputItemParam) == PARSED | set(items.REFUSED)


@pytest.mark.parametrize("kind", sorted(items.REFUSED))
def test_an_item_that_others_lack_is_refused_by_its_name(kind: str):
    assert refused([{"type": kind, "id": "x_1", "anything": {"a": 1}}]) == f"input[].{kind}"


@pytest.mark.parametrize("kind", sorted(types_of(ToolParam) - {"function"}))
def test_a_tool_of_openai_is_refused_by_its_name(kind: str):
    assert refused(tools=[{"type": kind, "anything": 1}]) == f"tools[].{kind}"


def test_every_part_has_its_reader():
    assert set(media.READERS) == set(get_args(wire.Part))


def test_an_item_that_nobody_knows_is_refused():
    assert refused([{"type": "telepathy"}]) == "input[].telepathy"


def test_an_id_alone_is_a_reference_to_an_item():
    assert refused([{"id": "msg_1"}]) == "input[].item_reference"


def test_an_unknown_parameter_is_named():
    assert refused(telepathy=1) == "body.telepathy"


@pytest.mark.parametrize(
    "harmless",
    [
        {"store": False, "background": False, "stream": False, "truncation": "disabled"},
        {"previous_response_id": None, "conversation": None, "prompt": None, "moderation": None},
        {"reasoning": {"context": "auto", "mode": "standard"}, "include": [], "tools": None},
        {"text": {"format": {"type": "text"}}, "top_logprobs": 0, "metadata": None},
        {"image": {"context_compression": "auto"}},
        {"reasoning": None, "text": None, "tool_choice": None, "include": None},
    ],
)
def test_what_says_nothing_is_passed_over(harmless: dict[str, Any]):
    lost = losses()

    assert parse(lost=lost, **harmless).settings == {}
    assert not dropped(lost)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", True),
        ("background", True),
        ("truncation", "auto"),
        ("max_tool_calls", 3),
        ("prompt_cache_retention", "24h"),
        ("prompt_cache_options", {"mode": "explicit"}),
        ("context_management", [{"type": "compaction", "compact_threshold": 1000}]),
        ("access_programs", {"cyber": "standard"}),
        ("stream_options", {"include_obfuscation": False}),
        ("include", ["reasoning.encrypted_content", "file_search_call.results"]),
    ],
)
def test_a_hint_is_dropped_by_name(name: str, value: Any):
    assert hints(**{name: value}) == {name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("previous_response_id", "resp_1"),
        ("conversation", "conv_1"),
        ("conversation", {"id": "conv_1"}),
        ("prompt", {"id": "pmpt_1", "variables": {"city": "Paris"}}),
        ("moderation", {"model": "omni-moderation-latest"}),
        ("stream", True),
    ],
)
def test_a_feature_is_refused_by_name(name: str, value: Any):
    assert refused(**{name: value}) == name


def test_hints_inside_of_parameters_are_named():
    tool = {"type": "function", "name": "f", "parameters": {}, "async": True}
    tool |= {"defer_loading": True, "output_schema": {}, "allowed_callers": ["programmatic"]}

    assert hints(tools=[tool]) == {
        "tools[].async", "tools[].defer_loading", "tools[].allowed_callers"
    }  # fmt: skip
    assert hints(tools=[tool | {"output_schema": {"type": "object"}}]) > {"tools[].output_schema"}
    assert hints(image={"context_compression": "enabled"}) == {"image.context_compression"}
    assert hints(reasoning={"context": "all_turns", "mode": "pro"}) == {
        "reasoning.context", "reasoning.mode"
    }  # fmt: skip


def test_both_names_of_the_end_user():
    assert parse(user="a").settings == {"user": "a"}
    assert parse(user="a", safety_identifier="b").settings == {"user": "b"}


@pytest.mark.parametrize("field", ["summary", "generate_summary"])
def test_who_asks_for_a_summary_wants_to_see_the_thoughts(field: str):
    assert parse(reasoning={field: "auto"}).settings == {"reasoning": Reasoning(show=True)}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"include": ["message.output_text.logprobs"]}, 0),
        ({"top_logprobs": 3}, 3),
        ({"include": ["message.output_text.logprobs"], "top_logprobs": 5}, 5),
    ],
)
def test_log_probabilities_may_be_asked_for_in_two_ways(asked: dict[str, Any], wanted: int):
    assert parse(**asked).settings == {"logprobs": wanted}


def test_a_choice_among_tools_may_be_left_to_the_model():
    tools = [{"type": "function", "name": "f"}]
    choice = parse(tool_choice={"type": "allowed_tools", "mode": "auto", "tools": tools})

    assert choice.settings == {"tool_choice": ToolChoice("auto", ("f",))}


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "web_search_preview"},
        {"type": "mcp", "server_label": "shop"},
        {"type": "custom", "name": "f"},
        {"type": "function"},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp", "server_label": "a"}]},
        {"type": "allowed_tools", "tools": [{"type": "function", "name": "f"}]},
    ],
)
def test_only_functions_can_be_chosen(choice: dict[str, Any]):
    assert refused(tool_choice=choice) == "tool_choice"


def test_a_schema_travels_as_it_is_written():
    written = b'{"type":"object","properties":{"b":{"const":1.0e2},"a":{}}}'
    body = (
        b'{"input":"a","text":{"format":{"type":"json_schema","name":"n","schema":%s}},"tools":['
        % (written)
    )
    body += b'{"type":"function","name":"f","parameters":%s}]}' % written

    read = RESPONSES.parse_request(body, losses())

    assert read.settings["output"] == SchemaOutput(msgspec.Raw(written), name="n")
    assert bytes(read.tools[0].parameters) == written


def test_a_function_may_have_no_parameters():
    for tool in ({}, {"parameters": None}):
        assert parse(tools=[{"type": "function", "name": "f", **tool}]).tools[0].parameters is None


def test_a_schema_that_is_no_object_is_malformed():
    assert malformed(tools=[{"type": "function", "name": "f", "parameters": []}]) == (
        "body.tools[].parameters"
    )
    schema = {"type": "json_schema", "name": "n", "schema": "x"}
    assert malformed(text={"format": schema}) == "body.text.format.schema"


def test_without_input_there_is_nothing_to_ask():
    assert malformed(None) == "body.input"
