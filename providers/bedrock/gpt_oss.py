"""OpenAI's open models, in OpenAI's own words.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
The models read and write text only, and the page leaves the fields to OpenAI's own.
"""

from typing import Any, ClassVar

import msgspec

from providers.openai.chat import WORDS, Chat, wire
from providers.records import Asked, Losses
from providers.records.chat import ChatAnswer, ChatRequest, Choice, Part, Text, Thinking
from providers.records.rules import Rule, dropped, words_of
from providers.records.shapes import Shape

# InvokeModel puts the thoughts into the text, before the answer: the page above, "response body".
OPEN, CLOSE = "<reasoning>", "</reasoning>"
# Settings of OpenAI's platform, not of its models.
PLATFORM = ("user", "metadata", "service_tier", "cache_key", "verbosity")
SETTINGS: dict[str, Rule] = {
    **Chat.settings,
    **{feature: dropped(feature, "only OpenAI itself has it") for feature in PLATFORM},
}


class GPTOSS(Chat):
    """Of no family with OpenAI's body, as its answers are not the same: the thoughts stand in the text."""

    name = "bedrock.gpt_oss"
    family = ""
    invocation: ClassVar[str] = "InvokeModel"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    requests: ClassVar[Shape[wire.Request]] = Shape(wire.Request, where="modelInput")
    answers: ClassVar[Shape[wire.Answer]] = Shape(wire.Answer, where="modelOutput")
    words = {**WORDS, **words_of(SETTINGS)}

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        request = super().parse_request(raw, losses)
        return msgspec.structs.replace(request, model=None)

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        body = super().render_request(request, losses)
        body.pop("model", None)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        answer = super().parse_answer(raw, losses)
        return _with_parts(answer, _apart)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        answer = _with_parts(answer, lambda parts: _together(parts, losses))
        return super().render_answer(answer, asked, losses)

    def model_of(self, raw: bytes) -> str | None:
        return None


def _with_parts(answer: ChatAnswer, change: Any) -> ChatAnswer:
    choices: list[Choice] = [
        msgspec.structs.replace(choice, parts=change(choice.parts)) for choice in answer.choices
    ]
    return msgspec.structs.replace(answer, choices=choices)


def _apart(parts: list[Part]) -> list[Part]:
    """The thoughts out of the text."""
    first = parts[0] if parts else None
    if not isinstance(first, Text) or not first.text.startswith(OPEN):
        return parts
    thought, close, text = first.text.removeprefix(OPEN).partition(CLOSE)
    if not close:
        return parts
    said: list[Part] = [Text(text, first.citations)] if text else []
    return [Thinking(thought), *said, *parts[1:]]


def _together(parts: list[Part], losses: Losses) -> list[Part]:
    """The thoughts in the text, the inverse."""
    thoughts: list[str] = []
    rest: list[Part] = []
    for part in parts:
        if isinstance(part, Thinking) and not part.redacted:
            thoughts.append(part.text)
            if part.signature is not None:
                losses.drop("answer.signature")
        else:
            rest.append(part)
    if not thoughts:
        return parts
    thought = OPEN + "\n".join(thoughts) + CLOSE
    if rest and isinstance(rest[0], Text) and not rest[0].citations:
        return [Text(thought + rest[0].text), *rest[1:]]
    return [Text(thought), *rest]


GPT_OSS = GPTOSS()
