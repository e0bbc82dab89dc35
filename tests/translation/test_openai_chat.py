"""Chat Completions: the shapes that golden files do not show, deprecated ones above all."""

from typing import Any

import msgspec
import pytest

from providers.openai.chat import CHAT
from providers.records import MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import (
    CachePoint,
    Citation,
    Inline,
    JSONOutput,
    Link,
    Media,
    Message,
    Reasoning,
    Refusal,
    SchemaOutput,
    Stored,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.records.values import EMPTY_OBJECT
from tests.translation.golden import dropped, losses, plain
from tests.translation.openai_chat import (
    BROKEN_CALL,
    CALL,
    CUSTOM,
    FUNCTION,
    HELLO,
    parsed,
    refused,
    rendered,
)


def test_deprecated_functions_are_tools():
    request = parsed(functions=[FUNCTION], function_call={"name": "look"}, max_tokens=5, user="u")

    assert plain(request.tools) == plain([Tool("look", None, msgspec.Raw(b'{"type":"object"}'))])
    assert request.settings == {
        "tool_choice": ToolChoice("required", ("look",)),
        "max_tokens": 5,
        "user": "u",
    }


def test_deprecated_calls_get_ids_and_their_results_find_them():
    call = {"role": "assistant", "function_call": {"name": "look", "arguments": ""}}
    result = {"role": "function", "name": "look", "content": "Nothing"}

    request = parsed(HELLO, call, result, call, result)

    assert [plain(message.parts) for message in request.messages[1:]] == [
        plain([ToolCall("call_1", "look", EMPTY_OBJECT)]),
        plain([ToolResult("call_1", [Text("Nothing")], "look")]),
        plain([ToolCall("call_2", "look", EMPTY_OBJECT)]),
        plain([ToolResult("call_2", [Text("Nothing")], "look")]),
    ]


def test_newer_fields_win_over_the_deprecated_ones_and_it_is_counted():
    lost = losses()

    request = parsed(
        max_completion_tokens=1, max_tokens=2, safety_identifier="a", user="b", lost=lost
    )

    assert request.settings == {"max_tokens": 1, "user": "a"}
    assert dropped(lost) == {"body.max_tokens", "body.user"}


def test_deprecated_fields_that_say_the_same_are_no_loss():
    lost = losses()

    assert parsed(max_completion_tokens=2, max_tokens=2, lost=lost).settings == {"max_tokens": 2}
    assert not dropped(lost)


@pytest.mark.parametrize("mode", ["none", "auto"])
def test_deprecated_modes_are_choices(mode: str):
    assert parsed(function_call=mode).settings == {"tool_choice": ToolChoice(mode)}


def test_developers_and_systems_instruct_alike():
    developer = {"role": "developer", "content": "One"}
    system = {"role": "system", "content": [{"type": "text", "text": "Two"}]}

    request = parsed(developer, system, HELLO, developer)

    assert request.system == [Text("One"), Text("Two")]
    assert request.messages[1] == Message("system", [Text("One")])


def test_consecutive_results_are_one_message():
    results = [{"role": "tool", "tool_call_id": id, "content": id} for id in ("c1", "c2")]

    request = parsed(HELLO, {"role": "assistant", "tool_calls": [CALL]}, *results, HELLO, *results)

    assert [len(message.parts) for message in request.messages] == [1, 1, 2, 1, 2]


def test_an_answer_can_be_sent_back_as_it_came():
    annotation = {"url": "https://a.b", "title": "T", "start_index": 0, "end_index": 2}
    lost = losses()

    request = parsed(
        {
            "role": "assistant",
            "content": "Hello",
            "refusal": None,
            "audio": None,
            "function_call": None,
            "tool_calls": [CALL],
            "annotations": [{"type": "url_citation", "url_citation": annotation}],
        },
        lost=lost,
    )

    cited = Text("Hello", (Citation("T", "https://a.b", span=(0, 2)),))
    assert plain(request.messages[0].parts) == plain([cited, ToolCall("c1", "look", EMPTY_OBJECT)])
    body = CHAT.render_request(request, lost)
    assert body["messages"] == [{"role": "assistant", "content": "Hello", "tool_calls": [CALL]}]
    assert dropped(lost) == {"citations"}


def test_cache_breakpoints_are_cache_points():
    part = {"type": "text", "text": "Long", "prompt_cache_breakpoint": {"mode": "explicit"}}

    request = parsed({"role": "user", "content": [part]})

    assert request.messages[0].parts == [Text("Long"), CachePoint()]


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("tools[].custom", {"tools": [CUSTOM]}),
        ("tool_choice", {"tool_choice": CUSTOM}),
        (
            "tool_choice",
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [CUSTOM]}}},
        ),
        ("audio", {"audio": {"voice": "alloy", "format": "wav"}}),
        ("modalities", {"modalities": ["text", "audio"]}),
        ("moderation", {"moderation": {"model": "m"}}),
        ("web_search_options", {"web_search_options": {}}),
        ("stream", {"stream": True}),
        ("body.thinking_mode", {"thinking_mode": 1}),
    ],
)  # fmt: skip
def test_what_only_openai_has_is_refused_by_name(param: str, fields: dict):
    refused(param, **fields)


def test_what_openai_keeps_from_earlier_is_refused_by_name():
    custom = {"id": "c", "type": "custom", "custom": {"name": "free", "input": "text"}}

    refused("messages[].tool_calls[].custom", {"role": "assistant", "tool_calls": [custom]})
    refused("messages[].audio", {"role": "assistant", "audio": {"id": "audio_1"}})


def test_hints_that_only_openai_has_are_dropped_and_counted():
    lost = losses()
    prediction = {"type": "content", "content": "Hello"}

    parsed(store=True, prediction=prediction, prompt_cache_retention="24h", lost=lost)

    assert dropped(lost) == {"store", "prediction", "prompt_cache_retention"}


