"""Tools and the choice among them.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
"""

from typing import Any

import msgspec

from providers.bedrock.converse.content import parse_cache_point, render_cache_point
from providers.bedrock.converse.wire import ToolChoiceBlock, ToolConfig, ToolEntry, ToolSpec, only
from providers.records import Losses
from providers.records.chat import (
    CachePoint,
    ChatRequest,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.records.values import one_line

NO_PARAMETERS = msgspec.Raw(b'{"type":"object","properties":{}}')


def parse_tools(config: ToolConfig, losses: Losses) -> list[Tool | CachePoint]:
    return [_parse_tool(entry, losses) for entry in config.tools]


def render_tools(tools: list[Tool | CachePoint], losses: Losses) -> list[dict[str, Any]]:
    return [
        render_cache_point(tool, losses)
        if isinstance(tool, CachePoint)
        else {"toolSpec": _render_tool(tool, losses)}
        for tool in tools
    ]


def parse_choice(choice: ToolChoiceBlock) -> ToolChoice:
    match only(choice, "toolConfig.toolChoice"):
        case "auto", _:
            return ToolChoice("auto")
        case "any", _:
            return ToolChoice("required")
        case _, named:
            return ToolChoice("required", (named.name,))


def render_choice(choice: ToolChoice, losses: Losses) -> dict[str, Any]:
    """The words for any choice but "none", for which there are none."""
    match choice:
        case ToolChoice("auto", ()):
            return {"auto": {}}
        case ToolChoice("required", ()):
            return {"any": {}}
        case ToolChoice("required", (name,)):
            return {"tool": {"name": name}}
        case _:
            return losses.refuse(
                "tool_choice",
                "it lets the model choose among all tools, or one. Send only the tools to choose from.",
            )


def speaks_of_tools(request: ChatRequest) -> bool:
    """Whether a tool was called in the conversation."""
    return any(
        isinstance(part, ToolCall | ToolResult)
        for message in request.messages
        for part in message.parts
    )


def _parse_tool(entry: ToolEntry, losses: Losses) -> Tool | CachePoint:
    match only(entry, "toolConfig.tools[]"):
        case _, ToolSpec() as spec:
            schema = one_line(bytes(spec.inputSchema.json))
            return Tool(spec.name, spec.description, schema, spec.strict)
        case "cachePoint", point:
            return parse_cache_point(point, "toolConfig.tools[].cachePoint", losses)
        case name, _:
            return losses.refuse(
                f"toolConfig.tools[].{name}",
                "Bedrock's own tools cannot run elsewhere. Declare a tool of your own.",
            )


def _render_tool(tool: Tool, losses: Losses) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "name": tool.name,
        "inputSchema": {"json": tool.parameters or NO_PARAMETERS},
    }
    if tool.description:
        spec["description"] = tool.description
    if tool.strict is not None:
        losses.drop("tool_strict")
    return spec
