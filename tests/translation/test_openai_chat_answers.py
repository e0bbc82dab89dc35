"""Answers of Chat Completions that the golden files do not show."""

import json

import pytest

from providers.openai.chat import CHAT
from providers.records import MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import (
    ChatAnswer,
    Citation,
    Inline,
    Media,
    Refusal,
    Signature,
    Text,
    Thinking,
    ToolCall,
)
from providers.records.values import EMPTY_OBJECT
from tests.golden.neutral import CREATED, ID
from tests.translation.golden import asked, dropped, losses, plain
from tests.translation.openai_chat import CALL, answered, told


def test_choices_come_in_the_order_of_their_indexes():
    choices = [{"index": index, "message": {"content": str(index)}} for index in (2, 0, 1)]

    answer = CHAT.parse_answer(json.dumps({"choices": choices}).encode(), losses())

    assert [choice.parts for choice in answer.choices] == [[Text("0")], [Text("1")], [Text("2")]]


def test_what_only_openai_answers_is_dropped_and_counted():
    lost = losses()
    details = {"cached_tokens": 3, "audio_tokens": 4, "text_tokens": 0}
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": details}

    answer = answered(
        {"content": None, "audio": {"id": "x", "data": "", "expires_at": 1, "transcript": "Hi"}},
        lost=lost,
        usage=usage,
        system_fingerprint="fp",
        metadata={},
        unheard_of=True,
    )

    assert answer.choices[0].parts == [Text("Hi")]
    assert (answer.usage.input, answer.usage.cached) == (9, 3)
    assert dropped(lost) == {
        "answer.media",
        "unheard_of",
        "system_fingerprint",
        "usage.prompt_tokens_details.audio_tokens",
    }


def test_a_deprecated_call_in_an_answer_is_a_tool_call():
    message = {"content": None, "function_call": {"name": "look", "arguments": '{"a":1}'}}

    choice = answered(message, finish="function_call").choices[0]

    assert choice.finish == "tool_calls"
    assert plain(choice.parts)[0]["name"] == "look"


@pytest.mark.parametrize(
    ("message", "finish", "expected"),
    [
        ({"content": None, "tool_calls": [CALL]}, "stop", "tool_calls"),
        ({"content": None, "refusal": "No."}, "stop", "refusal"),
        ({"content": "Hi"}, None, None),
    ],
)
def test_an_end_is_known_by_what_was_said(message: dict, finish: str | None, expected: str | None):
    assert answered(message, finish=finish).choices[0].finish == expected


def test_an_unknown_end_is_no_guess():
    choice = answered({"content": "Hi"}, finish="unheard_of").choices[0]

    assert (choice.finish, choice.detail) == ("error", "unheard_of")
    with pytest.raises(UnsupportedFeatureError, match="unheard_of"):
        CHAT.render_answer(ChatAnswer([choice]), asked("m"), losses())


@pytest.mark.parametrize(
    ("finish", "expected"), [("tool_calls", "malformed_tool_call"), ("length", "length")]
)
def test_arguments_that_are_no_json_cost_only_their_call(finish: str, expected: str):
    lost = losses()
    broken = {"id": "b", "type": "function", "function": {"name": "f", "arguments": '{"city": "Pa'}}

    choice = answered(
        {"content": "Let me see.", "tool_calls": [CALL, broken]}, lost=lost, finish=finish
    ).choices[0]

    assert choice.finish == expected
    assert [type(part) for part in choice.parts] == [Text, ToolCall]
    assert dropped(lost) == {"answer.tool_call"}


def test_citations_move_with_their_texts():
    cited = Text("Ada", (Citation("T", "https://a.b"), Citation("No page of the web")))
    lost = losses()

    message = told(Text("It is "), cited, lost=lost)["message"]

    assert message["content"] == "It is Ada"
    assert message["annotations"] == [
        {
            "type": "url_citation",
            "url_citation": {
                "url": "https://a.b",
                "title": "T",
                "start_index": 6,
                "end_index": 9,
            },
        }
    ]
    assert dropped(lost) == {"answer.citations"}


def test_what_an_answer_has_no_place_for_is_dropped_and_counted():
    lost = losses()
    call = ToolCall("c", "look", EMPTY_OBJECT, Signature("gemini", "x"))

    choice = told(
        Thinking("Hm"),
        Thinking("", Signature("a", "x"), redacted=True),
        Media("image", Inline("YQ=="), "image/png"),
        call,
        lost=lost,
        finish=None,
        detail="For some reason",
    )

    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert dropped(lost) == {
        "answer.thinking",
        "answer.redacted_thinking",
        "answer.media",
        "answer.signature",
        "answer.detail",
    }


def test_a_refusal_is_a_filter_where_nobody_says_why():
    assert told(finish="refusal")["finish_reason"] == "content_filter"
    assert told(Refusal("No."), finish="refusal")["finish_reason"] == "stop"


def test_an_answer_has_all_that_clients_must_find():
    body = CHAT.render_answer(ChatAnswer([], service_tier="batch"), asked("m"), losses())

    assert (body["id"], body["model"], body["created"]) == (ID, "m", CREATED)
    assert "service_tier" not in body


def test_another_model_is_all_that_changes_within_the_family():
    raw = b'{"x":1.0e5,"model":"old","messages":[{ "a":1 }]}'

    assert CHAT.dress(raw, "new", losses()) == b'{"x":1.0e5,"model":"new","messages":[{ "a":1 }]}'
    assert CHAT.dress(raw, "", losses()) == raw
    with pytest.raises(MalformedRecordError):
        CHAT.dress(b"[]", "new", losses())
