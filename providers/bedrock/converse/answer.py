"""Answers, there and back.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
"""

from operator import attrgetter
from typing import Any, get_args

from providers.bedrock.converse.citations import render_cited
from providers.bedrock.converse.content import (
    DIALECT,
    Renderers,
    parse_block,
    render_parts,
    render_refusal,
    render_tool_call,
    sealed,
)
from providers.bedrock.converse.media import render_media
from providers.bedrock.converse.wire import Block, ConverseResponse, Performance, TokenUsage
from providers.records import Losses, UnsupportedFeatureError
from providers.records.chat import (
    CachePoint,
    ChatAnswer,
    Choice,
    Data,
    Finish,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Usage,
)
from providers.records.rules import Alone, OnlyHere
from providers.records.shapes import Shape

STOP_REASONS: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "context_length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "malformed_tool_use": "malformed_tool_call",
    "malformed_model_output": "error",
}
FINISHES: dict[Finish, str] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "context_length": "model_context_window_exceeded",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "prompt_blocked": "content_filtered",
    "refusal": "content_filtered",
    "malformed_tool_call": "malformed_tool_use",
    "error": "malformed_model_output",
}
TIERS = frozenset({"default", "flex", "priority"})
CONTENT = "output.message.content[]"
WORDS = {
    "answer.text": f"{CONTENT}.text",
    "answer.thinking": f"{CONTENT}.reasoningContent",
    "answer.signature": f"{CONTENT}.reasoningContent.reasoningText.signature",
    "answer.redacted_thinking": f"{CONTENT}.reasoningContent.redactedContent",
    "answer.tool_call": f"{CONTENT}.toolUse",
    "answer.citations": f"{CONTENT}.citationsContent.citations",
    "answer.media": f"{CONTENT}.image",
    "answer.finish": "stopReason",
    "answer.usage": "usage",
    "answer.service_tier": "serviceTier.type",
    "usage.cached": "usage.cacheReadInputTokens",
    "usage.cache_written": "usage.cacheWriteInputTokens",
}
"""How Converse names what is in an answer."""

ALONE = OnlyHere(
    {
        "additionalModelResponseFields": Alone(harmless=({},)),
        "trace": Alone(harmless=({},)),
        "performanceConfig": Alone(harmless=(Performance(), Performance("standard"))),
    }
)
PLACELESS = ("answer.id", "answer.model", "answer.created")
_placeless = attrgetter("id", "model", "created")
_EMPTY = Block()
_shape: Shape[ConverseResponse] = Shape(ConverseResponse, where="modelOutput")


def parse_answer(raw: bytes, losses: Losses) -> ChatAnswer:
    answer = _shape.read_answer(raw, losses)
    ALONE.leave(answer, losses)
    parsed = (_parse_block(block, losses) for block in answer.output.message.content)
    parts = [part for part in parsed if part is not None]
    tier = answer.serviceTier.type if answer.serviceTier is not None else None
    return ChatAnswer(
        [_parse_choice(answer.stopReason, parts)],
        parse_usage(answer.usage, losses) if answer.usage is not None else None,
        service_tier=tier,
    )


def _parse_block(block: Block, losses: Losses) -> Part | None:
    """A piece of an answer; None if it is one that only Bedrock has, or that we do not know."""
    if block == _EMPTY:
        return None
    try:
        return parse_block(block, CONTENT, losses)
    except UnsupportedFeatureError as error:
        losses.drop(error.param or CONTENT)
        return None


def _parse_choice(reason: str | None, parts: list[Part]) -> Choice:
    finish = STOP_REASONS.get(reason, "error") if reason else None
    if finish == "stop" and ToolCall in map(type, parts):
        finish = "tool_calls"
    if finish == "content_filter" and not parts and reason == "content_filtered":
        finish = "prompt_blocked"
    said = finish is not None and FINISHES[finish] == reason
    return Choice(parts, finish, detail=None if said or finish == "tool_calls" else reason)


def parse_usage(usage: TokenUsage, losses: Losses) -> Usage:
    """Converse counts what went through the cache apart from the input."""
    cached, written = usage.cacheReadInputTokens, usage.cacheWriteInputTokens
    if cached is None:
        cached = usage.cacheReadInputTokenCount
    if written is None:
        written = usage.cacheWriteInputTokenCount
    if usage.cacheDetails:
        losses.drop("usage.cacheDetails")
    total = usage.inputTokens + (cached or 0) + (written or 0)
    return Usage(total, usage.outputTokens, cached, written)


