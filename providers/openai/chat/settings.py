"""Settings, there and back: https://platform.openai.com/docs/api-reference/chat/create"""

from operator import attrgetter
from typing import Any

from providers.openai.chat import wire
from providers.records import Losses
from providers.records.chat import (
    ChatRequest,
    JSONOutput,
    Reasoning,
    SchemaOutput,
    Settings,
    ToolChoice,
)
from providers.records.reasoning import effort_of
from providers.records.rules import Alone, OnlyHere, Rendered, Rule, carried, changed, dropped
from providers.records.values import EMPTY_OBJECT, checked_object

DEFAULT_SCHEMA_NAME = "answer"


def _write_logprobs(body: Rendered, value: int, request: ChatRequest, losses: Losses) -> None:
    body["logprobs"] = True
    if value:
        body["top_logprobs"] = value


def _write_output(
    body: Rendered, value: JSONOutput | SchemaOutput, request: ChatRequest, losses: Losses
) -> None:
    body["response_format"] = _render_output(value)


def _write_tool_choice(
    body: Rendered, value: ToolChoice, request: ChatRequest, losses: Losses
) -> None:
    body["tool_choice"] = _render_tool_choice(value)


def _write_reasoning(
    body: Rendered, value: Reasoning, request: ChatRequest, losses: Losses
) -> None:
    effort = effort_of(value)
    if effort:
        body["reasoning_effort"] = effort
    if value.show:
        losses.drop("reasoning.show")


SETTINGS: dict[str, Rule] = {
    "max_tokens": carried("max_completion_tokens"),
    "temperature": carried("temperature"),
    "top_p": carried("top_p"),
    "top_k": dropped("top_k", "OpenAI does not sample by top k."),
    "stop": carried("stop"),
    "candidates": carried("n"),
    "seed": carried("seed"),
    "frequency_penalty": carried("frequency_penalty"),
    "presence_penalty": carried("presence_penalty"),
    "logit_bias": carried("logit_bias"),
    "logprobs": changed(
        "logprobs", _write_logprobs, note="The number of alternatives is top_logprobs."
    ),
    "output": changed(
        "response_format",
        _write_output,
        note=f'A schema without a name is called "{DEFAULT_SCHEMA_NAME}".',
    ),
    "tool_choice": changed(
        "tool_choice", _write_tool_choice, note="A choice of some tools is allowed_tools."
    ),
    "parallel_tool_calls": carried("parallel_tool_calls"),
    "reasoning": changed(
        "reasoning_effort",
        _write_reasoning,
        note="A budget becomes the least effort that is allowed as much. Thoughts are never shown.",
    ),
    "verbosity": carried("verbosity"),
    "user": carried("safety_identifier"),
    "metadata": carried("metadata"),
    "service_tier": carried("service_tier"),
    "cache_key": carried("prompt_cache_key"),
}

ALONE = OnlyHere(
    {
        "stream": Alone("Batches do not stream. Leave it out.", harmless=(False,)),
        "stream_options": Alone(),
        "store": Alone(harmless=(False,)),
        "modalities": Alone("It answers with text only. Leave it out.", harmless=(["text"],)),
        "audio": Alone("It answers with text only. Leave it out."),
        "moderation": Alone("It moderates no conversations. Leave it out."),
        "prediction": Alone(),
        "web_search_options": Alone("It has no web search of OpenAI's. Leave it out."),
        "prompt_cache_options": Alone(),
        "prompt_cache_retention": Alone(),
    }
)

ALIKE = {
    "max_completion_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "parallel_tool_calls": "parallel_tool_calls",
    "verbosity": "verbosity",
    "safety_identifier": "user",
    "metadata": "metadata",
    "service_tier": "service_tier",
    "prompt_cache_key": "cache_key",
}
"""Fields that hold what the setting of the neutral form holds."""

ODD = (
    "stop", "n", "logprobs", "top_logprobs", "response_format", "tool_choice", "function_call",
    "reasoning_effort", "max_tokens", "user",
)  # fmt: skip
"""Fields that say it in another way."""

