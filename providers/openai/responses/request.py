"""Requests in the words of the Responses API.

https://platform.openai.com/docs/api-reference/responses/create
"""

from operator import attrgetter
from typing import Any

import msgspec

from providers.openai.responses import wire
from providers.openai.responses.items import Conversation
from providers.records import Losses, MalformedRecordError, values
from providers.records.chat import (
    CachePoint,
    ChatRequest,
    JSONOutput,
    Message,
    Reasoning,
    SchemaOutput,
    Settings,
    Text,
    Tool,
    ToolChoice,
)
from providers.records.rules import Alone, OnlyHere
from providers.records.shapes import Shape

# The field of each setting that is said in the same way.
PLAIN: dict[str, str] = {
    "max_tokens": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "parallel_tool_calls": "parallel_tool_calls",
    "metadata": "metadata",
    "service_tier": "service_tier",
    "cache_key": "prompt_cache_key",
}

# The field of each setting, and where each part stands.
REQUEST_WORDS: dict[str, str] = PLAIN | {
    "logprobs": "top_logprobs",
    "output": "text.format",
    "tool_choice": "tool_choice",
    "reasoning": "reasoning",
    "output.name": "text.format.name",
    "output.description": "text.format.description",
    "output.strict": "text.format.strict",
    "reasoning.show": "reasoning.summary",
    "verbosity": "text.verbosity",
    "user": "safety_identifier",
    "system": "instructions",
    "system_later": "input[].role",
    "text": "input[].content[].text",
    "image": "input[].content[].image_url",
    "image_link": "input[].content[].image_url",
    "image_file": "input[].content[].file_id",
    "document": "input[].content[].file_data",
    "document_link": "input[].content[].file_url",
    "document_file": "input[].content[].file_id",
    "document_name": "input[].content[].filename",
    "audio": "input[].content[].input_audio",
    "media_detail": "input[].content[].detail",
    "tools": "tools",
    "tool_strict": "tools[].strict",
    "tool_call": "input[].function_call",
    "tool_result": "input[].function_call_output",
    "tool_result_image": "input[].output[].image_url",
    "tool_result_document": "input[].output[].file_data",
    "thinking": "input[].reasoning",
    "refusal": "input[].content[].refusal",
    "citations": "input[].content[].annotations",
    "cache_point": "input[].content[].prompt_cache_breakpoint",
}

_STATE = "OpenAI keeps what it stands for. Put the whole conversation into the input."
ALONE = OnlyHere(
    {
        "access_programs": Alone(),
        "background": Alone(harmless=(False,)),
        "context_management": Alone(),
        "conversation": Alone(why=_STATE),
        "max_tool_calls": Alone(),  # counts the tools that OpenAI runs, which are refused
        "moderation": Alone(why="only OpenAI moderates in passing. Leave it out."),
        "previous_response_id": Alone(why=_STATE),
        "prompt": Alone(why="OpenAI keeps the prompt. Put its text into instructions and input."),
        "prompt_cache_options": Alone(),
        "prompt_cache_retention": Alone(),
        "store": Alone(harmless=(False,)),
        "stream": Alone(why="a batch streams nothing. Leave it out.", harmless=(False,)),
        "stream_options": Alone(),
        "truncation": Alone(harmless=("disabled",)),
    }
)
_NOTHING = (wire.NO_JSON, msgspec.Raw(b"null"))
LOGPROBS = "message.output_text.logprobs"
_BUILT_IN = "only functions are known elsewhere, and this tool is OpenAI's own. Leave it out."
_ONLY_FUNCTIONS = "elsewhere only functions can be chosen. Name functions."

_requests: Shape[wire.Request] = Shape(wire.Request, where="body")
_tools: Shape[wire.FunctionTool] = Shape(wire.FunctionTool, where="body.tools[]")
_kinds: Shape[wire.Kind] = Shape(wire.Kind, where="body.tools[]")
_plain = attrgetter(*PLAIN.values())
_hints_of_tool = attrgetter("is_async", "defer_loading", "output_schema")


def parse(raw: bytes, losses: Losses) -> ChatRequest:
    """Raises MalformedRecordError and UnsupportedFeatureError."""
    body = _requests.read(raw)
    ALONE.leave(body, losses)
    if body.image is not None and body.image.context_compression not in (None, "auto"):
        losses.drop("image.context_compression")
    conversation = Conversation()
    if body.instructions:
        conversation.system.append(Text(body.instructions))
    _converse(body.input, conversation, losses)
    tools: list[Tool | CachePoint] = [_tool(each, losses) for each in body.tools or ()]
    settings = _settings(body, losses)
    return ChatRequest(body.model, conversation.messages, conversation.system, tools, settings)


