"""A request of Chat Completions, there and back."""

from collections.abc import Mapping

from providers.openai.chat import wire
from providers.openai.chat.messages import NO_CUSTOM_TOOLS, Reading, render_messages
from providers.openai.chat.settings import parse_settings
from providers.records import Losses
from providers.records.chat import CachePoint, ChatRequest, Tool
from providers.records.rules import Rendered, Rule
from providers.records.values import checked_object

_NULL = b"null"


def parse_request(body: wire.Request, losses: Losses) -> ChatRequest:
    reading = Reading(losses)
    reading.read(body.messages)
    tools: list[Tool | CachePoint] = []
    if body.tools:
        tools += [_parse_tool(tool, losses) for tool in body.tools]
    if body.functions:
        tools += [_parse_function(function) for function in body.functions]
    settings = parse_settings(body, losses)
    return ChatRequest(body.model, reading.messages, reading.system, tools, settings)


def render_request(request: ChatRequest, losses: Losses, rules: Mapping[str, Rule]) -> Rendered:
    """`rules` are those for the settings, in which hosts of this body differ."""
    body: Rendered = {} if request.model is None else {"model": request.model}
    body["messages"] = render_messages(request, losses)
    if request.tools:
        tools = [said for tool in request.tools if (said := _render_tool(tool, losses))]
        if tools:
            body["tools"] = tools
    for feature, value in request.settings.items():
        rules[feature].write(body, value, request, losses)
    return body


def _parse_tool(said: wire.FunctionTool | wire.CustomTool, losses: Losses) -> Tool:
    if isinstance(said, wire.CustomTool):
        losses.refuse("tools[].custom", NO_CUSTOM_TOOLS)
    return _parse_function(said.function)


def _parse_function(said: wire.Function) -> Tool:
    parameters = said.parameters if said.parameters and bytes(said.parameters) != _NULL else None
    if parameters is not None:
        checked_object(parameters, "tools[].function.parameters")
    return Tool(said.name, said.description, parameters, said.strict)


def _render_tool(tool: Tool | CachePoint, losses: Losses) -> Rendered | None:
    if isinstance(tool, CachePoint):
        losses.drop("cache_point")
        return None
    function: Rendered = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}
