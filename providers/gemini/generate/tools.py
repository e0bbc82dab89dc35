"""Tools and the choice among them. https://ai.google.dev/api/caching#Tool"""

from typing import Any, Literal

import msgspec

from providers.gemini.generate import wire
from providers.gemini.names import said
from providers.gemini.schema import json_schema_of
from providers.records import Losses, MalformedRecordError
from providers.records.chat import CachePoint, ChatRequest, Settings, Tool, ToolChoice
from providers.records.rules import Alone, OnlyHere

_BUILT_IN = "it is a tool of Google's own. Declare a function instead."
BUILT_IN = OnlyHere(
    {
        name: Alone(_BUILT_IN)
        for name in wire.Tool.__struct_fields__
        if name != "function_declarations"
    }
)
ALONE_IN_DECLARATIONS = OnlyHere(
    {
        "behavior": Alone(
            "only Gemini calls functions without waiting for them.",
            harmless=("UNSPECIFIED", "BLOCKING", "BEHAVIOR_UNSPECIFIED"),
        ),
        "response": Alone(),
        "response_json_schema": Alone(),
    }
)
ALONE_IN_CONFIG = OnlyHere(
    {
        "retrieval_config": Alone(),
        "include_server_side_tool_invocations": Alone(harmless=(False,)),
    }
)
# Google's own default is a free choice, which needs no words.
MODES: dict[str | None, Literal["auto", "none", "required"] | None] = {
    "AUTO": "auto",
    "NONE": "none",
    "ANY": "required",
    "VALIDATED": None,
    "MODE_UNSPECIFIED": None,
    None: None,
}
ALONE_IN_CALLING = OnlyHere({"stream_function_call_arguments": Alone(harmless=(False,))})


def parse_tools(request: wire.Request, settings: Settings, losses: Losses) -> list[Any]:
    """The tools; the choice among them goes to the settings."""
    strict = _parse_choice(request.tool_config, settings, losses) if request.tool_config else None
    tools: list[Tool] = []
    for tool in request.tools or ():
        BUILT_IN.leave(tool, losses)
        declared = tool.function_declarations or ()
        tools.extend(_parse_tool(declaration, strict, losses) for declaration in declared)
    return tools


def _parse_tool(declaration: wire.FunctionDeclaration, strict: bool | None, losses: Losses) -> Tool:
    if not declaration.name:
        where = "request.tools[].functionDeclarations[].name"
        raise MalformedRecordError(
            f"Missing required parameter: '{where}'.",
            code="missing_required_parameter",
            param=where,
        )
    ALONE_IN_DECLARATIONS.leave(declaration, losses)
    parameters, google = said(declaration.parameters_json_schema), said(declaration.parameters)
    if parameters is None and google is not None:
        where = "request.tools[].functionDeclarations[].parameters"
        parameters = json_schema_of(bytes(google), where)
    return Tool(declaration.name, declaration.description, parameters, strict)


def _parse_choice(config: wire.ToolConfig, settings: Settings, losses: Losses) -> bool | None:
    """Whether calls must fit their schemas, if the client says so."""
    ALONE_IN_CONFIG.leave(config, losses)
    calling = config.function_calling_config
    if calling is None:
        return None
    ALONE_IN_CALLING.leave(calling, losses)
    names = tuple(calling.allowed_function_names or ())
    mode = MODES[calling.mode]
    if mode is not None or names:
        settings["tool_choice"] = ToolChoice(mode or "auto", names if mode != "none" else ())
    return True if calling.mode == "VALIDATED" else None


def render_tools(body: dict[str, Any], request: ChatRequest, losses: Losses) -> None:
    """Functions to declare. A strict one makes the free choice among all of them VALIDATED, in which a
    call must fit its schema; with ANY it must do so anyway.

    https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes
    """
    declarations, strict = [], False
    for tool in request.tools:
        if isinstance(tool, CachePoint):
            losses.drop("cache_point")
            continue
        declarations.append(_declaration(tool))
        strict = strict or tool.strict is True
    if declarations:
        body["tools"] = [{"functionDeclarations": declarations}]
    choice = request.settings.get("tool_choice")
    if strict and (choice is None or choice.mode == "auto"):
        config = body.setdefault("toolConfig", {}).setdefault("functionCallingConfig", {})
        config["mode"] = "VALIDATED"


def _declaration(tool: Tool) -> dict[str, str | msgspec.Raw]:
    declaration: dict[str, str | msgspec.Raw] = {"name": tool.name}
    if tool.description is not None:
        declaration["description"] = tool.description
    if tool.parameters is not None:
        declaration["parametersJsonSchema"] = tool.parameters
    return declaration
