"""The blocks of a request, there and back: https://platform.claude.com/docs/en/api/messages/create"""

from collections.abc import Callable
from typing import Any, NoReturn

from providers.anthropic.messages import wire
from providers.anthropic.messages.citations import parse_citations
from providers.anthropic.messages.media import (
    parse_document,
    parse_image,
    render_document,
    render_image,
)
from providers.records import Losses
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
from providers.records.values import checked_object, text_of

_Block = dict[str, Any]

_BLOCKS = "messages[].content[]"
CONTENT_WORDS = {
    "system": "system",
    "system_later": "messages[].role",
    "text": f"{_BLOCKS}.text",
    "image": f"{_BLOCKS}.image",
    "image_link": f"{_BLOCKS}.image.source.url",
    "image_file": f"{_BLOCKS}.image.source.file_id",
    "document": f"{_BLOCKS}.document",
    "document_link": f"{_BLOCKS}.document.source.url",
    "document_file": f"{_BLOCKS}.document.source.file_id",
    "document_name": f"{_BLOCKS}.document.title",
    "document_context": f"{_BLOCKS}.document.context",
    "document_citations": f"{_BLOCKS}.document.citations",
    "reasoning.show": "thinking.display",
    "tools": "tools",
    "tool_strict": "tools[].strict",
    "tool_call": f"{_BLOCKS}.tool_use",
    "tool_result": f"{_BLOCKS}.tool_result",
    "tool_result_image": f"{_BLOCKS}.tool_result.content[].image",
    "tool_result_document": f"{_BLOCKS}.tool_result.content[].document",
    "tool_result_error": f"{_BLOCKS}.tool_result.is_error",
    "thinking": f"{_BLOCKS}.thinking",
    "citations": f"{_BLOCKS}.citations",
    "cache_point": f"{_BLOCKS}.cache_control",
}
_ONLY_THERE = "only Anthropic's own tools make or read such a block. Leave it out."
_NO_SEARCH_RESULTS = "search results have no like elsewhere. Send them as documents or as text."
_NO_TOOLSETS = "toolsets are Anthropic's own. Send the tool as one of yours."


def parse_block(block: wire.Block, losses: Losses, signer: str) -> Part:
    parse = _PARSERS.get(type(block))
    if parse is None:
        _refuse_block(block, losses)
    return parse(block, losses, signer)


def parse_text(block: wire.TextBlock, losses: Losses, signer: str) -> Text:
    if block.citations is None:
        return Text(block.text)
    return Text(block.text, parse_citations(block.citations, losses))


def _parse_tool_use(block: wire.ToolUseBlock, losses: Losses, signer: str) -> ToolCall:
    if block.toolset_name is not None:
        losses.refuse(f"{_BLOCKS}.tool_use.toolset_name", _NO_TOOLSETS)
    if block.caller is not None and block.caller.type != "direct":
        losses.refuse(f"{_BLOCKS}.tool_use.caller", _ONLY_THERE)
    return ToolCall(block.id, block.name, checked_object(block.input, f"{_BLOCKS}.input"))


def parse_redacted(block: wire.RedactedThinkingBlock, losses: Losses, signer: str) -> Thinking:
    return Thinking("", Signature(signer, block.data), redacted=True)


def parse_thinking(block: wire.ThinkingBlock, losses: Losses, signer: str) -> Thinking:
    signature = Signature(signer, block.signature) if block.signature else None
    return Thinking(block.thinking, signature)


def _parse_tool_result(block: wire.ToolResultBlock, losses: Losses, signer: str) -> ToolResult:
    if block.toolset_name is not None:
        losses.refuse(f"{_BLOCKS}.tool_result.toolset_name", _NO_TOOLSETS)
    said = block.content
    content: list[Text | Media | Data]
    if isinstance(said, str):
        content = [Text(said)]
    else:
        content = [_parse_result_block(each, losses) for each in said or ()]
    return ToolResult(block.tool_use_id, content, is_error=bool(block.is_error))


def _parse_result_block(block: wire.ResultBlock, losses: Losses) -> Text | Media:
    if getattr(block, "cache_control", None):
        losses.drop("cache_point")
    parse = _RESULT_PARSERS.get(type(block))
    if parse is None:
        _refuse_block(block, losses, f"{_BLOCKS}.tool_result.content[]")
    return parse(block, losses, "")


def _refuse_block(block: Any, losses: Losses, at: str = _BLOCKS) -> NoReturn:
    tag = block.__struct_config__.tag
    losses.refuse(f"{at}.{tag}", _NO_SEARCH_RESULTS if tag == "search_result" else _ONLY_THERE)


