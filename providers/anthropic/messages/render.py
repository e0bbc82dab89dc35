"""The neutral form of a request to Anthropic's words."""

from typing import Any

from providers.anthropic.messages.content import add_cache_point, render_content
from providers.anthropic.messages.settings import SETTINGS
from providers.anthropic.models import model_named
from providers.records import Losses
from providers.records.chat import CachePoint, ChatRequest, Message, Part, Text, Tool
from providers.records.rules import Rendered

_NO_INPUT = {"type": "object", "properties": {}}
_ONLY_TEXT = "instructions are text there. Send the rest in a message of the user."


def render_request(request: ChatRequest, losses: Losses, signer: str) -> Rendered:
    """Anthropic demands `max_tokens`: the model's most, if the client named none."""
    settings = request.settings
    body: Rendered = {
        "model": request.model,
        "max_tokens": settings.get("max_tokens") or model_named(request.model).max_tokens,
        "messages": _render_messages(request.messages, losses, signer),
    }
    if request.system:
        parts: list[Part] = [*request.system]
        body["system"] = render_content(parts, losses, signer)
    if request.tools:
        body["tools"] = _render_tools(request.tools, losses)
    for feature, value in settings.items():
        SETTINGS[feature].write(body, value, request, losses)
    return body


def _render_messages(messages: list[Message], losses: Losses, signer: str) -> list[Rendered]:
    """A message of which nothing is left, such as a thought of another vendor's model, is none."""
    rendered = []
    for message in messages:
        said = _render_message(message, losses, signer)
        if said["content"] or not message.parts:
            rendered.append(said)
    return rendered


def _render_message(message: Message, losses: Losses, signer: str) -> Rendered:
    if message.name is not None:
        losses.drop("participant")
    if message.role == "system" and not all(type(part) in _SAID for part in message.parts):
        losses.refuse("system_later", _ONLY_TEXT)
    return {"role": message.role, "content": render_content(message.parts, losses, signer)}


_SAID = (Text, CachePoint)


def _render_tools(tools: list[Tool | CachePoint], losses: Losses) -> list[Rendered]:
    rendered: list[Rendered] = []
    for tool in tools:
        if isinstance(tool, CachePoint):
            add_cache_point(rendered, tool, losses)
        else:
            rendered.append(_render_tool(tool))
    return rendered


def _render_tool(tool: Tool) -> Rendered:
    schema: Any = _NO_INPUT if tool.parameters is None else tool.parameters
    rendered: Rendered = {"name": tool.name, "input_schema": schema}
    if tool.description is not None:
        rendered["description"] = tool.description
    if tool.strict is not None:
        rendered["strict"] = tool.strict
    return rendered
