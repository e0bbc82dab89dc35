"""What Claude models take: sampling, thinking, and how much they may say."""

from typing import Any

import pytest
from anthropic.types import model_param

from providers.anthropic.messages import MESSAGES
from providers.anthropic.models import DEFAULT_MAX_TOKENS, MODELS, UNKNOWN, model_named
from providers.records import Losses, UnsupportedFeatureError
from providers.records.chat import ChatRequest, Message, Reasoning, Text

KNOWN = model_param.ModelParam.__args__[0].__args__


def rendered(model: str, **settings: Any) -> tuple[dict[str, Any], set[str]]:
    losses = Losses("Anthropic", {})
    settings.setdefault("max_tokens", 20_000)
    request = ChatRequest(model, [Message("user", [Text("Hi")])], [], [], settings)
    body = MESSAGES.render_request(request, losses)
    losses.settle()
    return body, set(losses.counts)


@pytest.mark.parametrize("model", KNOWN)
def test_every_model_of_the_sdk_is_known(model: str):
    assert model_named(model) is not UNKNOWN


@pytest.mark.parametrize(
    ("model", "max_tokens"),
    [
        ("claude-3-haiku-20240307", 4_096),
        ("claude-3-5-sonnet-20241022", 8_192),
        ("claude-3-7-sonnet-20250219", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("claude-opus-4-1-20250805", 32_000),
        ("claude-opus-4-5-20251101", 64_000),
        ("claude-opus-4-6", 128_000),
        ("anthropic.claude-opus-4-6-v1", 128_000),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 64_000),
        ("arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-opus-4-1-v1:0", 32_000),
        ("claude-opus-5-5", 128_000),
        ("claude-sonnet-9", DEFAULT_MAX_TOKENS),
        ("somebody", DEFAULT_MAX_TOKENS),
        ("", DEFAULT_MAX_TOKENS),
    ],
)
def test_a_client_that_names_no_limit_gets_all_that_the_model_can_say(model: str, max_tokens: int):
    losses = Losses("Anthropic", {})
    request = ChatRequest(model, [Message("user", [Text("Hi")])], [], [], {})

    assert MESSAGES.render_request(request, losses)["max_tokens"] == max_tokens


def test_a_model_without_a_name_is_unknown():
    assert model_named(None) is UNKNOWN


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-sonnet-5", "claude-opus-6"])
def test_newer_models_have_no_sampling(model: str):
    body, dropped = rendered(model, temperature=0.5, top_p=0.9, top_k=40)

    assert not body.keys() & {"temperature", "top_p", "top_k"}
    assert dropped == {"temperature", "top_p", "top_k"}


def test_claude_3_takes_temperature_and_top_p_together():
    body, dropped = rendered("claude-3-5-haiku-20241022", temperature=0.5, top_p=0.9)

    assert (body["temperature"], body["top_p"], dropped) == (0.5, 0.9, set())


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-6"])
def test_claude_4_takes_only_one_of_them(model: str):
    body, dropped = rendered(model, temperature=0.5, top_p=0.9)

    assert body["temperature"] == 0.5
    assert dropped == {"top_p"}


def test_top_p_stays_where_the_temperature_cannot():
    body, dropped = rendered("claude-opus-4-6", temperature=1.5, top_p=0.9)

    assert body["top_p"] == 0.9
    assert dropped == {"temperature"}


def test_a_model_that_thinks_has_no_temperature():
    settings = {"temperature": 0.5, "top_k": 3, "reasoning": Reasoning("high")}
    body, dropped = rendered("claude-opus-4-6", **settings)

    assert body["thinking"] == {"type": "adaptive"}
    assert dropped == {"temperature", "top_k"}


@pytest.mark.parametrize(
    ("model", "thinking", "effort"),
    [
        ("claude-3-5-haiku-20241022", None, None),
        ("claude-haiku-4-5", {"type": "disabled"}, None),
        ("claude-opus-4-6", {"type": "disabled"}, None),
        ("claude-opus-4-8", None, None),
        ("claude-sonnet-5-5", {"type": "between_tools"}, None),
        ("claude-opus-5-5", None, "low"),
    ],
)
def test_every_model_has_its_own_word_for_no_thoughts(model: str, thinking: Any, effort: Any):
    body, dropped = rendered(model, reasoning=Reasoning("none"))

    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == effort
    assert dropped == ({"reasoning"} if effort else set())


@pytest.mark.parametrize(
    ("effort", "word"), [("minimal", "low"), ("high", "high"), ("xhigh", "xhigh"), ("max", "max")]
)
def test_newer_models_think_within_an_effort(effort: Any, word: str):
    body, _ = rendered("claude-opus-5", reasoning=Reasoning(effort, show=True))

    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert body["output_config"] == {"effort": word}


def test_an_effort_that_the_model_lacks_is_the_next_lower():
    body, _ = rendered("claude-opus-4-6", reasoning=Reasoning("xhigh"))

    assert body["output_config"] == {"effort": "high"}


@pytest.mark.parametrize(
    ("reasoning", "budget"),
    [
        (Reasoning("low"), 1_024),
        (Reasoning("medium"), 8_192),
        (Reasoning("high"), 9_999),  # half of what may be said
        (Reasoning(budget=15_000), 15_000),
        (Reasoning(budget=10), 1_024),
        (Reasoning(budget=-1), 8_192),
        (Reasoning(), 8_192),
    ],
)
def test_older_models_think_within_a_budget(reasoning: Reasoning, budget: int):
    body, _ = rendered("claude-haiku-4-5", reasoning=reasoning)

    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert "output_config" not in body


@pytest.mark.parametrize(
    ("reasoning", "max_tokens"), [(Reasoning("low"), 1_024), (Reasoning(budget=9_000), 9_000)]
)
def test_thoughts_that_do_not_fit_are_refused(reasoning: Reasoning, max_tokens: int):
    with pytest.raises(UnsupportedFeatureError) as error:
        rendered("claude-haiku-4-5", reasoning=reasoning, max_tokens=max_tokens)

    assert error.value.param == "reasoning"


def test_a_model_that_cannot_think_is_not_asked_to():
    body, dropped = rendered("claude-3-haiku-20240307", reasoning=Reasoning("high"))

    assert "thinking" not in body
    assert dropped == {"reasoning"}


def test_the_longest_beginning_counts():
    assert model_named("claude-opus-4-6-20260205") is MODELS["claude-opus-4-6"]
    assert model_named("claude-opus-5-5") is MODELS["claude-opus-5-5"]
    assert model_named("claude-haiku-5-5") is MODELS["claude-haiku-5"]
