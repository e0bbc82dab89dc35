"""Responses: https://platform.openai.com/docs/api-reference/responses/object"""

from typing import Any

import msgspec

from providers.sandbox import words
from providers.sandbox.directives import Directives
from providers.sandbox.schema_samples import sample

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}

# What the vendor shows of parameters that the request left out.
_USUAL: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def answer(body: dict[str, Any], order: Directives, digest: str) -> dict[str, Any]:
    item, reason = _output(body, order, digest)
    shown = {
        name: usual if body.get(name) is None else body[name] for name, usual in _USUAL.items()
    }
    return {
        "id": f"resp_{digest}",
        "object": "response",
        "created_at": words.CREATED,
        "completed_at": words.CREATED,
        "status": "completed" if reason is None else "incomplete",
        "background": False,
        "error": None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "model": body.get("model") or "sandbox",
        "output": [item],
        "service_tier": "default",
        "tools": [_shown_tool(tool) for tool in body.get("tools") or ()],
        "usage": _usage(body, item),
        **shown,
    }


def _output(
    body: dict[str, Any], order: Directives, digest: str
) -> tuple[dict[str, Any], str | None]:
    """The one item of output, and why it is incomplete."""
    reason = _INCOMPLETE.get(order.finish or "")
    if order.refusal:
        return _message([{"type": "refusal", "refusal": words.REFUSAL}], digest), None
    tool = _tool_to_call(body, order)
    if tool is not None:
        return _call(tool, digest), reason
    text, is_cut = words.shorten(_text(body, order), body.get("max_output_tokens"))
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return _message([part], digest), "max_output_tokens" if is_cut else reason


def _message(content: list[dict[str, Any]], digest: str) -> dict[str, Any]:
    return {
        "id": f"msg_{digest}",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": content,
    }


def _text(body: dict[str, Any], order: Directives) -> str:
    text = words.reply(order, _last_user_text(body.get("input")))
    asked = (body.get("text") or {}).get("format") or {}
    match asked.get("type"):
        case "json_schema":
            return msgspec.json.encode(sample(asked["schema"])).decode()
        case "json_object":
            return msgspec.json.encode({"answer": text}).decode()
        case _:
            return text


def _last_user_text(given: Any) -> str:
    if isinstance(given, str):
        return given
    for item in reversed(given or []):
        if item.get("role") == "user":
            return words.join_texts(item.get("content"))
    return ""


def _tool_to_call(body: dict[str, Any], order: Directives) -> dict[str, Any] | None:
    """Only functions and custom tools are the client's to run; the others run at the vendor."""
    given: list[dict[str, Any]] = body.get("tools") or []
    tools = [tool for tool in given if tool["type"] in ("function", "custom")]
    choice = body.get("tool_choice")
    named = choice.get("name") if isinstance(choice, dict) else None
    for tool in tools:
        if tool["name"] == named:
            return tool
    return tools[0] if tools and (choice == "required" or order.tool) else None


def _call(tool: dict[str, Any], digest: str) -> dict[str, Any]:
    call = {"call_id": f"call_{digest[:24]}", "name": tool["name"], "status": "completed"}
    if tool["type"] == "custom":
        return {"id": f"ctc_{digest}", "type": "custom_tool_call", "input": "sandbox", **call}
    arguments = msgspec.json.encode(sample(tool.get("parameters"))).decode()
    return {"id": f"fc_{digest}", "type": "function_call", "arguments": arguments, **call}


def _shown_tool(tool: dict[str, Any]) -> dict[str, Any]:
    if tool["type"] == "function":
        return {"description": None, "strict": True, "parameters": None, **tool}
    return tool


def _usage(body: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    read = max(1, words.tokens(len(words.all_text(body.get("input")))))
    written = max(1, words.tokens(len(words.all_text(item.get("content") or item["name"]))))
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
