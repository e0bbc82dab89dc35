"""The settings of a request, there and back: https://platform.claude.com/docs/en/api/messages/create"""

from operator import attrgetter
from typing import Any, Literal

from providers.anthropic.messages import thinking, wire
from providers.anthropic.messages.schema import narrowed
from providers.anthropic.models import model_named
from providers.records import Losses, MalformedRecordError
from providers.records.chat import (
    ChatRequest,
    JSONOutput,
    SchemaOutput,
    Settings,
    ToolChoice,
)
from providers.records.rules import (
    Alone,
    OnlyHere,
    Rendered,
    Rule,
    carried,
    changed,
    dropped,
    refused,
)
from providers.records.values import checked_object

_ONE_ANSWER = "it gives one answer to a request. Send the record several times."
_NO_LOGPROBS = "it tells no probabilities of tokens. Leave them out."
_SOME_TOOLS = "it can be held to one tool or to any of them, not to some. Send only these as tools."
_ONLY_THERE = "it is of Anthropic's own service. Leave it out."
ONLY_JSON = "Answer with one JSON object and nothing else."

# Fields that no other dialect has.
ALONE = OnlyHere(
    {
        "cache_control": Alone(),
        "container": Alone(why=_ONLY_THERE),
        "diagnostics": Alone(),
        "inference_geo": Alone(
            why="there is no place for it in a request. Choose the region with the credential.",
            harmless=("global",),
        ),
        "speed": Alone(harmless=("standard",)),
        "stream": Alone(why="batches have no streams. Leave stream out.", harmless=(False,)),
        "user_profile_id": Alone(),
        "workspace_id": Alone(),
    }
)
_alone = attrgetter(*ALONE)
_NOTHING_ALONE = (None,) * len(ALONE)

# Where a value goes as it is.
_SAME = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop_sequences",
}
_same = attrgetter(*_SAME.values())
_odd = attrgetter("thinking", "output_config", "tool_choice", "metadata", "service_tier")
_NOTHING_ODD = (None,) * 5

# Neutral tiers are OpenAI's: https://platform.claude.com/docs/en/api/service-tiers
_TIERS = {"auto": "auto", "default": "standard_only"}
_NEUTRAL_TIERS = {word: tier for tier, word in _TIERS.items()}
_MODES = {"auto": "auto", "required": "any", "none": "none"}
_NEUTRAL_MODES: dict[str, Literal["auto", "none", "required"]] = {
    "auto": "auto",
    "any": "required",
    "tool": "required",
    "none": "none",
}
_HOTTEST = 1.0


def has_alone(request: wire.Request) -> bool:
    """Whether any field is there that no other dialect has."""
    return _alone(request) != _NOTHING_ALONE


def parse_settings(request: wire.Request, losses: Losses) -> Settings:
    settings: Any = {
        feature: value
        for feature, value in zip(_SAME, _same(request), strict=True)
        if value is not None
    }
    if _odd(request) != _NOTHING_ODD:
        _parse_output(request, settings, losses)
        _parse_tool_choice(request.tool_choice, settings)
        if request.metadata and request.metadata.user_id is not None:
            settings["user"] = request.metadata.user_id
        if request.service_tier:
            settings["service_tier"] = _NEUTRAL_TIERS[request.service_tier]
    return settings  # type: ignore[no-any-return]


def _parse_output(request: wire.Request, settings: Any, losses: Losses) -> None:
    reasoning = thinking.parse(request, losses)
    if reasoning:
        settings["reasoning"] = reasoning
    if request.output_config and request.output_config.format:
        schema = request.output_config.format.schema
        settings["output"] = SchemaOutput(checked_object(schema, "output_config.format.schema"))


def _parse_tool_choice(choice: wire.ToolChoice | None, settings: Any) -> None:
    if choice is None:
        return
    names = (choice.name,) if choice.name is not None else ()
    if (choice.type == "tool") is not bool(names):
        raise MalformedRecordError(
            "tool_choice names a tool if its type is 'tool', and only then.",
            code="invalid_value",
            param="tool_choice.name",
        )
    settings["tool_choice"] = ToolChoice(_NEUTRAL_MODES[choice.type], names)
    if choice.disable_parallel_tool_use:
        settings["parallel_tool_calls"] = False


def _temperature(body: Rendered, value: float, request: ChatRequest, losses: Losses) -> None:
    model = model_named(request.model)
    if value > _HOTTEST or not model.sampling or thinking.is_on(request, model):
        losses.drop("temperature")
    else:
        body["temperature"] = value


