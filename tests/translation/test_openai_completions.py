"""Completions: one prompt is a conversation of one message."""

import json
from typing import Any

import pytest
from openai.types import Completion

from providers.openai.completions import COMPLETIONS
from providers.records import UnsupportedFeatureError
from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    Choice,
    Citation,
    Inline,
    Media,
    Message,
    Refusal,
    Text,
    Thinking,
    TokenChance,
    TokenChoice,
    ToolCall,
    Usage,
)
from providers.records.values import EMPTY_OBJECT
from tests.translation import strict
from tests.translation.golden import asked, dropped, losses


def parsed(lost=None, **fields: Any) -> ChatRequest:
    body = {"model": "m", "prompt": "Once", **fields}
    return COMPLETIONS.parse_request(json.dumps(body).encode(), lost or losses())


def told(*parts: Any, lost=None, finish="stop", **fields: Any) -> dict[str, Any]:
    answer = ChatAnswer([Choice(list(parts), finish, **fields)], Usage(1, 2), service_tier="flex")
    said = COMPLETIONS.render_answer(answer, asked("m"), lost or losses())
    strict.typed(Completion)(said)
    return said["choices"][0]


@pytest.mark.parametrize("prompt", ["Once upon", ["Once upon"]])
def test_a_prompt_is_what_a_user_says(prompt: Any):
    request = parsed(prompt=prompt, max_tokens=5)

    assert request == ChatRequest(
        "m", [Message("user", [Text("Once upon")])], [], [], {"max_tokens": 5}
    )


def test_the_default_length_is_the_vendors():
    assert parsed().settings == {"max_tokens": 16}


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2], [[1, 2]], [], None, ["a", 1]])
def test_several_prompts_and_tokens_are_refused(prompt: Any):
    with pytest.raises(UnsupportedFeatureError) as error:
        parsed(prompt=prompt)

    assert error.value.param == "prompt"


@pytest.mark.parametrize(("field", "value"), [("suffix", "end"), ("echo", True), ("stream", True)])
def test_what_no_chat_can_do_is_refused(field: str, value: Any):
    with pytest.raises(UnsupportedFeatureError) as error:
        parsed(**{field: value})

    assert error.value.param == field


def test_settings_travel():
    lost = losses()
    alike = {"temperature": 0.5, "top_p": 0.9, "seed": 4, "logit_bias": {"1": 2}, "logprobs": 2}

    request = parsed(lost, **alike, max_tokens=9, stop="END", n=2, best_of=3, echo=False)

    assert request.settings == {**alike, "max_tokens": 9, "stop": ["END"], "candidates": 2}
    assert dropped(lost) == {"best_of"}


def test_an_answer_is_one_text():
    lost = losses()

    choice = told(
        Thinking("Hm"),
        Thinking("", redacted=True),
        Text("upon ", (Citation("T"),)),
        Text("a time"),
        Media("image", Inline("YQ=="), "image/png"),
        lost=lost,
        finish="stop_sequence",
        stop_sequence="END",
        detail="why",
    )

    assert choice == {"index": 0, "text": "upon a time", "logprobs": None, "finish_reason": "stop"}
    assert dropped(lost) == {
        "answer.thinking",
        "answer.redacted_thinking",
        "answer.citations",
        "answer.media",
        "answer.stop_sequence",
        "answer.detail",
        "answer.service_tier",
    }


def test_a_refusal_is_a_filtered_text():
    choice = told(Refusal("No."), finish="refusal")

    assert (choice["text"], choice["finish_reason"]) == ("No.", "content_filter")


def test_log_probabilities_stand_in_columns():
    tokens = [TokenChoice("a", -1.0, [TokenChance("a", -1.0)]), TokenChoice("bc", -2.0, [])]

    assert told(Text("abc"), logprobs=tokens)["logprobs"] == {
        "tokens": ["a", "bc"],
        "token_logprobs": [-1.0, -2.0],
        "top_logprobs": [{"a": -1.0}, {}],
        "text_offset": [0, 1],
    }


@pytest.mark.parametrize(
    ("parts", "finish"), [([ToolCall("c", "f", EMPTY_OBJECT)], "tool_calls"), ([], "error")]
)
def test_what_completions_cannot_say_is_refused(parts: list, finish: Any):
    with pytest.raises(UnsupportedFeatureError):
        told(*parts, finish=finish)
