"""Answers, there and back: https://platform.claude.com/docs/en/api/messages/create#response"""

from collections.abc import Callable
from typing import Any, get_args

from providers.anthropic.messages import wire
from providers.anthropic.messages.citations import render_text
from providers.anthropic.messages.content import parse_redacted, parse_text, parse_thinking
from providers.records import Asked, Losses
from providers.records.chat import (
    ChatAnswer,
    Choice,
    Finish,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from providers.records.values import is_object

_Block = dict[str, Any]

# https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
FINISHES: dict[str, Finish] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_calls",
    "pause_turn": "paused",
    "refusal": "refusal",
    "model_context_window_exceeded": "context_length",
}
STOP_REASONS: dict[Finish, str] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "context_length": "model_context_window_exceeded",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "prompt_blocked": "refusal",
    "refusal": "refusal",
    "paused": "pause_turn",
}
UNSAYABLE = frozenset(get_args(Finish)) - STOP_REASONS.keys()

# Neutral tiers are OpenAI's; that a batch ran as one goes without saying.
TIERS = {"standard": "default", "priority": "priority", "batch": None}
_TIER_WORDS = {tier: word for word, tier in TIERS.items()}
# https://platform.claude.com/docs/en/api/messages#refusal_stop_details
CATEGORIES = frozenset({"cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"})
_SAYS_NOTHING = frozenset({None, "not_available", "global"})

ANSWER_WORDS = {
    "answer.text": "content[].text",
    "answer.thinking": "content[].thinking",
    "answer.signature": "content[].signature",
    "answer.redacted_thinking": "content[].redacted_thinking",
    "answer.tool_call": "content[].tool_use",
    "answer.refusal": "stop_reason",
    "answer.citations": "content[].citations",
    "answer.stop_sequence": "stop_sequence",
    "answer.detail": "stop_details",
    "answer.finish": "stop_reason",
    "answer.id": "id",
    "answer.model": "model",
    "answer.usage": "usage",
    "answer.service_tier": "usage.service_tier",
    "usage.cached": "usage.cache_read_input_tokens",
    "usage.cache_written": "usage.cache_creation_input_tokens",
    "usage.reasoning": "usage.output_tokens_details.thinking_tokens",
}


def parse_answer(answer: wire.Answer, losses: Losses, signer: str) -> ChatAnswer:
    if answer.container is not None:
        losses.drop("container")
    if answer.diagnostics is not None:
        losses.drop("diagnostics")
    parts = [part for block in answer.content if (part := _parse_block(block, losses, signer))]
    finish = _finish(answer.stop_reason)
    if finish == "refusal" and not parts:
        finish = "prompt_blocked"
    detail = _detail(answer.stop_details, losses)
    if finish == "error":
        detail = detail or answer.stop_reason
    choice = Choice(parts, finish, answer.stop_sequence, detail)
    usage = answer.usage
    return ChatAnswer(
        [choice],
        _parse_usage(usage, losses) if usage else None,
        answer.id,
        answer.model,
        service_tier=_parse_tier(usage.service_tier, losses) if usage else None,
    )


def _finish(word: str | None) -> Finish | None:
    """A word that nobody knew yet is an error."""
    return None if word is None else FINISHES.get(word, "error")


def _detail(details: wire.StopDetails | None, losses: Losses) -> str | None:
    if details is None:
        return None
    if details.category and details.explanation:
        losses.drop("stop_details.category")
    return details.explanation or details.category


def _parse_block(block: wire.AnswerBlock, losses: Losses, signer: str) -> Part | None:
    parse = _PARSERS.get(type(block))
    if parse is None:
        losses.drop(f"content[].{block.__struct_config__.tag}")
        return None
    return parse(block, losses, signer)


def _parse_tool_use(block: wire.ToolUseBlock, losses: Losses, signer: str) -> ToolCall | None:
    if not is_object(block.input):
        losses.drop("answer.tool_call")
        return None
    if block.toolset_name is not None:
        losses.drop("content[].toolset_name")
    if block.caller is not None and block.caller.type != "direct":
        losses.drop("content[].caller")
    return ToolCall(block.id, block.name, block.input)


_PARSERS: dict[type, Callable[[Any, Losses, str], Part | None]] = {
    wire.TextBlock: parse_text,
    wire.ToolUseBlock: _parse_tool_use,
    wire.ThinkingBlock: parse_thinking,
    wire.RedactedThinkingBlock: parse_redacted,
}


def _parse_usage(usage: wire.Usage, losses: Losses) -> Usage:
    """Anthropic's input tokens are what no cache had a part in."""
    cached, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    _drop_usage(usage, losses)
    details = usage.output_tokens_details
    return Usage(
        usage.input_tokens + (cached or 0) + (written or 0),
        usage.output_tokens,
        cached,
        written,
        details.thinking_tokens if details else None,
    )


