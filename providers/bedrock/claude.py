"""Claude's own body: Anthropic's Messages, but for a few fields.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
"""

from typing import Any, ClassVar

import msgspec

from providers.anthropic.messages import Messages
from providers.anthropic.messages.wire import Answer, Request
from providers.records import Losses, MalformedRecordError
from providers.records.chat import ChatRequest, Link, Media
from providers.records.errors import NO_JSON
from providers.records.shapes import Shape

VERSION = "bedrock-2023-05-31"
# What the job says here, or a header.
ELSEWHERE = ("model", "stream", "service_tier")
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything = msgspec.json.Decoder(Any)
_version = msgspec.Raw(msgspec.json.encode(VERSION))
_encoder = msgspec.json.Encoder()
LINKS = "Claude at Bedrock fetches nothing by URL. Put the bytes into the record."
FILES = "Bedrock keeps no files of Anthropic's. Put the bytes into the record."
# What a source is that Bedrock cannot follow, and why.
SOURCES = {"url": ("link", LINKS), "file": ("file", FILES)}
_STREAMS = "a batch has nobody to stream to. Leave stream out."


class ClaudeRequest(Request, frozen=True, gc=False):
    """Betas are asked for in the body, as there is no header of a record."""

    anthropic_version: str | None = None
    anthropic_beta: list[str] | None = None


class Claude(Messages):
    name = "bedrock.claude"
    invocation: ClassVar[str] = "InvokeModel"
    # A seal of Claude is good at Anthropic and at Bedrock alike.
    signer: ClassVar[str] = "anthropic"
    requests: ClassVar[Shape[Request]] = Shape(ClaudeRequest, where="modelInput")
    answers: ClassVar[Shape[Answer]] = Shape(Answer, where="modelOutput")

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        request = super().parse_request(raw, losses)
        if b'"anthropic_beta"' in raw and _fields.decode(raw).get("anthropic_beta") is not None:
            losses.drop("anthropic_beta")
        return request

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        _refuse_links(request, losses)
        body = super().render_request(request, losses)
        body.pop("model", None)
        if body.pop("service_tier", None) is not None:
            losses.drop("service_tier")
        return {"anthropic_version": VERSION, **body}

    def model_of(self, raw: bytes) -> str | None:
        return None

    def dress(self, raw: bytes, model: str, losses: Losses) -> bytes:
        """Anthropic's own body, with all but a few fields byte for byte."""
        try:
            fields = _fields.decode(raw)
        except NO_JSON:
            raise MalformedRecordError(
                "params is no JSON object.", code="invalid_type", param="params"
            ) from None
        tier, stream = fields.get("service_tier"), fields.get("stream")
        if stream is not None and bytes(stream) == b"true":
            losses.refuse("stream", _STREAMS)
        if tier is not None and bytes(tier) not in (b"null", b'"auto"'):
            losses.drop("service_tier")
        if b'"url"' in raw or b'"file"' in raw:
            _refuse_sources(_anything.decode(fields.get("messages", b"null")), losses)
        for name in ELSEWHERE:
            fields.pop(name, None)
        return _encoder.encode({"anthropic_version": _version, **fields})


def _refuse_links(request: ChatRequest, losses: Losses) -> None:
    """Claude at Bedrock fetches nothing: https://platform.claude.com/docs/en/build-with-claude/vision"""
    for message in request.messages:
        for part in message.parts:
            if type(part) is Media and isinstance(part.source, Link):
                losses.refuse(f"{part.kind}_link", LINKS)


def _refuse_sources(messages: Any, losses: Losses) -> None:
    """The same, and files of Anthropic's, in a body that nobody parsed."""
    waiting = [messages]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            _refuse_source(value, losses)
            waiting.append(value.get("content"))


def _refuse_source(block: dict[str, Any], losses: Losses) -> None:
    source = block.get("source")
    found = SOURCES.get(str(source.get("type"))) if isinstance(source, dict) else None
    if found:
        feature, why = found
        kind = "document" if block.get("type") == "document" else "image"
        losses.refuse(f"{kind}_{feature}", why)


CLAUDE = Claude()
