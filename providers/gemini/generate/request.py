"""Requests for content. https://ai.google.dev/api/generate-content#method:-models.generatecontent"""

from typing import Any

from providers.gemini.generate import wire
from providers.gemini.generate.media import detail_of
from providers.gemini.generate.parts import Calls, Renderer, parse_part
from providers.gemini.generate.settings import SETTINGS, parse_settings
from providers.gemini.generate.tools import parse_tools, render_tools
from providers.gemini.models import model_named, plain_model
from providers.records import Losses, MalformedRecordError
from providers.records.chat import CachePoint, ChatRequest, Message, Part, Text
from providers.records.rules import Alone, OnlyHere

ROLES = {"user": "user", "assistant": "model"}
NEUTRAL_ROLES: dict[str | None, Any] = {
    "user": "user",
    "model": "assistant",
    "function": "user",
    "tool": "user",
    "": "user",
    None: "user",
}
ALONE = OnlyHere(
    {
        "cached_content": Alone("the cache is Google's. Put its contents into the request."),
        "safety_settings": Alone(),
        "store": Alone(),
        "labels": Alone(),
    }
)


def parse_request(raw: bytes, losses: Losses) -> ChatRequest:
    request = wire.REQUEST.read(raw)
    if not request.contents:
        raise MalformedRecordError(
            "Missing required parameter: 'request.contents'.",
            code="missing_required_parameter",
            param="request.contents",
        )
    ALONE.leave(request, losses)
    settings = parse_settings(request, losses)
    tools = parse_tools(request, settings, losses) if request.tools or request.tool_config else []
    config = request.generation_config
    detail = detail_of(config.media_resolution) if config is not None else None
    calls = Calls()
    return ChatRequest(
        plain_model(request.model),
        [_parse_content(content, calls, losses, detail) for content in request.contents],
        _parse_system(request.system_instruction, losses) if request.system_instruction else [],
        tools,
        settings,
    )


def _parse_content(
    content: wire.Content, calls: Calls, losses: Losses, detail: str | None
) -> Message:
    if content.role == "system":
        where = "request.contents[].role"
        raise MalformedRecordError(
            f"Invalid {where}: Gemini knows 'user' and 'model'. Use systemInstruction.",
            code="invalid_value",
            param=where,
        )
    parts: list[Part] = []
    for part in content.parts or ():
        parsed = parse_part(part, calls, losses, detail)
        if parsed is not None:
            parts.append(parsed)
    return Message(NEUTRAL_ROLES[content.role], parts)


def _parse_system(content: wire.Content, losses: Losses) -> list[Text | CachePoint]:
    system: list[Text | CachePoint] = []
    for part in content.parts or ():
        if part.text is None:
            losses.refuse("system", "only Gemini takes instructions other than text.")
        system.append(Text(part.text))
    return system


def render_request(request: ChatRequest, losses: Losses) -> dict[str, Any]:
    renderer = Renderer(model_named(request.model), losses)
    body: dict[str, Any] = {"contents": _contents(request, renderer, losses)}
    if request.system:
        system = _system(request.system, losses)
        if system:
            body["systemInstruction"] = {"parts": system}
    for feature, value in request.settings.items():
        SETTINGS[feature].write(body, value, request, losses)
    if request.tools:
        render_tools(body, request, losses)
    return body


def _contents(request: ChatRequest, renderer: Renderer, losses: Losses) -> list[dict[str, Any]]:
    contents = []
    for message in request.messages:
        if message.role == "system":
            losses.refuse(
                "system_later",
                "Gemini takes instructions before the conversation only. Put them all there.",
            )
        if message.name is not None:
            losses.drop("participant")
        parts = renderer.message(message.parts)
        if parts:  # Gemini takes no message without any, and this one's are dropped
            contents.append({"role": ROLES[message.role], "parts": parts})
    return contents


def _system(parts: list[Text | CachePoint], losses: Losses) -> list[dict[str, Any]]:
    system = []
    for part in parts:
        if isinstance(part, CachePoint):
            losses.drop("cache_point")
        else:
            system.append({"text": part.text})
    return system
