"""The Responses API: odd shapes of answers."""

import json

import msgspec
from openai.types.responses import Response

from providers.openai.responses import RESPONSES
from providers.records import Asked, Losses
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Citation,
    Data,
    Inline,
    Media,
    Message,
    Refusal,
    Signature,
    Text,
    Thinking,
    TokenChoice,
    ToolCall,
    Usage,
)
from tests.translation import strict
from tests.translation.golden import as_json, dropped
from tests.translation.openai_responses import losses, output, parse, render


def test_an_answer_repeats_what_was_asked():
    body = {
        "model": "gpt-5-mini",
        "input": "Hello",
        "instructions": "Be kind.",
        "max_output_tokens": 64,
        "metadata": {"team": "search"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "reasoning": {"effort": "low"},
        "safety_identifier": "u",
        "temperature": 0.5,
        "text": {"verbosity": "low"},
        "tool_choice": {"type": "function", "name": "f"},
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        "top_p": 0.9,
        "store": False,
        "truncation": None,
    }

    told = render(Text("Hi"), body=body)

    strict.typed(Response)(told)
    for name in ("instructions", "max_output_tokens", "metadata", "temperature", "tool_choice"):
        assert told[name] == body[name]
    assert told["reasoning"] == {"effort": "low", "summary": None}
    assert told["text"] == {"format": {"type": "text"}, "verbosity": "low"}
    assert told["tools"][0]["description"] is told["tools"][0]["strict"] is None
    assert told["truncation"] == "disabled"
    assert "store" not in told


def test_what_the_provider_does_not_tell_is_told_anyway():
    told = render(Text("Hi"))

    assert told["id"] == "resp_7_41"
    assert told["model"] == "gpt-5-mini"
    assert told["created_at"] == 1764547200
    assert told["usage"] is None
    strict.typed(Response)(told)


def test_texts_in_a_row_are_one_message():
    told = render(
        Text("A"), Text("B"), Refusal("C"), ToolCall("c", "f", msgspec.Raw(b"{}")), Text("D")
    )

    assert [item["type"] for item in told["output"]] == ["message", "function_call", "message"]
    assert [len(item.get("content", ())) for item in told["output"]] == [3, 0, 1]
    assert len({item["id"] for item in told["output"]}) == 3
    assert Response.model_validate(told).output_text == "ABD"


def test_seals_of_others_are_dropped_and_their_thoughts_are_told():
    other = Signature("anthropic", "s3cr3t")
    lost = Losses("OpenAI", {})

    told = render(
        Thinking("Hm.", other),
        Thinking("", other),
        Thinking("", other, redacted=True),
        ToolCall("c", "f", msgspec.Raw(b"{}"), other),
        lost=lost,
    )

    assert [item["type"] for item in told["output"]] == ["reasoning", "function_call"]
    assert told["output"][0]["summary"] == [{"type": "summary_text", "text": "Hm."}]
    assert "s3cr3t" not in json.dumps(told)
    assert dropped(lost) == {"answer.signature", "answer.redacted_thinking"}


def test_an_answer_drops_what_it_has_no_place_for():
    lost = Losses("OpenAI", {})

    render(
        Media("image", Inline("QUJD"), "image/png"),
        detail="because",
        logprobs=[TokenChoice("a", -0.1, [])],
        lost=lost,
    )

    assert dropped(lost) == {"answer.media", "answer.detail", "answer.logprobs"}


def test_only_pages_of_the_web_are_cited():
    lost = Losses("OpenAI", {})
    page = Citation("T", "https://a", span=(1, 2))

    told = render(Text("Hi", (page, Citation("A book", quote="…"))), lost=lost)

    assert told["output"][0]["content"][0]["annotations"] == [
        {"type": "url_citation", "start_index": 1, "end_index": 2, "title": "T", "url": "https://a"}
    ]
    assert dropped(lost) == {"answer.citations"}


def test_a_part_that_answers_have_no_place_for_is_dropped():
    lost = losses()

    assert render(Data(msgspec.Raw(b"{}")), lost=lost)["output"] == []
    assert dropped(lost) == {"answer.other"}


def test_a_refusal_without_words_is_filtered_content():
    told = render(finish="refusal")

    assert told["status"] == "incomplete"
    assert told["incomplete_details"] == {"reason": "content_filter"}


def test_an_answer_without_choices_has_no_output():
    asked = Asked("7_41", "gpt-5-mini", 1764547200, b"{}")

    told = as_json(RESPONSES.render_answer(ChatAnswer([], Usage(3, 0)), asked, losses()))

    assert told["output"] == []
    strict.typed(Response)(told)


def test_a_tier_that_openai_has_not_is_dropped():
    lost = Losses("OpenAI", {})
    asked = Asked("7_41", "gpt-5-mini", 1764547200, b"{}")
    answer = ChatAnswer([Choice([Text("Hi")], "stop")], service_tier="batch", id="resp_9")

    told = RESPONSES.render_answer(answer, asked, lost)

    assert told["service_tier"] is None
    assert told["id"] == "resp_9"
    assert dropped(lost) == {"answer.service_tier"}


def test_what_an_answer_said_can_be_asked_with_again():
    told = render(
        Thinking("Hm."),
        Text("Hi"),
        ToolCall("c", "f", msgspec.Raw(b'{"a":1}')),
        finish="tool_calls",
    )

    read = parse([{"role": "user", "content": "?"}, *told["output"], output(1)])

    assert read.messages[1] == Message(
        "assistant", [Thinking("Hm."), Text("Hi"), ToolCall("c", "f", msgspec.Raw(b'{"a":1}'))]
    )
