"""What a client of Converse can set, there and back.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from typing import Any, get_args

from providers.bedrock.converse.tools import parse_choice
from providers.bedrock.converse.wire import (
    ConverseRequest,
    InferenceConfig,
    OutputConfig,
    Performance,
)
from providers.bedrock.converse.wire import Thinking as ThinkingField
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
from providers.records.rules import Alone, OnlyHere, Rule, carried, changed, dropped, refused
from providers.records.schemas import read
from providers.records.values import object_from_text, text_of

ANSWER_WITH_JSON = "Answer with one JSON object and nothing else."
TIERS = frozenset({"default", "flex", "priority"})
EFFORTS = frozenset(get_args(Effort))
ALONE = OnlyHere(
    {
        "guardrailConfig": Alone(why="only Bedrock has guardrails. Remove it to go without."),
        "promptVariables": Alone(why="they belong to a prompt that Bedrock keeps. Send its text."),
        "additionalModelResponseFieldPaths": Alone(harmless=([],)),
        "performanceConfig": Alone(harmless=(Performance(), Performance("standard"))),
    }
)


def parse_inference(config: InferenceConfig, settings: Settings) -> None:
    if config.maxTokens is not None:
        settings["max_tokens"] = config.maxTokens
    if config.temperature is not None:
        settings["temperature"] = config.temperature
    if config.topP is not None:
        settings["top_p"] = config.topP
    if config.stopSequences is not None:
        settings["stop"] = config.stopSequences


def parse_settings(body: ConverseRequest, losses: Losses) -> Settings:
    settings: Settings = {}
    if body.inferenceConfig is not None:
        parse_inference(body.inferenceConfig, settings)
    if body.toolConfig is not None and body.toolConfig.toolChoice is not None:
        settings["tool_choice"] = parse_choice(body.toolConfig.toolChoice)
    if body.requestMetadata is not None:
        settings["metadata"] = body.requestMetadata
    if body.serviceTier is not None:
        if body.serviceTier.type in TIERS:
            settings["service_tier"] = body.serviceTier.type
        else:
            losses.drop("service_tier")
    if body.outputConfig is not None or body.additionalModelRequestFields is not None:
        _parse_more(body, settings, losses)
    return settings


def _parse_more(body: ConverseRequest, settings: Settings, losses: Losses) -> None:
    more, output = body.additionalModelRequestFields, body.outputConfig
    if more is not None and more.top_k is not None:
        settings["top_k"] = more.top_k
    if output is not None and output.textFormat is not None:
        settings["output"] = _parse_output(output)
    thinking = more.thinking if more else None
    effort = output.effort if output else None
    if effort or thinking is not None:
        settings["reasoning"] = _parse_reasoning(effort, thinking, losses)


def _parse_output(output: OutputConfig) -> SchemaOutput:
    assert output.textFormat is not None
    said = output.textFormat.structure.jsonSchema
    where = "outputConfig.textFormat.structure.jsonSchema.schema"
    schema = object_from_text(said.schema, where)
    read(schema, where)
    return SchemaOutput(schema, said.name, said.description)


def write_output(body: dict[str, Any], value: Any, request: Any, losses: Losses) -> None:
    if isinstance(value, JSONOutput):
        write_json_mode(body, value, request, losses)
        return
    schema: dict[str, str] = {"schema": text_of(value.schema)}
    if value.name:
        schema["name"] = value.name
    if value.description:
        schema["description"] = value.description
    if value.strict is not None:
        losses.drop("output.strict")
    output = body.setdefault("outputConfig", {})
    output["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": schema}}


def write_json_mode(body: dict[str, Any], value: Any, request: Any, losses: Losses) -> None:
    body.setdefault("system", []).append({"text": ANSWER_WITH_JSON})


def _parse_reasoning(
    effort: str | None, thinking: ThinkingField | None, losses: Losses
) -> Reasoning:
    if effort and effort not in EFFORTS:
        losses.refuse(
            "outputConfig.effort",
            f"{effort!r} is unknown. Say one of {', '.join(get_args(Effort))}.",
        )
    if thinking is not None and thinking.type == "disabled":
        return Reasoning(effort="none")
    budget = thinking.budget_tokens if thinking is not None else None
    return Reasoning(effort or None, budget)  # type: ignore[arg-type]


def _write_reasoning(
    body: dict[str, Any], value: Reasoning, request: ChatRequest, losses: Losses
) -> None:
    if value.show is False:
        losses.drop("reasoning")  # the thoughts come as reasoningContent, asked for or not
    thinking: dict[str, Any] | None = None
    if value.effort == "none":
        thinking = {"type": "disabled"}
    elif value.budget is not None and value.budget >= 0:
        thinking = {"type": "enabled", "budget_tokens": value.budget}
    elif value.effort is None:
        thinking = {"type": "adaptive"}
    if thinking is not None:
        body.setdefault("additionalModelRequestFields", {})["thinking"] = thinking
    if value.effort and value.effort != "none":
        body.setdefault("outputConfig", {})["effort"] = value.effort


def write_temperature(body: dict[str, Any], value: float, request: Any, losses: Losses) -> None:
    if value > 1:
        losses.drop("temperature")
        return
    body.setdefault("inferenceConfig", {})["temperature"] = value


def _write_tier(body: dict[str, Any], value: str, request: Any, losses: Losses) -> None:
    if value in TIERS:
        body["serviceTier"] = {"type": value}
    elif value != "auto":
        losses.drop("service_tier")


def _write_choice(body: dict[str, Any], value: ToolChoice, request: Any, losses: Losses) -> None:
    """Tools were refused before, unless the choice is not to use them."""


def write_serial(body: dict[str, Any], value: bool, request: Any, losses: Losses) -> None:
    if not value:
        losses.refuse(
            "parallel_tool_calls", "nothing there keeps a model to one call at a time. Remove it."
        )


SETTINGS: dict[str, Rule] = {
    "max_tokens": carried("inferenceConfig.maxTokens"),
    "temperature": changed(
        "inferenceConfig.temperature", write_temperature, note="above 1 it is dropped"
    ),
    "top_p": carried("inferenceConfig.topP"),
    "top_k": carried("additionalModelRequestFields.top_k"),
    "stop": carried("inferenceConfig.stopSequences"),
    "candidates": refused("candidates", "it answers once. Send the record several times."),
    "seed": dropped("seed", "Converse has no seed"),
    "frequency_penalty": dropped("frequency_penalty", "Converse has no penalties"),
    "presence_penalty": dropped("presence_penalty", "Converse has no penalties"),
    "logit_bias": dropped("logit_bias", "Converse has no biases"),
    "logprobs": refused("logprobs", "it tells no probabilities. Remove it."),
    "output": changed(
        "outputConfig.textFormat",
        write_output,
        note="a schema is a string there; JSON mode becomes one more instruction",
    ),
    "tool_choice": changed(
        "toolConfig.toolChoice", _write_choice, note="'none' leaves the tools out; see tools"
    ),
    "parallel_tool_calls": Rule(
        "refused", "", "false is refused: a model may call several tools", write_serial
    ),
    "reasoning": changed(
        "outputConfig.effort",
        _write_reasoning,
        note="a budget is additionalModelRequestFields.thinking, as Claude has it",
    ),
    "verbosity": dropped("verbosity", "Converse has no verbosity"),
    "user": dropped("user", "Converse knows no end users"),
    "metadata": carried("requestMetadata"),
    "service_tier": changed(
        "serviceTier.type", _write_tier, note="default, flex and priority; others are dropped"
    ),
    "cache_key": dropped("cache_key", "Converse caches by cache points"),
}