def _drop_usage(usage: wire.Usage, losses: Losses) -> None:
    if usage.cache_creation and usage.cache_creation != wire.CacheCreation():
        losses.drop("usage.cache_creation")
    if usage.server_tool_use and usage.server_tool_use != wire.ServerToolUsage():
        losses.drop("usage.server_tool_use")
    if usage.inference_geo not in _SAYS_NOTHING:
        losses.drop("usage.inference_geo")
    if usage.speed not in (None, "standard"):
        losses.drop("usage.speed")


def _parse_tier(word: str | None, losses: Losses) -> str | None:
    if word is None:
        return None
    if word not in TIERS:
        losses.drop("answer.service_tier")
        return None
    return TIERS[word]


def render_answer(answer: ChatAnswer, asked: Asked, losses: Losses, signer: str) -> dict[str, Any]:
    if answer.created is not None:
        losses.drop("answer.created")
    if len(answer.choices) > 1:
        losses.drop("answer.candidates")
    choice = answer.choices[0] if answer.choices else Choice([], None)
    if choice.logprobs:
        losses.drop("answer.logprobs")
    stop_reason = _stop_reason(choice, losses)
    content = []
    for part in choice.parts:
        content += _render_part(part, losses, signer)
    return {
        "id": answer.id or asked.id,
        "type": "message",
        "role": "assistant",
        "model": answer.model or asked.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": choice.stop_sequence,
        "stop_details": _render_detail(choice.detail, stop_reason, losses),
        "usage": _render_usage(answer, losses),
        "container": None,
    }


def _stop_reason(choice: Choice, losses: Losses) -> str | None:
    if Refusal in map(type, choice.parts):
        return "refusal"
    if choice.finish is None:
        return None
    if choice.finish in UNSAYABLE:
        losses.refuse(
            "answer.finish",
            f"no stop reason says what became of the answer: {choice.detail or choice.finish}.",
        )
    return STOP_REASONS[choice.finish]


def _render_detail(detail: str | None, stop_reason: str | None, losses: Losses) -> Any:
    if detail is None:
        return None
    if stop_reason != "refusal":
        losses.drop("answer.detail")
        return None
    category = detail if detail in CATEGORIES else None
    explanation = None if category else detail
    return {"type": "refusal", "category": category, "explanation": explanation}


def _render_part(part: Part, losses: Losses, signer: str) -> list[_Block]:
    """What an answer does not hold anywhere, such as a tool's result, is dropped by its name."""
    render = _RENDERERS.get(type(part))
    if render is None:
        losses.drop("answer.media" if type(part) is Media else "answer.other")
        return []
    return render(part, losses, signer)


def _render_text(part: Text, losses: Losses, signer: str) -> list[_Block]:
    return render_text(part, losses)


def _render_refusal(part: Refusal, losses: Losses, signer: str) -> list[_Block]:
    return [{"type": "text", "text": part.text, "citations": None}]


def _render_tool_call(part: ToolCall, losses: Losses, signer: str) -> list[_Block]:
    if part.signature is not None:
        losses.drop("answer.signature")
    block = {
        "type": "tool_use",
        "id": part.id,
        "name": part.name,
        "input": part.arguments,
        "caller": {"type": "direct"},
    }
    return [block]


def _render_thinking(part: Thinking, losses: Losses, signer: str) -> list[_Block]:
    """A thought that another vendor signed is a thought without a signature here."""
    ours = part.signature is not None and part.signature.by == signer
    value = part.signature.value if ours and part.signature else ""
    if part.redacted:
        if ours:
            return [{"type": "redacted_thinking", "data": value}]
        losses.drop("answer.redacted_thinking")
        return []
    if part.signature is not None and not ours:
        losses.drop("answer.signature")
    return [{"type": "thinking", "thinking": part.text, "signature": value}]


_RENDERERS: dict[type, Callable[[Any, Losses, str], list[_Block]]] = {
    Text: _render_text,
    ToolCall: _render_tool_call,
    Thinking: _render_thinking,
    Refusal: _render_refusal,
}


def _render_usage(answer: ChatAnswer, losses: Losses) -> dict[str, Any]:
    """Anthropic demands a usage: nothing, if the provider told none."""
    usage = answer.usage or Usage(0, 0)
    tier = answer.service_tier
    if tier not in _TIER_WORDS:
        losses.drop("answer.service_tier")
        tier = None
    details = None if usage.reasoning is None else {"thinking_tokens": usage.reasoning}
    beside_caches = usage.input - (usage.cached or 0) - (usage.cache_written or 0)
    return {
        "input_tokens": max(0, beside_caches),
        "output_tokens": usage.output,
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": None,
        "output_tokens_details": details,
        "server_tool_use": None,
        "service_tier": _TIER_WORDS[tier],
        "inference_geo": None,
    }