def _top_p(body: Rendered, value: float, request: ChatRequest, losses: Losses) -> None:
    model = model_named(request.model)
    if not model.sampling or (not model.together and _has_temperature(request)):
        losses.drop("top_p")
    else:
        body["top_p"] = value


def _has_temperature(request: ChatRequest) -> bool:
    value = request.settings.get("temperature")
    return value is not None and value <= _HOTTEST


def _top_k(body: Rendered, value: int, request: ChatRequest, losses: Losses) -> None:
    model = model_named(request.model)
    if not model.sampling or thinking.is_on(request, model):
        losses.drop("top_k")
    else:
        body["top_k"] = value


def _output(
    body: Rendered, value: JSONOutput | SchemaOutput, request: ChatRequest, losses: Losses
) -> None:
    if isinstance(value, JSONOutput):
        add_instruction(body, ONLY_JSON)
        return
    result = narrowed(bytes(value.schema), losses.word("output"))
    if result.fault:
        losses.refuse(
            "output",
            f"its structured outputs do not take {result.fault}. Leave that out of the schema.",
        )
    for name in ("name", "description", "strict"):
        if getattr(value, name) is not None:
            losses.drop(f"output.{name}")
    schema = {"type": "json_schema", "schema": result.schema}
    body.setdefault("output_config", {})["format"] = schema


def add_instruction(body: Rendered, text: str) -> None:
    system = body.get("system")
    if system is None:
        body["system"] = text
        return
    if isinstance(system, str):
        system = [{"type": "text", "text": system}]
    body["system"] = [*system, {"type": "text", "text": text}]


def _tool_choice(body: Rendered, value: ToolChoice, request: ChatRequest, losses: Losses) -> None:
    if len(value.names) > 1 or (value.names and value.mode != "required"):
        losses.refuse("tool_choice", _SOME_TOOLS)
    choice: Rendered = {"type": _MODES[value.mode]}
    if value.names:
        choice = {"type": "tool", "name": value.names[0]}
    if request.settings.get("parallel_tool_calls") is False and value.mode != "none":
        choice["disable_parallel_tool_use"] = True
    body["tool_choice"] = choice


def _parallel(body: Rendered, value: bool, request: ChatRequest, losses: Losses) -> None:
    if not value and request.tools and "tool_choice" not in request.settings:
        body["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}


def _service_tier(body: Rendered, value: str, request: ChatRequest, losses: Losses) -> None:
    if value in _TIERS:
        body["service_tier"] = _TIERS[value]
    else:
        losses.drop("service_tier")


_NOT_EVERY_MODEL = "Dropped for models from 4.7 on, which have no sampling parameters"

SETTINGS: dict[str, Rule] = {
    "max_tokens": carried("max_tokens", note="The most that the model can say, if not given"),
    "temperature": changed(
        "temperature",
        _temperature,
        note=f"{_NOT_EVERY_MODEL}, above 1, and where the model thinks",
    ),
    "top_p": changed(
        "top_p",
        _top_p,
        note=f"{_NOT_EVERY_MODEL}, and beside a temperature for Claude 4",
    ),
    "top_k": changed("top_k", _top_k, note=f"{_NOT_EVERY_MODEL}, and where the model thinks"),
    "stop": carried("stop_sequences"),
    "candidates": refused("candidates", _ONE_ANSWER),
    "seed": dropped("seed", "Anthropic has no seed"),
    "frequency_penalty": dropped("frequency_penalty", "Anthropic has no penalties"),
    "presence_penalty": dropped("presence_penalty", "Anthropic has no penalties"),
    "logit_bias": dropped("logit_bias", "Anthropic has no bias for tokens"),
    "logprobs": refused("logprobs", _NO_LOGPROBS),
    "output": changed(
        "output_config.format",
        _output,
        note="JSON mode becomes an instruction. Schemas lose their name, and objects are closed",
    ),
    "tool_choice": changed("tool_choice", _tool_choice, note="One tool or any, but not some"),
    "parallel_tool_calls": changed(
        "tool_choice.disable_parallel_tool_use", _parallel, note="Said by its opposite"
    ),
    "reasoning": changed(
        "thinking",
        thinking.render,
        note="An effort and adaptive thinking, or a budget for models before 4.6",
    ),
    "verbosity": dropped("verbosity", "Anthropic has no verbosity"),
    "user": carried("metadata.user_id"),
    "metadata": dropped("metadata", "Anthropic keeps no metadata of a request"),
    "service_tier": changed("service_tier", _service_tier, note="Only auto and default"),
    "cache_key": dropped("cache_key", "Anthropic finds its caches by itself"),
}
