"""What Gemini's clients may say by mistake, or that only Gemini understands: nothing is lost in silence."""

import json

import pytest

from providers.gemini.dialect import GENERATE
from providers.records import MalformedRecordError, UnsupportedFeatureError
from providers.records.chat import Text, ToolChoice
from tests.translation import golden


def said(fields: dict) -> bytes:
    return json.dumps({"contents": [{"parts": [{"text": "Hi"}]}], **fields}).encode()


@pytest.mark.parametrize(
    ("config", "dropped"),
    [
        ({"topK": 40.5}, "generationConfig.topK"),
        ({"topK": 1e300}, "generationConfig.topK"),
        ({"topK": -1}, "generationConfig.topK"),
        ({"logprobs": 3}, "generationConfig.logprobs"),
    ],
)
def test_settings_that_say_nothing_elsewhere_are_counted(config: dict, dropped: str):
    lost = golden.losses(GENERATE.words)

    request = GENERATE.parse_request(said({"generationConfig": config}), lost)

    assert request.settings == {}
    assert golden.dropped(lost) == {dropped}


@pytest.mark.parametrize(
    "config",
    [
        {"thinkingConfig": {"thinkingLevel": "ENORMOUS"}},
        {"responseFormat": [{"text": {"mimeType": "APPLICATION_XML"}}]},
    ],
)
def test_a_word_that_nobody_knows_is_refused(config: dict):
    with pytest.raises(UnsupportedFeatureError):
        GENERATE.parse_request(said({"generationConfig": config}), golden.losses())


def test_a_signature_of_a_text_is_counted():
    lost = golden.losses(GENERATE.words)
    parts = [{"text": "Hi", "thoughtSignature": "c2ln"}]

    request = GENERATE.parse_request(said({"contents": [{"parts": parts}]}), lost)

    assert request.messages[0].parts == [Text("Hi")]
    assert golden.dropped(lost) == {"contents[].parts[].thoughtSignature"}


def test_a_part_is_one_thing():
    parts = [{"text": "Hi", "functionCall": {"name": "f"}}]

    with pytest.raises(MalformedRecordError):
        GENERATE.parse_request(said({"contents": [{"parts": parts}]}), golden.losses())


def test_ids_that_are_minted_are_nobody_elses():
    def call(**more: str) -> dict:
        return {"functionCall": {"name": "f", **more}}

    parts = [call(id="call_2"), call(), call(), {"functionResponse": {"name": "stray"}}, call()]
    request = GENERATE.parse_request(said({"contents": [{"parts": parts}]}), golden.losses())

    ids = [getattr(part, "id", None) or part.call_id for part in request.messages[0].parts]
    assert len(set(ids)) == len(ids) == 5


@pytest.mark.parametrize(
    ("mode", "expected"), [("AUTO", "auto"), (None, "auto"), ("ANY", "required")]
)
def test_allowed_names_are_kept_in_every_mode(mode: str | None, expected: str):
    calling = {"allowedFunctionNames": ["f"], **({"mode": mode} if mode else {})}
    config = {"toolConfig": {"functionCallingConfig": calling}}

    request = GENERATE.parse_request(said(config), golden.losses())

    assert request.settings["tool_choice"] == ToolChoice(expected, ("f",))