def _converse(
    given: str | list[msgspec.Raw] | None, conversation: Conversation, losses: Losses
) -> None:
    if given is None:
        raise MalformedRecordError(
            "Missing required parameter: 'body.input'.",
            code="missing_required_parameter",
            param="body.input",
        )
    if isinstance(given, str):
        conversation.messages.append(Message("user", [Text(given)]))
        return
    for item in given:
        conversation.add(item, losses)


def _tool(raw: msgspec.Raw, losses: Losses) -> Tool:
    kind = _kinds.read(raw).type
    if kind not in {"function", None}:
        losses.refuse(f"tools[].{kind}", _BUILT_IN)
    tool = _tools.read(raw)
    if any(_hints_of_tool(tool)) or tool.allowed_callers not in (None, [], ["direct"]):
        _drop_hints(tool, losses)
    parameters = None
    if tool.parameters not in _NOTHING:
        parameters = tool.parameters
        values.checked_object(parameters, "body.tools[].parameters")
    return Tool(tool.name, tool.description, parameters, tool.strict)


def _drop_hints(tool: wire.FunctionTool, losses: Losses) -> None:
    hints = zip(("async", "defer_loading", "output_schema"), _hints_of_tool(tool), strict=True)
    for name, value in hints:
        if value:
            losses.drop(f"tools[].{name}")
    if tool.allowed_callers not in (None, [], ["direct"]):
        losses.drop("tools[].allowed_callers")


def _settings(body: wire.Request, losses: Losses) -> Settings:
    plain = zip(PLAIN, _plain(body), strict=True)
    settings: dict[str, Any] = {feature: value for feature, value in plain if value is not None}
    user = body.safety_identifier or body.user
    if user is not None:
        settings["user"] = user
        if body.user and body.user != user:
            losses.drop("body.user")
    if body.text is not None:
        _read_text(body.text, settings)
    if body.reasoning is not None:
        _read_reasoning(body.reasoning, settings, losses)
    if body.tool_choice is not None:
        settings["tool_choice"] = _tool_choice(body.tool_choice, losses)
    if body.include or body.top_logprobs:
        _read_include(body, settings, losses)
    return settings  # type: ignore[return-value]


def _read_text(text: wire.TextSettings, settings: dict[str, Any]) -> None:
    match text.format:
        case wire.JSONObject():
            settings["output"] = JSONOutput()
        case wire.JSONSchema(name, schema, description, strict):
            values.checked_object(schema, "body.text.format.schema")
            settings["output"] = SchemaOutput(schema, name, description, strict)
    if text.verbosity is not None:
        settings["verbosity"] = text.verbosity


def _read_reasoning(given: wire.Reasoning, settings: dict[str, Any], losses: Losses) -> None:
    if given.context not in (None, "auto"):
        losses.drop("reasoning.context")
    if given.mode not in (None, "standard"):
        losses.drop("reasoning.mode")
    show = True if given.summary or given.generate_summary else None
    if given.effort or show:
        settings["reasoning"] = Reasoning(given.effort, show=show)


def _tool_choice(choice: str | wire.ToolChoice, losses: Losses) -> ToolChoice:
    if not isinstance(choice, wire.ToolChoice):
        return ToolChoice(choice)  # type: ignore[arg-type]
    if choice.type == "allowed_tools":
        tools = choice.tools or []
        names = [each.name for each in tools if each.type == "function" and each.name]
        if not choice.mode or len(names) < len(tools):
            losses.refuse("tool_choice", _ONLY_FUNCTIONS)
        return ToolChoice(choice.mode, tuple(names))
    if choice.type != "function" or not choice.name:
        losses.refuse("tool_choice", _ONLY_FUNCTIONS)
    return ToolChoice("required", (choice.name,))


def _read_include(body: wire.Request, settings: dict[str, Any], losses: Losses) -> None:
    include = body.include or ()
    if body.top_logprobs or LOGPROBS in include:
        settings["logprobs"] = body.top_logprobs or 0
    if any(each != LOGPROBS for each in include):
        losses.drop("include")
