"""Nova's own body: Converse's messages and tools, in a job that takes tools.

https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html
https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
"""

from typing import Any, ClassVar, Literal

from providers.bedrock import families
from providers.bedrock.converse import answer as answers
from providers.bedrock.converse.content import (
    WORDS,
    Renderers,
    render_tool_call,
    render_tool_result,
)
from providers.bedrock.converse.media import render_media
from providers.bedrock.converse.request import (
    RENDERERS,
    leaves_tools_out,
    parse_messages,
    parse_system,
    render_messages,
    render_system,
)
from providers.bedrock.converse.settings import (
    SETTINGS,
    parse_inference,
    write_json_mode,
    write_serial,
    write_temperature,
)
from providers.bedrock.converse.tools import (
    parse_choice,
    parse_tools,
    render_choice,
    render_tools,
    speaks_of_tools,
)
from providers.bedrock.converse.wire import InferenceConfig, SystemBlock, ToolConfig, Turn, Wire
from providers.records import Asked, Losses, ProviderBody, Subject
from providers.records.chat import (
    ChatAnswer,
    ChatRequest,
    Effort,
    JSONOutput,
    Media,
    Reasoning,
    Settings,
    Text,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.records.reasoning import effort_of
from providers.records.rules import Rule, carried, changed, dropped, words_of
from providers.records.shapes import Count, Shape

SCHEMA_VERSION = "messages-v1"
# Nova 2 has three efforts.
EFFORTS: dict[Effort, str] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


class ReasoningConfig(Wire):
    type: Literal["enabled", "disabled"]
    maxReasoningEffort: Literal["low", "medium", "high"] | None = None


class NovaInference(InferenceConfig):
    """The names with underscores are those of the first Nova models."""

    topK: Count | None = None
    reasoningConfig: ReasoningConfig | None = None
    max_new_tokens: Count | None = None
    top_p: float | None = None
    top_k: Count | None = None


class NovaRequest(Wire):
    messages: list[Turn]
    schemaVersion: Literal["messages-v1"] | None = None
    system: list[SystemBlock] | None = None
    inferenceConfig: NovaInference | None = None
    toolConfig: ToolConfig | None = None
    reasoningConfig: ReasoningConfig | None = None


_shape: Shape[NovaRequest] = Shape(NovaRequest, where="modelInput")


def _parse_settings(body: NovaRequest) -> Settings:
    settings: Settings = {}
    config, reasoning = body.inferenceConfig, body.reasoningConfig
    if config is not None:
        _parse_older_names(config, settings)
        parse_inference(config, settings)
        if config.topK is not None:
            settings["top_k"] = config.topK
        reasoning = config.reasoningConfig or reasoning
    if reasoning is not None:
        off = reasoning.type == "disabled"
        settings["reasoning"] = Reasoning("none" if off else reasoning.maxReasoningEffort)
    if body.toolConfig is not None and body.toolConfig.toolChoice is not None:
        settings["tool_choice"] = parse_choice(body.toolConfig.toolChoice)
    return settings


def _parse_older_names(config: NovaInference, settings: Settings) -> None:
    if config.max_new_tokens is not None:
        settings["max_tokens"] = config.max_new_tokens
    if config.top_p is not None:
        settings["top_p"] = config.top_p
    if config.top_k is not None:
        settings["top_k"] = config.top_k


def _write_output(body: dict[str, Any], value: Any, request: ChatRequest, losses: Losses) -> None:
    if not isinstance(value, JSONOutput):
        losses.refuse(
            "output",
            "Nova answers in no schema. Ask for JSON in words, or make the schema that of a tool to call.",
        )
    write_json_mode(body, value, request, losses)


def _write_reasoning(
    body: dict[str, Any], value: Reasoning, request: ChatRequest, losses: Losses
) -> None:
    effort = effort_of(value)
    if not families.reasons(request.model or ""):
        if effort != "none":
            losses.drop("reasoning")
        return
    config: dict[str, str] = {"type": "disabled" if effort == "none" else "enabled"}
    if effort and effort != "none":
        config["maxReasoningEffort"] = EFFORTS[effort]
    body.setdefault("inferenceConfig", {})["reasoningConfig"] = config


def _write_choice(
    body: dict[str, Any], value: ToolChoice, request: ChatRequest, losses: Losses
) -> None:
    if "toolConfig" in body:
        body["toolConfig"]["toolChoice"] = render_choice(value, losses)


NOVA_SETTINGS: dict[str, Rule] = {
    **SETTINGS,
    "temperature": changed(
        "inferenceConfig.temperature", write_temperature, note="above 1 it is dropped"
    ),
    "top_k": carried("inferenceConfig.topK"),
    "output": Rule(
        "changed", "", "JSON mode becomes one more instruction; a schema is refused", _write_output
    ),
    "tool_choice": changed(
        "toolConfig.toolChoice",
        _write_choice,
        note="'none' leaves the tools out, and is refused once one was called",
    ),
    "parallel_tool_calls": Rule(
        "refused", "", "false is refused: a model may call several tools", write_serial
    ),
    "reasoning": changed(
        "inferenceConfig.reasoningConfig",
        _write_reasoning,
        note="Nova 2 knows low, medium and high; other Novas do not reason and drop it",
    ),
    "metadata": dropped("metadata", "only Converse has it"),
    "service_tier": dropped("service_tier", "only Converse has it in the body"),
}


def _render_text(text: Text, losses: Losses) -> dict[str, Any]:
    if text.citations:
        losses.drop("citations")
    return {"text": text.text}


def _render_media(media: Media, losses: Losses) -> dict[str, Any]:
    # https://docs.aws.amazon.com/nova/latest/nova2-userguide/using-invoke-api.html
    if media.kind == "document":
        losses.refuse(
            "document", "Nova's own body has no documents. Send text, or pages as images."
        )
    return render_media(media, losses)


def _render_tool_result(result: ToolResult, losses: Losses) -> dict[str, Any]:
    for piece in result.content:
        if isinstance(piece, Media) and piece.kind == "document":
            losses.refuse(
                "tool_result_document", "Nova's own body has no documents. Send their text."
            )
    return render_tool_result(result, losses)


NOVA_RENDERERS: Renderers = {
    **RENDERERS,
    Text: _render_text,
    Media: _render_media,
    ToolCall: render_tool_call,
    ToolResult: _render_tool_result,
}


class Nova(ProviderBody[ChatRequest, ChatAnswer]):
    """The body that InvokeModel takes for Amazon Nova. Answers are Converse's, but for what they measure."""

    name: ClassVar[str] = "bedrock.nova"
    subject: ClassVar[Subject | None] = "chat"
    invocation: ClassVar[str] = "InvokeModel"
    settings: ClassVar[dict[str, Rule]] = NOVA_SETTINGS
    words: ClassVar[dict[str, str]] = {
        **words_of(NOVA_SETTINGS),
        **WORDS,
        **answers.WORDS,
        "usage.cached": "usage.cacheReadInputTokenCount",
        "usage.cache_written": "usage.cacheWriteInputTokenCount",
    }

    def parse_request(self, raw: bytes, losses: Losses) -> ChatRequest:
        body = _shape.read(raw)
        tools = parse_tools(body.toolConfig, losses) if body.toolConfig is not None else []
        messages = parse_messages(body.messages, losses)
        system = [parse_system(block, losses) for block in body.system or ()]
        return ChatRequest(None, messages, system, tools, _parse_settings(body))

    def render_request(self, request: ChatRequest, losses: Losses) -> dict[str, Any]:
        body: dict[str, Any] = {
            "schemaVersion": SCHEMA_VERSION,
            "messages": self._messages(request, losses),
        }
        if request.system:
            body["system"] = render_system(request.system, losses)
        if request.tools and not self._hides_tools(request, losses):
            body["toolConfig"] = {"tools": render_tools(request.tools, losses)}
        for feature, value in request.settings.items():
            NOVA_SETTINGS[feature].write(body, value, request, losses)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> ChatAnswer:
        return answers.parse_answer(raw, losses)

    def render_answer(self, answer: ChatAnswer, asked: Asked, losses: Losses) -> dict[str, Any]:
        body = answers.render_answer(answer, losses)
        del body["metrics"]
        if body.pop("serviceTier", None):
            losses.drop("answer.service_tier")
        usage = body["usage"]
        for name in ("cacheReadInputToken", "cacheWriteInputToken"):
            if f"{name}s" in usage:
                usage[f"{name}Count"] = usage.pop(f"{name}s")
        return body

    def _messages(self, request: ChatRequest, losses: Losses) -> list[dict[str, Any]]:
        if any(message.role == "system" for message in request.messages):
            losses.refuse(
                "system_later",
                "Nova takes instructions before the conversation only. Move them there.",
            )
        return render_messages(request.messages, NOVA_RENDERERS, losses)

    def _hides_tools(self, request: ChatRequest, losses: Losses) -> bool:
        if not leaves_tools_out(request):
            return False
        if speaks_of_tools(request):
            losses.refuse(
                "tool_choice",
                "'none' leaves the tools out there, and the conversation calls one. Use 'auto'.",
            )
        return True


NOVA = Nova()
