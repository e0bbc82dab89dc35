"""Anthropic Messages: https://platform.claude.com/docs/en/api/messages/create"""

from typing import Any, ClassVar

import msgspec

from providers.anthropic.messages.answer import ANSWER_WORDS, parse_answer, render_answer
from providers.anthropic.messages.content import CONTENT_WORDS
from providers.anthropic.messages.parse import parse_request
from providers.anthropic.messages.render import render_request
from providers.anthropic.messages.settings import SETTINGS
from providers.anthropic.messages.wire import Answer, Request
from providers.records import Asked, Losses, MalformedRecordError, ProviderBody
from providers.records.chat import ChatAnswer, ChatRequest
from providers.records.errors import NO_JSON
from providers.records.rules import Rule, words_of
from providers.records.shapes import Shape

_BETAS = (
    "a beta is asked for in the header anthropic-beta of the batch there, not in the record. "
    "Leave anthropic_beta out."
)


class _Named(msgspec.Struct):
    model: str | None = None


_named = msgspec.json.Decoder(_Named)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_betas = msgspec.json.Decoder(list[str] | None)
_encoder = msgspec.json.Encoder()


class Messages(ProviderBody[ChatRequest, ChatAnswer]):
    """Bedrock's body for Claude is the same but for a few fields, and may inherit from this.

    `requests` and `answers` read them, and `signer` is the dialect whose signatures it understands.
    """

    name = "anthropic.messages"
    subject = "chat"
    family = "anthropic.messages"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    words = {**words_of(SETTINGS), **CONTENT_WORDS, **ANSWER_WORDS}
    signer: ClassVar[str] = "anthropic"
    requests: ClassVar[Shape[Request]] = Shape(Request, where="params")
    answers: ClassVar[Shape[Answer]] = Shape(Answer, where="message")

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        return parse_request(self.requests.read(raw), losses, self.signer)

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        return render_request(request, losses, self.signer)

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        return parse_answer(self.answers.read_answer(raw, losses), losses, self.signer)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        return render_answer(answer, asked, losses, self.signer)

    def model_of(self, raw: bytes) -> str | None:
        try:
            model = _named.decode(raw).model
        except NO_JSON:
            raise MalformedRecordError(
                "Invalid type for 'params.model': expected a string.",
                code="invalid_type",
                param="params.model",
            ) from None
        if model and "\0" in model:
            raise MalformedRecordError(
                "Invalid 'params.model': it holds the character U+0000.",
                code="invalid_value",
                param="params.model",
            )
        return model

    def dress(self, raw: bytes, model: str, losses: Losses) -> bytes:
        """Bedrock's body for Claude, without what it says there only."""
        try:
            fields = _fields.decode(raw)
            betas = _betas.decode(fields.pop("anthropic_beta", b"null"))
        except NO_JSON:
            raise MalformedRecordError(
                "modelInput is no JSON object.", code="invalid_type", param="modelInput"
            ) from None
        if betas:
            losses.refuse("anthropic_beta", _BETAS)
        fields.pop("anthropic_version", None)
        fields.pop("model", None)
        return _encoder.encode({"model": model, **fields})


MESSAGES = Messages()