_FEATURES = tuple(ALIKE.values())
_alike = attrgetter(*ALIKE)
_others = attrgetter(*ODD, *ALONE)
_NO_OTHERS = (None,) * (len(ODD) + len(ALONE))


def parse_settings(body: wire.Request, losses: Losses) -> Settings:
    settings: Any = {
        feature: value
        for feature, value in zip(_FEATURES, _alike(body), strict=True)
        if value is not None
    }
    if _others(body) != _NO_OTHERS:
        _parse_odd(body, settings, losses)
        ALONE.leave(body, losses)
    found: Settings = settings
    return found


def _parse_odd(body: wire.Request, settings: Settings, losses: Losses) -> None:
    _parse_deprecated(body, settings, losses)
    if body.stop:
        settings["stop"] = [body.stop] if isinstance(body.stop, str) else body.stop
    if body.n is not None and body.n != 1:
        settings["candidates"] = body.n
    if body.logprobs:
        settings["logprobs"] = body.top_logprobs or 0
    elif body.top_logprobs:
        losses.drop("top_logprobs")  # nothing without logprobs
    if body.response_format and not isinstance(body.response_format, wire.TextFormat):
        settings["output"] = _parse_output(body.response_format)
    if body.reasoning_effort:
        settings["reasoning"] = Reasoning(effort=body.reasoning_effort)
    if body.tool_choice:
        settings["tool_choice"] = _parse_tool_choice(body.tool_choice, losses)


def _parse_deprecated(body: wire.Request, settings: Settings, losses: Losses) -> None:
    """What newer fields say. Where both are there, the newer one counts."""
    if body.max_tokens is not None and settings.setdefault("max_tokens", body.max_tokens) != (
        body.max_tokens
    ):
        losses.drop("body.max_tokens")
    if body.user is not None and settings.setdefault("user", body.user) != body.user:
        losses.drop("body.user")
    match body.function_call:
        case wire.Named(name):
            settings["tool_choice"] = ToolChoice("required", (name,))
        case "none" | "auto" as mode:
            settings["tool_choice"] = ToolChoice(mode)


def _parse_output(said: wire.JSONFormat | wire.SchemaFormat) -> JSONOutput | SchemaOutput:
    if isinstance(said, wire.JSONFormat):
        return JSONOutput()
    named = said.json_schema
    schema = checked_object(named.schema or EMPTY_OBJECT, "response_format.json_schema.schema")
    return SchemaOutput(schema, named.name, named.description, named.strict)


def _render_output(output: JSONOutput | SchemaOutput) -> Rendered:
    if isinstance(output, JSONOutput):
        return {"type": "json_object"}
    named: Rendered = {"name": output.name or DEFAULT_SCHEMA_NAME}
    if output.description is not None:
        named["description"] = output.description
    named["schema"] = output.schema
    if output.strict is not None:
        named["strict"] = output.strict
    return {"type": "json_schema", "json_schema": named}


def _parse_tool_choice(said: Any, losses: Losses) -> ToolChoice:
    match said:
        case wire.NamedFunction():
            return ToolChoice("required", (said.function.name,))
        case wire.AllowedToolsChoice():
            tools = said.allowed_tools.tools
            return ToolChoice(
                said.allowed_tools.mode, tuple(_parse_name(tool, losses) for tool in tools)
            )
        case wire.NamedCustom():
            return ToolChoice("required", (_parse_name(said, losses),))
        case _:
            return ToolChoice(said)


def _parse_name(said: wire.NamedFunction | wire.NamedCustom, losses: Losses) -> str:
    if isinstance(said, wire.NamedCustom):
        losses.refuse("tool_choice", "It has no tools with free text.")
    return said.function.name


def _render_tool_choice(choice: ToolChoice) -> str | Rendered:
    if choice.mode == "none" or not choice.names:
        return choice.mode
    tools = [{"type": "function", "function": {"name": name}} for name in choice.names]
    if choice.mode == "required" and len(tools) == 1:
        return tools[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": choice.mode, "tools": tools}}
