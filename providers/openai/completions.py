"""Completions, which came before chats: https://platform.openai.com/docs/api-reference/completions/create

Clients speak them; no provider but OpenAI takes them, so they go elsewhere as a conversation of one message.
"""

from itertools import accumulate
from operator import attrgetter
from typing import Any

import msgspec

from providers.openai.chat.answer import render_finish
from providers.openai.chat.usage import render_usage
from providers.openai.model import read_model
from providers.records import Asked, Body, Losses
from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    Choice,
    Media,
    Message,
    Part,
    Refusal,
    Settings,
    Text,
    Thinking,
    TokenChoice,
)
from providers.records.rules import Alone, OnlyHere, Rendered
from providers.records.shapes import Count, Shape, Whole

DEFAULT_MAX_TOKENS = 16  # https://platform.openai.com/docs/api-reference/completions/create
FIELDS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "user": "user",
}
"""Fields that hold what the setting of the neutral form holds."""

ALONE = OnlyHere(
    {
        "suffix": Alone("It writes no text before another. Leave it out.", harmless=("",)),
        "echo": Alone("It does not repeat the prompt. Leave it out.", harmless=(False,)),
        "best_of": Alone(harmless=(1,)),
        "stream": Alone("Batches do not stream. Leave it out.", harmless=(False,)),
        "stream_options": Alone(),
    }
)


class _Request(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """CreateCompletionRequest."""

    prompt: str | list[str | int | list[int]] | None
    model: str | None = None
    max_tokens: Count | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    n: Count | None = None
    seed: Whole | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[str, int | float] | None = None
    logprobs: Count | None = None
    user: str | None = None
    suffix: str | None = None
    echo: bool | None = None
    best_of: Count | None = None
    stream: bool | None = None
    stream_options: dict[str, bool] | None = None


_shape: Shape[_Request] = Shape(_Request)
_fields = attrgetter(*FIELDS)


class Completions(Body[ChatRequest, ChatAnswer]):
    name = "/v1/completions"
    subject = "chat"
    words = {feature: field for field, feature in FIELDS.items()} | {
        "stop": "stop",
        "candidates": "n",
        "text": "prompt",
    }

    def model_of(self, raw: bytes) -> str | None:
        return read_model(raw)

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        body = _shape.read(raw)
        ALONE.leave(body, losses)
        prompt = Message("user", [Text(_parse_prompt(body.prompt, losses))])
        return ChatRequest(body.model, [prompt], [], [], _parse_settings(body))

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        said: Rendered = {
            "id": answer.id or asked.id,
            "object": "text_completion",
            "created": asked.created if answer.created is None else answer.created,
            "model": answer.model or asked.model,
            "choices": [
                _render_choice(index, choice, losses) for index, choice in enumerate(answer.choices)
            ],
        }
        if answer.usage:
            said["usage"] = render_usage(answer.usage)
        if answer.service_tier:
            losses.drop("answer.service_tier")
        return said


def _parse_prompt(said: str | list[str | int | list[int]] | None, losses: Losses) -> str:
    match said:
        case str():
            return said
        case [str(text)]:
            return text
        case [str(), *_]:
            return losses.refuse("prompt", "It takes one prompt a record. Send a record for each.")
        case _:
            return losses.refuse("prompt", "It takes text only. Send the prompt as a string.")


def _parse_settings(body: _Request) -> Settings:
    values = zip(FIELDS.values(), _fields(body), strict=True)
    settings: Any = {feature: value for feature, value in values if value is not None}
    settings.setdefault("max_tokens", DEFAULT_MAX_TOKENS)
    if body.stop:
        settings["stop"] = [body.stop] if isinstance(body.stop, str) else body.stop
    if body.n is not None and body.n != 1:
        settings["candidates"] = body.n
    found: Settings = settings
    return found


def _render_choice(index: int, choice: Choice, losses: Losses) -> Rendered:
    if choice.stop_sequence is not None:
        losses.drop("answer.stop_sequence")
    if choice.detail is not None:
        losses.drop("answer.detail")
    return {
        "index": index,
        "text": "".join(_render_part(part, losses) for part in choice.parts),
        "logprobs": _render_logprobs(choice.logprobs) if choice.logprobs else None,
        "finish_reason": render_finish(choice, {"refusal": None}, losses),
    }


def _render_part(part: Part, losses: Losses) -> str:
    match part:
        case Text():
            if part.citations:
                losses.drop("answer.citations")
            return part.text
        case Refusal():
            return part.text
        case Thinking(redacted=True):
            losses.drop("answer.redacted_thinking")
        case Thinking():
            losses.drop("answer.thinking")
        case Media():
            losses.drop("answer.media")
        case _:
            losses.refuse("answer.tool_call", "Completions have no tools.")
    return ""


def _render_logprobs(tokens: list[TokenChoice]) -> Rendered:
    """Columns, not rows. `text_offset` counts characters from the start of the answer."""
    lengths = [len(token.token) for token in tokens]
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{each.token: each.logprob for each in token.top} for token in tokens],
        "text_offset": [*accumulate(lengths[:-1], initial=0)],
    }


COMPLETIONS = Completions()