_RESULT_PARSERS: dict[type, Callable[[Any, Losses, str], Text | Media]] = {
    wire.TextBlock: parse_text,
    wire.ImageBlock: parse_image,
    wire.DocumentBlock: parse_document,
}
_PARSERS: dict[type, Callable[[Any, Losses, str], Part]] = {
    **_RESULT_PARSERS,
    wire.ToolUseBlock: _parse_tool_use,
    wire.ToolResultBlock: _parse_tool_result,
    wire.ThinkingBlock: parse_thinking,
    wire.RedactedThinkingBlock: parse_redacted,
}


def render_content(parts: list[Part], losses: Losses, signer: str) -> str | list[_Block]:
    """A string where it is one text."""
    if len(parts) == 1 and isinstance(parts[0], Text):
        if parts[0].citations:
            losses.drop("citations")
        return parts[0].text
    blocks: list[_Block] = []
    for part in _results_first(parts):
        if type(part) is CachePoint:
            add_cache_point(blocks, part, losses)
        else:
            block = _render_part(part, losses, signer)
            if block is not None:
                blocks.append(block)
    return _shortest(blocks)


def _results_first(parts: list[Part]) -> list[Part]:
    """Results of tools stand before all else in a message, each with the cache point behind it.

    https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
    """
    if not any(type(part) is ToolResult for part in parts[1:]):
        return parts
    results: list[Part] = []
    others: list[Part] = []
    for part in parts:
        if type(part) is not CachePoint:
            beside = results if type(part) is ToolResult else others
        elif not (results or others):
            beside = others
        beside.append(part)
    return results + others


def _shortest(blocks: list[_Block]) -> str | list[_Block]:
    if len(blocks) == 1 and blocks[0].keys() == _PLAIN_TEXT:
        return blocks[0]["text"]  # type: ignore[no-any-return]
    return blocks


_PLAIN_TEXT = {"type", "text"}


def add_cache_point(blocks: list[_Block], point: CachePoint, losses: Losses) -> None:
    """A cache point marks the block before it, if that can be cached."""
    if not blocks or "cache_control" in blocks[-1] or blocks[-1].get("type") in _UNCACHED:
        losses.drop("cache_point")
        return
    control = {"type": "ephemeral"}
    if point.ttl is not None:
        control["ttl"] = point.ttl
    blocks[-1]["cache_control"] = control


# https://platform.claude.com/docs/en/build-with-claude/prompt-caching#what-cannot-be-cached
_UNCACHED = frozenset({"thinking", "redacted_thinking"})


def _render_part(part: Part, losses: Losses, signer: str) -> _Block | None:
    render = _RENDERERS.get(type(part))
    if render is None:
        losses.refuse(type(part).__name__, "it has no words for it. Leave it out.")
    return render(part, losses, signer)


def _render_text(text: Text, losses: Losses, signer: str) -> _Block:
    if text.citations:
        losses.drop("citations")
    return {"type": "text", "text": text.text}


def _render_refusal(part: Refusal, losses: Losses, signer: str) -> _Block:
    return {"type": "text", "text": part.text}


def _render_data(part: Data, losses: Losses, signer: str) -> _Block:
    return {"type": "text", "text": text_of(part.value)}


def _render_media(part: Media, losses: Losses, signer: str) -> _Block:
    if part.kind not in ("image", "document"):
        losses.refuse(part.kind, "Claude reads images and documents only. Send it as text.")
    return render_image(part, losses) if part.kind == "image" else render_document(part, losses)


def _render_thinking(part: Thinking, losses: Losses, signer: str) -> _Block | None:
    if part.signature is None or part.signature.by != signer:
        losses.drop("thinking")
        return None
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.signature.value}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature.value}


def _render_tool_call(part: ToolCall, losses: Losses, signer: str) -> _Block:
    return {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}


def _render_tool_result(result: ToolResult, losses: Losses, signer: str) -> _Block:
    answer: _Block = {"type": "tool_result", "tool_use_id": result.call_id}
    rendered = (_render_part(part, losses, signer) for part in result.content)
    content = [block for block in rendered if block is not None]
    if content:
        answer["content"] = _shortest(content)
    if result.is_error:
        answer["is_error"] = True
    return answer


_RENDERERS: dict[type, Callable[[Any, Losses, str], _Block | None]] = {
    Text: _render_text,
    ToolCall: _render_tool_call,
    ToolResult: _render_tool_result,
    Media: _render_media,
    Thinking: _render_thinking,
    Refusal: _render_refusal,
    Data: _render_data,
}
