"""The pieces of a message, there and back."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import astuple

from providers.bedrock.converse.citations import parse_cited, render_cited
from providers.bedrock.converse.media import parse_document, parse_media, render_media
from providers.bedrock.converse.wire import (
    Block,
    CachePointBlock,
    ReasoningContent,
    ToolResultBlock,
    ToolResultContent,
    ToolUse,
    only,
)
from providers.records import Losses, MalformedRecordError
from providers.records.chat import (
    CachePoint,
    Data,
    Media,
    Part,
    Refusal,
    Signature,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from providers.records.values import is_object, one_line

DIALECT = "bedrock"
CONTENT = "messages[].content[]"
WORDS = {
    "system": "system",
    "system_later": "messages[].role",
    "text": f"{CONTENT}.text",
    "image": f"{CONTENT}.image",
    "image_link": f"{CONTENT}.image.source.s3Location",
    "document": f"{CONTENT}.document",
    "document_link": f"{CONTENT}.document.source.s3Location",
    "document_name": f"{CONTENT}.document.name",
    "document_context": f"{CONTENT}.document.context",
    "document_citations": f"{CONTENT}.document.citations",
    "audio": f"{CONTENT}.audio",
    "audio_link": f"{CONTENT}.audio.source.s3Location",
    "video": f"{CONTENT}.video",
    "video_link": f"{CONTENT}.video.source.s3Location",
    "output.name": "outputConfig.textFormat.structure.jsonSchema.name",
    "output.description": "outputConfig.textFormat.structure.jsonSchema.description",
    "tools": "toolConfig.tools",
    "tool_strict": "toolConfig.tools[].toolSpec.strict",
    "tool_call": f"{CONTENT}.toolUse",
    "tool_result": f"{CONTENT}.toolResult",
    "tool_result_image": f"{CONTENT}.toolResult.content[].image",
    "tool_result_document": f"{CONTENT}.toolResult.content[].document",
    "tool_result_error": f"{CONTENT}.toolResult.status",
    "thinking": f"{CONTENT}.reasoningContent",
    "citations": f"{CONTENT}.citationsContent.citations",
    "cache_point": f"{CONTENT}.cachePoint",
}
"""How Converse's clients name the parts."""

ALONE = {
    "guardContent": "only Bedrock has guardrails. Send the text as a plain text block.",
    "searchResult": "search results are Bedrock's own. Send their text as a text block.",
    "toolAddition": "only Bedrock changes tools during a conversation. Declare all of them in toolConfig.",
    "toolRemoval": "only Bedrock changes tools during a conversation. Declare the right ones in toolConfig.",
}
"""Blocks that only Converse has, and what to do instead."""

Render = Callable[[Any, Losses], dict[str, Any] | None]
Renderers = dict[type[Part], Render]

_ALL_BUT_ONE = len(Block.__struct_fields__) - 1


def parse_block(block: Block, where: str, losses: Losses) -> Part:
    """Raises MalformedRecordError if the block is not exactly one thing."""
    text = block.text
    if text is not None and astuple(block).count(None) == _ALL_BUT_ONE:
        return Text(text)
    name, member = only(block, where)
    if name in ALONE:
        losses.refuse(f"{where}.{name}", ALONE[name])
    return _PARSERS[name](member, f"{where}.{name}", losses)


def render_parts(parts: list[Part], renderers: Renderers, losses: Losses) -> list[dict[str, Any]]:
    """The blocks of what is left of the parts."""
    blocks = []
    for part in parts:
        block = renderers[type(part)](part, losses)
        if block is not None:
            blocks.append(block)
    return blocks


def _parse_image(block: Any, where: str, losses: Losses) -> Part:
    return parse_media("image", block, where, losses)


def _parse_video(block: Any, where: str, losses: Losses) -> Part:
    return parse_media("video", block, where, losses)


def _parse_audio(block: Any, where: str, losses: Losses) -> Part:
    return parse_media("audio", block, where, losses)


def _parse_cited(block: Any, where: str, losses: Losses) -> Part:
    return parse_cited(block, where)