def test_what_says_nothing_is_passed_over():
    lost = losses()
    nothing = {"store": False, "stream": False, "modalities": ["text"], "n": 1, "logprobs": False}

    request = parsed(lost=lost, **nothing, response_format={"type": "text"}, stop=None)

    assert request.settings == {}
    assert not dropped(lost)


def test_a_stop_sequence_alone_is_a_list():
    assert parsed(stop="END").settings == {"stop": ["END"]}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ({"file_id": "file-1"}, Media("document", Stored("file-1"))),
        (
            {"file_data": "UERG", "filename": "a.pdf"},
            Media("document", Inline("UERG"), "application/pdf", "a.pdf"),
        ),
        (
            {"file_data": "data:text/csv;charset=utf-8;base64,YQ==", "filename": "b"},
            Media("document", Inline("YQ=="), "text/csv", "b"),
        ),
    ],
)
def test_files_come_in_several_ways(file: dict, expected: Media):
    request = parsed({"role": "user", "content": [{"type": "file", "file": file}]})

    assert request.messages[0].parts == [expected]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "file": {}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64"}},
        {"type": "image_url", "image_url": {"url": "https://a.b", "detail": "immense"}},
        {"type": "input_audio", "input_audio": {"data": "YQ==", "format": "flac"}},
        {"type": "unheard_of"},
    ],
)
def test_media_of_the_wrong_shape_are_malformed(part: dict):
    with pytest.raises(MalformedRecordError):
        parsed({"role": "user", "content": [part]})


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": 5}}},
        {"messages": [{"role": "assistant", "tool_calls": [BROKEN_CALL]}]},
    ],
)  # fmt: skip
def test_json_that_is_no_object_is_malformed(fields: dict):
    with pytest.raises(MalformedRecordError):
        parsed(**fields)


def test_a_schema_can_be_left_out_and_a_name_is_always_there():
    said = parsed(response_format={"type": "json_schema", "json_schema": {"name": "n"}})
    assert plain(said.settings["output"]) == plain(SchemaOutput(EMPTY_OBJECT, "n"))

    body = rendered(output=SchemaOutput(EMPTY_OBJECT, description="d"))
    assert body["response_format"]["json_schema"]["name"] == "answer"
    assert rendered(output=JSONOutput())["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    ("part", "feature"),
    [
        (Media("image", Stored("f")), "image_file"),
        (Media("document", Stored("f")), "document_file"),
        (Media("audio", Link("https://a.b/c.wav")), "audio_link"),
        (Media("audio", Inline("YQ=="), "audio/flac"), "audio"),
        (Media("video", Link("https://a.b/c.mp4")), "video_link"),
        (ToolCall("c", "look", EMPTY_OBJECT), "tool_call"),
    ],
)
def test_a_part_without_a_place_is_refused(part: Any, feature: str):
    with pytest.raises(UnsupportedFeatureError) as error:
        rendered(Message("user", [part]))

    assert error.value.param == feature


def test_an_assistant_shows_no_media():
    with pytest.raises(UnsupportedFeatureError) as error:
        rendered(Message("assistant", [Media("image", Inline("YQ=="), "image/png")]))

    assert error.value.param == "image"


def test_results_stand_before_what_the_user_says_with_them():
    result = ToolResult("c1", [Text("21"), Text("degrees")])

    body = rendered(Message("user", [Text("And?"), result, CachePoint()]))

    assert [message["role"] for message in body["messages"]] == ["tool", "user"]
    assert body["messages"][1]["content"] == "And?"


def test_a_cache_point_behind_results_is_no_message():
    body = rendered(Message("user", [ToolResult("c1", []), CachePoint()]))

    assert body["messages"] == [{"role": "tool", "tool_call_id": "c1", "content": ""}]


def test_a_refusal_beside_a_text_has_a_field_of_its_own():
    body = rendered(Message("assistant", [Text("Well."), Refusal("No.")]))

    assert body["messages"] == [{"role": "assistant", "content": "Well.", "refusal": "No."}]


def test_an_assistant_that_only_thought_said_nothing():
    lost = losses()

    body = rendered(Message("assistant", [Thinking("Hm")]), lost=lost)

    assert body["messages"] == [{"role": "assistant", "content": ""}]
    assert dropped(lost) == {"thinking"}


def test_hints_on_media_are_dropped_and_counted():
    lost = losses()
    image = Media("image", Inline("YQ=="), "image/png", detail="medium")
    file = Media("document", Inline("YQ=="), "application/pdf", context="Of last month")

    body = rendered(Message("user", [image, file]), lost=lost)

    assert "detail" not in body["messages"][0]["content"][0]["image_url"]
    assert body["messages"][0]["content"][1]["file"]["filename"] == "document.pdf"
    assert dropped(lost) == {"media_detail", "document_context"}


@pytest.mark.parametrize(
    ("reasoning", "effort"),
    [(Reasoning(), None), (Reasoning(budget=-1), None), (Reasoning(budget=9000), "high")],
)
def test_a_budget_becomes_an_effort(reasoning: Reasoning, effort: str | None):
    assert rendered(reasoning=reasoning).get("reasoning_effort") == effort


def test_thoughts_are_never_shown():
    lost = losses()

    rendered(reasoning=Reasoning("low", show=True), lost=lost)

    assert dropped(lost) == {"reasoning.show"}


def test_a_choice_of_one_of_the_tools_can_be_no_duty():
    choice = rendered(tool_choice=ToolChoice("auto", ("look",)))["tool_choice"]

    assert choice["allowed_tools"]["mode"] == "auto"
    assert parsed(tool_choice=choice).settings["tool_choice"] == ToolChoice("auto", ("look",))
