"""Settings of a chat, in Gemini's words and back. https://ai.google.dev/api/generate-content#generationconfig"""

from operator import attrgetter

import msgspec

from providers.gemini.generate import wire
from providers.gemini.models import model_named, thinking_config
from providers.gemini.names import NOTHING, said
from providers.gemini.schema import json_schema_of, output_schema
from providers.records import Losses
from providers.records.chat import (
    ChatRequest,
    Effort,
    JSONOutput,
    Reasoning,
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

JSON = "application/json"
# https://ai.google.dev/api/generate-content#TextResponseFormat
MIMES = {"APPLICATION_JSON": JSON, "TEXT_PLAIN": "text/plain", "MIME_TYPE_UNSPECIFIED": None}
TIERS = {"default": "standard", "flex": "flex", "priority": "priority"}
NEUTRAL_TIERS = {tier: neutral for neutral, tier in TIERS.items()}
MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
UNSPECIFIED = "THINKING_LEVEL_UNSPECIFIED"
EFFORTS: dict[str, Effort | None] = {
    UNSPECIFIED: None,
    "MINIMAL": "minimal",
    "LOW": "low",
    "MEDIUM": "medium",
    "HIGH": "high",
    "XHIGH": "xhigh",
}

_LEVELS = ", ".join(level for level in EFFORTS if level != UNSPECIFIED)
MOST_K = 2**31 - 1
"""The largest number of Google's type for it."""

PLAIN = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
_plain = attrgetter(*PLAIN)
_odd = attrgetter(
    *("top_k", "candidate_count", "response_logprobs", "logprobs", "thinking_config"),
    *("response_mime_type", "response_format", "response_schema", "response_json_schema"),
)
_NONE_ODD = (None,) * 7 + (NOTHING,) * 2
_plain_names = tuple(PLAIN.values())

_ONLY_TEXT = "only Gemini answers with sound or pictures. Leave it out."
ALONE = OnlyHere(
    {
        "response_modalities": Alone(
            "only Gemini answers in other modalities than text. Ask for TEXT alone.",
            harmless=(["TEXT"], []),
        ),
        "speech_config": Alone(_ONLY_TEXT),
        "image_config": Alone(_ONLY_TEXT),
        "translation_config": Alone(_ONLY_TEXT),
        "audio_transcription_config": Alone(_ONLY_TEXT),
        "audio_timestamp": Alone(harmless=(False,)),
        "enable_affective_dialog": Alone(harmless=(False,)),
        "enable_enhanced_civic_answers": Alone(harmless=(False,)),
        "routing_config": Alone("it chooses a model of Vertex AI. Name the model instead."),
        "model_selection_config": Alone("it chooses a model of Vertex AI. Name the model instead."),
    }
)


def parse_settings(request: wire.Request, losses: Losses) -> Settings:
    settings: Settings = {}
    config = request.generation_config
    if config is not None:
        for feature, value in zip(_plain_names, _plain(config), strict=True):
            if value is not None:
                settings[feature] = value  # type: ignore[literal-required]
        if _odd(config) != _NONE_ODD:
            _parse_odd(config, settings, losses)
        ALONE.leave(config, losses)
    if request.service_tier is not None:
        _parse_tier(request.service_tier, settings, losses)
    return settings


def _parse_odd(config: wire.GenerationConfig, settings: Settings, losses: Losses) -> None:
    if config.top_k is not None:
        _parse_top_k(config.top_k, settings, losses)
    if config.candidate_count not in (None, 0, 1):
        settings["candidates"] = config.candidate_count
    if config.response_logprobs:
        settings["logprobs"] = config.logprobs or 0
    elif config.logprobs:
        losses.drop("logprobs")  # nothing without responseLogprobs
    if config.thinking_config is not None:
        _parse_thinking(config.thinking_config, settings, losses)
    if config.response_mime_type or config.response_format or _has_schema(config):
        _parse_output(config, settings, losses)


def _parse_top_k(value: float, settings: Settings, losses: Losses) -> None:
    """Google's number has a type for fractions, which mean nothing."""
    if value.is_integer() and 0 <= value <= MOST_K:
        settings["top_k"] = int(value)
    else:
        losses.drop("top_k")


def _parse_thinking(thinking: wire.ThinkingConfig, settings: Settings, losses: Losses) -> None:
    level = (thinking.thinking_level or UNSPECIFIED).upper()
    if level not in EFFORTS:
        losses.refuse("reasoning", f"{level!r} is no level that others know. Say one of {_LEVELS}.")
    effort = EFFORTS[level]
    reasoning = Reasoning(effort, thinking.thinking_budget, thinking.include_thoughts)
    if reasoning != Reasoning():
        settings["reasoning"] = reasoning


def _has_schema(config: wire.GenerationConfig) -> bool:
    return config.response_schema is not NOTHING or config.response_json_schema is not NOTHING


def _parse_output(config: wire.GenerationConfig, settings: Settings, losses: Losses) -> None:
    mime, schema, google = (
        config.response_mime_type,
        said(config.response_json_schema),
        said(config.response_schema),
    )
    if schema is None and google is not None:
        schema = json_schema_of(bytes(google), "request.generationConfig.responseSchema")
    for asked in config.response_format or ():
        if asked.text is None or asked.image or asked.audio or asked.video:
            losses.refuse("response_format", _ONLY_TEXT)
        mime = mime or MIMES.get(asked.text.mime_type or "", asked.text.mime_type)
        schema = said(asked.text.schema) if schema is None else schema
    if mime == "text/x.enum":
        losses.refuse("output", "only Gemini answers with a bare word of an enum. Ask for JSON.")
    if mime not in (None, "", "text/plain", JSON):
        losses.refuse("output", f"only Gemini answers in {mime}. Ask for {JSON}.")
    if schema is not None:
        settings["output"] = SchemaOutput(schema)
    elif mime == JSON:
        settings["output"] = JSONOutput()


def _parse_tier(tier: str, settings: Settings, losses: Losses) -> None:
    if tier.lower() in NEUTRAL_TIERS:
        settings["service_tier"] = NEUTRAL_TIERS[tier.lower()]
    elif tier.lower() not in ("", "unspecified"):
        losses.drop("service_tier")


def _config(body: Rendered) -> Rendered:
    return body.setdefault("generationConfig", {})  # type: ignore[no-any-return]


def _logprobs(body: Rendered, value: int, request: ChatRequest, losses: Losses) -> None:
    _config(body)["responseLogprobs"] = True
    if value:
        _config(body)["logprobs"] = value


def _output(
    body: Rendered, value: JSONOutput | SchemaOutput, request: ChatRequest, losses: Losses
) -> None:
    _config(body)["responseMimeType"] = JSON
    if isinstance(value, JSONOutput):
        return
    _config(body)["responseJsonSchema"] = output_schema(value.schema, losses)
    if value.name is not None:
        losses.drop("output.name")
    if value.description is not None:
        losses.drop("output.description")


def _tool_choice(body: Rendered, value: ToolChoice, request: ChatRequest, losses: Losses) -> None:
    config: Rendered = {"mode": MODES[value.mode]}
    if value.names:
        config["allowedFunctionNames"] = list(value.names)
        if value.mode == "auto":  # AUTO takes no names
            config["mode"] = "VALIDATED"
    body["toolConfig"] = {"functionCallingConfig": config}


def _serial(body: Rendered, value: bool, request: ChatRequest, losses: Losses) -> None:
    if not value:
        losses.refuse("parallel_tool_calls", _SERIAL)


def _reasoning(body: Rendered, value: Reasoning, request: ChatRequest, losses: Losses) -> None:
    config = thinking_config(value, model_named(request.model))
    if config:
        _config(body)["thinkingConfig"] = config


def _tier(body: Rendered, value: str, request: ChatRequest, losses: Losses) -> None:
    if value in TIERS:
        body["serviceTier"] = TIERS[value]
    elif value != "auto":
        losses.drop("service_tier")


_SERIAL = "Gemini may always call several tools at once. Leave parallel_tool_calls out."
SETTINGS: dict[str, Rule] = {
    "max_tokens": carried("generationConfig.maxOutputTokens"),
    "temperature": carried("generationConfig.temperature"),
    "top_p": carried("generationConfig.topP"),
    "top_k": carried("generationConfig.topK"),
    "stop": carried("generationConfig.stopSequences"),
    "candidates": carried("generationConfig.candidateCount"),
    "seed": carried("generationConfig.seed"),
    "frequency_penalty": carried("generationConfig.frequencyPenalty"),
    "presence_penalty": carried("generationConfig.presencePenalty"),
    "logit_bias": dropped("logit_bias", "Gemini has no bias for tokens."),
    "logprobs": changed(
        "generationConfig.logprobs", _logprobs, note="Asked for with responseLogprobs."
    ),
    "output": changed(
        "generationConfig.responseJsonSchema",
        _output,
        note="With responseMimeType application/json. Keywords of a schema that Gemini would "
        "pass over are refused; the schema's name and description are dropped.",
    ),
    "tool_choice": changed(
        "toolConfig.functionCallingConfig",
        _tool_choice,
        note="A free choice among some tools is the mode VALIDATED.",
    ),
    "parallel_tool_calls": msgspec.structs.replace(
        refused("parallel_tool_calls", _SERIAL), write=_serial
    ),
    "reasoning": changed(
        "generationConfig.thinkingConfig",
        _reasoning,
        note="An effort is a thinkingLevel from Gemini 3 on and a thinkingBudget before, "
        "each within what the model takes.",
    ),
    "verbosity": dropped("verbosity", "Gemini has no such setting."),
    "user": dropped("user", "Gemini asks for no end users."),
    "metadata": dropped("metadata", "Gemini keeps none for a request."),
    "service_tier": changed("serviceTier", _tier, note="OpenAI's default is standard here."),
    "cache_key": dropped("cache_key", "Gemini routes requests to its caches itself."),
}
