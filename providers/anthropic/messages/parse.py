"""A request in Anthropic's words to the neutral form."""

from typing import Any

import msgspec

from providers.anthropic.messages import wire
from providers.anthropic.messages.content import parse_block
from providers.anthropic.messages.settings import ALONE, has_alone, parse_settings
from providers.records import Losses, RecordError
from providers.records.chat import CachePoint, ChatRequest, Message, Part, Text, Tool
from providers.records.errors import NO_JSON
from providers.records.shapes import Shape
from providers.records.values import checked_object

_CUSTOM = (None, "custom")
_SERVER_TOOL = (
    "it is a tool of Anthropic's own. Describe a tool of yours with name, description and "
    "input_schema instead."
)


class _ToolType(msgspec.Struct):
    type: Any = None


_tool = Shape[wire.Tool](wire.Tool, where="tools[]")
_tool_type = msgspec.json.Decoder(_ToolType)


def parse_request(request: wire.Request, losses: Losses, signer: str) -> ChatRequest:
    if has_alone(request):
        ALONE.leave(request, losses)
    return ChatRequest(
        request.model,
        _messages(request.messages, losses, signer),
        _system(request.system),
        _tools(request.tools, losses) if request.tools else [],
        parse_settings(request, losses),
    )


def _system(system: str | list[wire.TextBlock] | None) -> list[Text | CachePoint]:
    if not system:
        return []
    if isinstance(system, str):
        return [Text(system)]
    parts: list[Text | CachePoint] = []
    for block in system:
        parts.append(Text(block.text))
        if block.cache_control:
            parts.append(CachePoint(block.cache_control.ttl))
    return parts


def _messages(messages: list[wire.Message], losses: Losses, signer: str) -> list[Message]:
    parsed: list[Message] = []
    for message in messages:
        content = message.content
        if isinstance(content, str):
            parsed.append(Message(message.role, [Text(content)]))
        else:
            _add_blocks(parsed, message.role, content, losses, signer)
    return parsed


def _add_blocks(
    parsed: list[Message], role: Any, blocks: list[wire.Block], losses: Losses, signer: str
) -> None:
    """One message; instructions amid its blocks are one of their own, and cut it in two."""
    parts: list[Part] = []
    cut = False
    for block in blocks:
        if type(block) is wire.MidConvSystemBlock:
            if parts:
                parsed.append(Message(role, parts))
            parsed.append(Message("system", [*_instructions(block)]))
            parts, cut = [], True
            continue
        parts.append(parse_block(block, losses, signer))
        control = getattr(block, "cache_control", None)
        if control:
            parts.append(CachePoint(control.ttl))
    if parts or not cut:
        parsed.append(Message(role, parts))


def _instructions(block: wire.MidConvSystemBlock) -> list[Text | CachePoint]:
    parts = _system(block.content)
    if block.cache_control:
        parts.append(CachePoint(block.cache_control.ttl))
    return parts


def _tools(tools: list[msgspec.Raw], losses: Losses) -> list[Tool | CachePoint]:
    parsed: list[Tool | CachePoint] = []
    for raw in tools:
        tool = _read_tool(raw, losses)
        schema = checked_object(tool.input_schema, "tools[].input_schema")
        parsed.append(Tool(tool.name, tool.description, schema, tool.strict))
        if tool.cache_control:
            parsed.append(CachePoint(tool.cache_control.ttl))
    return parsed


def _read_tool(raw: msgspec.Raw, losses: Losses) -> wire.Tool:
    try:
        tool = _tool.read(raw)
    except RecordError:
        _refuse_server_tool(raw, losses)
        raise
    if tool.allowed_callers not in (None, ["direct"]):
        losses.refuse("tools[].allowed_callers", "tools are called by the model only, there.")
    if tool.defer_loading:
        losses.refuse("tools[].defer_loading", "all tools are loaded at once, there. Leave it out.")
    if tool.input_examples:
        losses.drop("tools[].input_examples")
    if tool.eager_input_streaming:
        losses.drop("tools[].eager_input_streaming")
    return tool


def _refuse_server_tool(raw: msgspec.Raw, losses: Losses) -> None:
    try:
        kind = _tool_type.decode(raw).type
    except NO_JSON:
        return
    if isinstance(kind, str) and kind not in _CUSTOM:
        losses.refuse(f"tools[].{kind}", _SERVER_TOOL)