def render_answer(answer: ChatAnswer, losses: Losses) -> dict[str, Any]:
    """The shape demands usage and metrics. Nobody measures the latency of a batch, so it is 0, as are tokens
    that the provider did not count."""
    choice = _only_choice(answer, losses)
    body: dict[str, Any] = {
        "output": {
            "message": {
                "role": "assistant",
                "content": render_parts(choice.parts, RENDERERS, losses),
            }
        },
        "stopReason": stop_reason(choice, losses),
        "usage": render_usage(answer.usage or Usage(0, 0), losses),
        "metrics": {"latencyMs": 0},
    }
    if answer.service_tier in TIERS:
        body["serviceTier"] = {"type": answer.service_tier}
    elif answer.service_tier is not None:
        losses.drop("answer.service_tier")
    return body


def _only_choice(answer: ChatAnswer, losses: Losses) -> Choice:
    for value, feature in zip(_placeless(answer), PLACELESS, strict=True):
        if value is not None:
            losses.drop(feature)
    if len(answer.choices) > 1:
        losses.drop("answer.candidates")
    choice = answer.choices[0] if answer.choices else Choice([], "prompt_blocked")
    if choice.logprobs is not None:
        losses.drop("answer.logprobs")
    if choice.stop_sequence is not None:
        losses.drop("answer.stop_sequence")
    return choice


def stop_reason(choice: Choice, losses: Losses) -> str:
    detail, finish = choice.detail, choice.finish
    if detail and finish and STOP_REASONS.get(detail) == finish:
        return detail
    if detail and detail != finish:
        losses.drop("answer.detail")
    if Refusal in map(type, choice.parts):
        return "content_filtered"
    if finish == "paused":
        losses.refuse("answer.finish", "the model paused, and a Converse answer cannot say so.")
    return FINISHES[finish] if finish else "end_turn"


def render_usage(usage: Usage, losses: Losses) -> dict[str, int]:
    aside = (usage.cached or 0) + (usage.cache_written or 0)
    tokens = {
        "inputTokens": max(usage.input - aside, 0),
        "outputTokens": usage.output,
        "totalTokens": usage.input + usage.output,
    }
    if usage.cached is not None:
        tokens["cacheReadInputTokens"] = usage.cached
    if usage.cache_written is not None:
        tokens["cacheWriteInputTokens"] = usage.cache_written
    if usage.reasoning:
        losses.drop("usage.reasoning")
    return tokens


def _render_text(text: Text, losses: Losses) -> dict[str, Any]:
    if not text.citations:
        return {"text": text.text}
    if any(citation.span is not None for citation in text.citations):
        losses.drop("answer.citations")  # the sources stay, which words they are for does not
    return render_cited(text)


def _render_thinking(thought: Thinking, losses: Losses) -> dict[str, Any] | None:
    if thought.signature is not None and thought.signature.by == DIALECT:
        return sealed(thought, thought.signature.value)
    if thought.redacted:
        losses.drop("answer.redacted_thinking")
        return None
    if thought.signature is not None:
        losses.drop("answer.signature")
    return {"reasoningContent": {"reasoningText": {"text": thought.text}}}


def _render_tool_call(call: ToolCall, losses: Losses) -> dict[str, Any]:
    if call.signature is not None:
        losses.drop("answer.signature")
    return render_tool_call(call, losses)


def _render_media(media: Media, losses: Losses) -> dict[str, Any] | None:
    try:
        return render_media(media, losses)
    except UnsupportedFeatureError:
        losses.drop("answer.media")
        return None


def _drop(part: Part, losses: Losses) -> None:
    losses.drop("answer.other")


RENDERERS: Renderers = {
    Text: _render_text,
    ToolCall: _render_tool_call,
    Thinking: _render_thinking,
    Refusal: render_refusal,
    Media: _render_media,
    Data: _drop,
    ToolResult: _drop,
    CachePoint: _drop,
}
assert set(FINISHES) | {"paused"} == set(get_args(Finish))