def render_text(text: Text, losses: Losses) -> dict[str, Any]:
    return render_cited(text) if text.citations else {"text": text.text}


def render_refusal(refusal: Refusal, losses: Losses) -> dict[str, Any]:
    return {"text": refusal.text}


def _parse_tool_call(block: ToolUse, where: str, losses: Losses) -> ToolCall:
    if block.type is not None:
        losses.refuse(f"{where}.type", "Bedrock's own tools cannot run elsewhere.")
    if not is_object(block.input):
        raise MalformedRecordError(
            f"{where}.input is no JSON object.", code="invalid_type", param=f"{where}.input"
        )
    return ToolCall(block.toolUseId, block.name, one_line(bytes(block.input)))


def render_tool_call(call: ToolCall, losses: Losses) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}}


def _parse_tool_result(block: ToolResultBlock, where: str, losses: Losses) -> ToolResult:
    if block.type is not None:
        losses.refuse(f"{where}.type", "Bedrock's own tools cannot run elsewhere.")
    content = [
        _parse_result_content(piece, f"{where}.content[]", losses) for piece in block.content
    ]
    return ToolResult(block.toolUseId, content, is_error=block.status == "error")


def render_tool_result(result: ToolResult, losses: Losses) -> dict[str, Any]:
    block: dict[str, Any] = {
        "toolUseId": result.call_id,
        "content": [_RESULT_CONTENT[type(piece)](piece, losses) for piece in result.content],
    }
    if result.is_error:
        block["status"] = "error"
    return {"toolResult": block}


def _parse_result_content(
    piece: ToolResultContent, where: str, losses: Losses
) -> Text | Media | Data:
    match only(piece, where):
        case "text", str(text):
            return Text(text)
        case "json", value:
            return Data(one_line(bytes(value)))
        case "document", block:
            return parse_document(block, f"{where}.document", losses)
        case ("image" | "video") as kind, block:
            return parse_media(kind, block, f"{where}.{kind}", losses)
        case name, _:
            return losses.refuse(f"{where}.{name}", ALONE["searchResult"])


def _render_data(data: Data, losses: Losses) -> dict[str, Any]:
    return {"json": data.value}


def _parse_thinking(block: ReasoningContent, where: str, losses: Losses) -> Thinking:
    only(block, where)
    if block.reasoningText is None:
        cipher = Signature(DIALECT, block.redactedContent or "")
        return Thinking("", cipher, redacted=True)
    sealed = block.reasoningText.signature
    return Thinking(block.reasoningText.text, Signature(DIALECT, sealed) if sealed else None)


def render_thinking(thought: Thinking, losses: Losses) -> dict[str, Any] | None:
    """A thought in a request, where Bedrock checks the seal."""
    if thought.signature is None or thought.signature.by != DIALECT:
        losses.drop("thinking")
        return None
    return sealed(thought, thought.signature.value)


def sealed(thought: Thinking, signature: str) -> dict[str, Any]:
    if thought.redacted:
        return {"reasoningContent": {"redactedContent": signature}}
    text = {"text": thought.text, "signature": signature}
    return {"reasoningContent": {"reasoningText": text}}


def parse_cache_point(block: CachePointBlock, where: str, losses: Losses) -> CachePoint:
    return CachePoint(block.ttl)


def render_cache_point(point: CachePoint, losses: Losses) -> dict[str, Any]:
    cache: dict[str, str] = {"type": "default"}
    if point.ttl:
        cache["ttl"] = point.ttl
    return {"cachePoint": cache}


_PARSERS: dict[str, Callable[[Any, str, Losses], Part]] = {
    "image": _parse_image,
    "document": parse_document,
    "video": _parse_video,
    "audio": _parse_audio,
    "toolUse": _parse_tool_call,
    "toolResult": _parse_tool_result,
    "cachePoint": parse_cache_point,
    "reasoningContent": _parse_thinking,
    "citationsContent": _parse_cited,
}
_RESULT_CONTENT: dict[type[Part], Callable[[Any, Losses], dict[str, Any] | None]] = {
    Text: render_text,
    Data: _render_data,
    Media: render_media,
}
