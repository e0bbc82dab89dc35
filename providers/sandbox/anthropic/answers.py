"""Messages: https://platform.claude.com/docs/en/api/messages"""

from base64 import b64encode
from typing import Any

import msgspec

from providers.sandbox import words
from providers.sandbox.directives import Directives
from providers.sandbox.schema_samples import sample

# Stop reasons of directives in the words of others.
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_REFUSED = {
    "type": "refusal",
    "category": None,
    "explanation": "The sandbox was told to refuse.",
}

Content = list[dict[str, Any]]


def answer(params: dict[str, Any], order: Directives, digest: str) -> dict[str, Any]:
    content, reason, sequence = _content(params, order, digest)
    reason = _STOP_REASONS.get(order.finish or "", order.finish) or reason
    if reason == "stop_sequence" and sequence is None:
        sequence = next(iter(params.get("stop_sequences") or ()), None)
    thinking = _thinking(params, order, digest)
    return {
        "id": f"msg_{digest[:24]}",
        "type": "message",
        "role": "assistant",
        "model": params["model"],
        "content": thinking + content,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "stop_details": _REFUSED if reason == "refusal" else None,
        "usage": _usage(params, thinking, content),
    }


def _content(
    params: dict[str, Any], order: Directives, digest: str
) -> tuple[Content, str, str | None]:
    """What is said, why it ends, and the stop sequence that ended it."""
    if order.refusal:
        return [], "refusal", None
    tool = _tool_to_call(params, order)
    if tool is not None:
        return [_call(tool, digest)], "tool_use", None
    text, sequence = _until_stop(_text(params, order), params.get("stop_sequences") or ())
    text, is_cut = words.shorten(text, params["max_tokens"])
    reason = "max_tokens" if is_cut else "end_turn" if sequence is None else "stop_sequence"
    content = [{"type": "text", "text": text, "citations": None}] if text else []
    return content, reason, None if is_cut else sequence


def _text(params: dict[str, Any], order: Directives) -> str:
    asked = (params.get("output_config") or {}).get("format")
    if asked:
        return msgspec.json.encode(sample(asked["schema"])).decode()
    return words.reply(order, _last_user_text(params["messages"]))


def _last_user_text(messages: list[dict[str, Any]]) -> str:
    for message in reversed(messages):
        if message["role"] == "user":
            return words.join_texts(message["content"])
    return ""


def _until_stop(text: str, sequences: Any) -> tuple[str, str | None]:
    found = [(text.index(sequence), sequence) for sequence in sequences if sequence in text]
    if not found:
        return text, None
    position, sequence = min(found)
    return text[:position], sequence


def _tool_to_call(params: dict[str, Any], order: Directives) -> dict[str, Any] | None:
    """Only tools with a schema are the client's own."""
    tools = [tool for tool in params.get("tools") or () if "input_schema" in tool]
    match params.get("tool_choice"):
        case {"type": "tool", "name": name}:
            return next((tool for tool in tools if tool["name"] == name), None)
        case {"type": "none"}:
            return None
        case {"type": "any"}:
            return tools[0] if tools else None
        case _:
            return tools[0] if tools and order.tool else None


def _call(tool: dict[str, Any], digest: str) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": f"toolu_{digest[:24]}",
        "name": tool["name"],
        "input": sample(tool["input_schema"]),
        "caller": {"type": "direct"},
    }


def _thinking(params: dict[str, Any], order: Directives, digest: str) -> Content:
    asked = params.get("thinking") or {}
    if asked.get("type") not in ("enabled", "adaptive") or order.refusal:
        return []
    is_shown = asked.get("display") != "omitted"
    return [
        {
            "type": "thinking",
            "thinking": "The sandbox thinks before it answers." if is_shown else "",
            "signature": b64encode(bytes.fromhex(digest)).decode(),
        }
    ]


def _usage(params: dict[str, Any], thinking: Content, content: Content) -> dict[str, Any]:
    asked = words.all_text(params.get("system")) + words.all_text(params["messages"])
    thought = sum(words.tokens(len(block["thinking"]) or 1) for block in thinking)
    said = sum(words.tokens(len(block.get("text") or str(block))) for block in content)
    return {
        "input_tokens": max(1, words.tokens(len(asked))),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": max(1, thought + said),
        "output_tokens_details": {"thinking_tokens": thought},
        "server_tool_use": None,
        "service_tier": "batch",
    }
