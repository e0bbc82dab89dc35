"""Requests, there and back."""

from typing import Any

from providers.bedrock.converse.content import (
    CONTENT,
    Renderers,
    parse_block,
    parse_cache_point,
    render_cache_point,
    render_parts,
    render_refusal,
    render_text,
    render_thinking,
)
from providers.bedrock.converse.media import render_media
from providers.bedrock.converse.settings import ALONE, SETTINGS, parse_settings
from providers.bedrock.converse.tools import parse_tools
from providers.bedrock.converse.wire import ConverseRequest, SystemBlock, Turn, only
from providers.records import Losses
from providers.records.chat import (
    CachePoint,
    ChatRequest,
    Media,
    Message,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from providers.records.shapes import Shape

# https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
NO_TOOLS = (
    "Bedrock's batches of Converse requests fail every record that has tools, and this model has no other "
    "kind that Bifrost speaks. Choose a model with one: Claude, Nova, gpt-oss or Mistral Large."
)
_shape: Shape[ConverseRequest] = Shape(ConverseRequest, where="modelInput")


def parse_request(raw: bytes, losses: Losses) -> ChatRequest:
    body = _shape.read(raw)
    ALONE.leave(body, losses)
    tools = parse_tools(body.toolConfig, losses) if body.toolConfig is not None else []
    return ChatRequest(
        None,
        parse_messages(body.messages, losses),
        [parse_system(block, losses) for block in body.system or ()],
        tools,
        parse_settings(body, losses),
    )


def render_request(request: ChatRequest, losses: Losses) -> dict[str, Any]:
    if request.tools and not leaves_tools_out(request):
        losses.refuse("tools", NO_TOOLS)
    body: dict[str, Any] = {"messages": render_messages(request.messages, RENDERERS, losses)}
    if request.system:
        body["system"] = render_system(request.system, losses)
    for feature, value in request.settings.items():
        SETTINGS[feature].write(body, value, request, losses)
    return body


def leaves_tools_out(request: ChatRequest) -> bool:
    choice = request.settings.get("tool_choice")
    return choice is not None and choice.mode == "none"


def parse_messages(turns: list[Turn], losses: Losses) -> list[Message]:
    return [
        Message(turn.role, [parse_block(block, CONTENT, losses) for block in turn.content])
        for turn in turns
    ]


def render_messages(
    messages: list[Message], renderers: Renderers, losses: Losses
) -> list[dict[str, Any]]:
    """The turns. Converse wants the speakers to take turns, so what one says in a row becomes one message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.name:
            losses.drop("participant")
        blocks = render_parts(message.parts, renderers, losses)
        if not blocks:
            continue
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": message.role, "content": blocks})
    return turns


def parse_system(block: SystemBlock, losses: Losses) -> Text | CachePoint:
    match only(block, "system[]"):
        case "text", str(text):
            return Text(text)
        case "cachePoint", point:
            return parse_cache_point(point, "system[].cachePoint", losses)
        case name, _:
            return losses.refuse(
                f"system[].{name}", "only Bedrock has guardrails. Send the text as plain text."
            )


def render_system(system: list[Text | CachePoint], losses: Losses) -> list[dict[str, Any]]:
    return [
        {"text": part.text} if isinstance(part, Text) else render_cache_point(part, losses)
        for part in system
    ]


def _refuse_tool(part: ToolCall | ToolResult, losses: Losses) -> None:
    losses.refuse("tool_call" if isinstance(part, ToolCall) else "tool_result", NO_TOOLS)


RENDERERS: Renderers = {
    Text: render_text,
    Media: render_media,
    Thinking: render_thinking,
    Refusal: render_refusal,
    CachePoint: render_cache_point,
    ToolCall: _refuse_tool,
    ToolResult: _refuse_tool,
}
