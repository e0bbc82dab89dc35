"""Chat Completions: https://platform.openai.com/docs/api-reference/chat/create"""

from typing import Any, ClassVar

import msgspec

from providers.openai.chat import wire
from providers.openai.chat.answer import parse_answer, render_answer
from providers.openai.chat.request import parse_request, render_request
from providers.openai.chat.settings import SETTINGS
from providers.openai.model import read_model
from providers.records import Asked, Losses, MalformedRecordError, ProviderBody
from providers.records.chat import ChatAnswer, ChatRequest
from providers.records.errors import NO_JSON
from providers.records.rules import Rule, words_of
from providers.records.shapes import Shape

WORDS = {
    "system": "messages[].content",
    "system_later": "messages[].role",
    "text": "messages[].content",
    "participant": "messages[].name",
    "image": "messages[].content[].image_url",
    "image_link": "messages[].content[].image_url",
    "image_file": "messages[].content[].file",
    "document": "messages[].content[].file",
    "document_file": "messages[].content[].file",
    "document_name": "messages[].content[].file.filename",
    "audio": "messages[].content[].input_audio",
    "media_detail": "messages[].content[].image_url.detail",
    "tools": "tools",
    "tool_strict": "tools[].function.strict",
    "tool_call": "messages[].tool_calls",
    "tool_result": "messages[].content",
    "refusal": "messages[].refusal",
    "citations": "messages[].annotations",
    "cache_point": "messages[].content[].prompt_cache_breakpoint",
    "output.name": "response_format.json_schema.name",
    "output.description": "response_format.json_schema.description",
    "output.strict": "response_format.json_schema.strict",
    "answer.text": "choices[].message.content",
    "answer.tool_call": "choices[].message.tool_calls",
    "answer.refusal": "choices[].message.refusal",
    "answer.citations": "choices[].message.annotations",
    "answer.media": "choices[].message.audio",
    "answer.logprobs": "choices[].logprobs",
    "answer.candidates": "choices",
    "answer.finish": "choices[].finish_reason",
    "answer.usage": "usage",
    "answer.id": "id",
    "answer.model": "model",
    "answer.created": "created",
    "answer.service_tier": "service_tier",
    "usage.cached": "usage.prompt_tokens_details.cached_tokens",
    "usage.cache_written": "usage.prompt_tokens_details.cache_write_tokens",
    "usage.reasoning": "usage.completion_tokens_details.reasoning_tokens",
}

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()


class Chat(ProviderBody[ChatRequest, ChatAnswer]):
    """A body that others host as well. They may inherit from this, with `settings` and shapes of their own:
    `requests` and `answers` read them, and say what a body is called in errors."""

    name = "/v1/chat/completions"
    subject = "chat"
    family = "openai.chat"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    requests: ClassVar[Shape[wire.Request]] = Shape(wire.Request)
    answers: ClassVar[Shape[wire.Answer]] = Shape(wire.Answer, where="response.body")
    words = {**words_of(SETTINGS), **WORDS}

    def model_of(self, raw: bytes) -> str | None:
        return read_model(raw)

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        return parse_request(self.requests.read(raw), losses)

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        return render_request(request, losses, self.settings)

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        return parse_answer(self.answers.read_answer(raw, losses), losses)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        return render_answer(answer, asked, losses)

    def dress(self, raw: bytes, model: str, losses: Losses) -> bytes:
        """The same body with this model; all its other fields stay as they are."""
        try:
            fields: dict[str, Any] = _fields.decode(raw)
        except NO_JSON:
            raise MalformedRecordError(
                "body is no JSON object.", code="invalid_type", param="body"
            ) from None
        return _encoder.encode({**fields, "model": model} if model else fields)


CHAT = Chat()

__all__ = ["CHAT", "Chat"]
