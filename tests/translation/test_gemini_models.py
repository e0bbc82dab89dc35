"""What Gemini's models differ in: levels or budgets of thinking, signatures, resolutions."""

import pytest

from providers.gemini.dialect import GENERATE
from providers.records import Losses
from providers.records.chat import (
    ChatRequest,
    Inline,
    Media,
    Message,
    Reasoning,
    Text,
    ToolCall,
)
from providers.records.values import EMPTY_OBJECT


def rendered(model, *messages, losses=None, **settings):
    messages = list(messages) or [Message("user", [Text("Hi")])]
    request = ChatRequest(model, messages, [], [], settings)
    return GENERATE.render_request(request, losses or Losses("Gemini", {}))


@pytest.mark.parametrize(
    ("model", "reasoning", "config"),
    [
        ("gemini-3.8-flash", Reasoning("none"), {"thinkingLevel": "MINIMAL"}),
        ("gemini-3.8-flash", Reasoning("max"), {"thinkingLevel": "HIGH"}),
        ("gemini-3.8-flash", Reasoning(budget=8000), {"thinkingLevel": "MEDIUM"}),
        ("gemini-3.1-pro-preview", Reasoning("none"), {"thinkingLevel": "LOW"}),
        ("gemini-3-pro-preview", Reasoning("medium"), {"thinkingLevel": "HIGH"}),
        ("gemini-9-unheard-of", Reasoning("low"), {"thinkingLevel": "LOW"}),
        (None, Reasoning("low"), {"thinkingLevel": "LOW"}),
        ("gemini-2.5-flash", Reasoning("none"), {"thinkingBudget": 0}),
        ("gemini-2.5-flash", Reasoning("medium"), {"thinkingBudget": 8192}),
        ("gemini-2.5-flash", Reasoning("max"), {"thinkingBudget": 24576}),
        ("gemini-2.5-flash", Reasoning(budget=-1), {"thinkingBudget": -1}),
        ("gemini-2.5-pro", Reasoning("none"), {"thinkingBudget": 128}),
        ("gemini-2.5-pro", Reasoning(budget=64000), {"thinkingBudget": 32768}),
        ("gemini-2.5-flash", Reasoning(show=True), {"includeThoughts": True}),
    ],
)
def test_thinking_is_a_level_from_gemini_3_on_and_a_budget_before(model, reasoning, config):
    assert rendered(model, reasoning=reasoning)["generationConfig"]["thinkingConfig"] == config


def test_as_the_model_likes_needs_no_words():
    assert "generationConfig" not in rendered("gemini-3.8-flash", reasoning=Reasoning(budget=-1))


@pytest.mark.parametrize(
    ("model", "signed"), [("gemini-3.8-flash", [True, False]), ("gemini-2.5-pro", [False, False])]
)
def test_only_new_models_want_the_first_call_of_a_turn_signed(model, signed):
    calls = Message("assistant", [ToolCall(id, "f", EMPTY_OBJECT) for id in "ab"])

    parts = rendered(model, calls)["contents"][0]["parts"]

    assert ["thoughtSignature" in part for part in parts] == signed


def test_only_new_models_take_a_resolution_for_each_picture():
    losses = Losses("Gemini", {})
    picture = Message("user", [Media("image", Inline("AAAA"), "image/png", detail="low")])

    new = rendered("gemini-3.8-flash", picture)
    old = rendered("gemini-2.5-pro", picture, losses=losses)

    losses.settle()
    assert new["contents"][0]["parts"][0]["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}
    assert "mediaResolution" not in old["contents"][0]["parts"][0]
    assert losses.counts == {"media_detail": 1}
