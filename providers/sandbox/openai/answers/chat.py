"""Chat completions: https://platform.openai.com/docs/api-reference/chat/object"""

from typing import Any

import msgspec

from providers.sandbox import words
from providers.sandbox.directives import Directives
from providers.sandbox.openai.answers.usage import chat_usage
from providers.sandbox.schema_samples import sample


def answer(body: dict[str, Any], order: Directives, digest: str) -> dict[str, Any]:
    message, finish = _message(body, order, digest)
    written = words.tokens(len(message["content"] or "") or len(str(message)))
    read = sum(len(words.join_texts(item.get("content"))) for item in body["messages"])
    choices = [
        {
            "index": index,
            "message": message,
            "logprobs": _logprobs(message) if body.get("logprobs") else None,
            "finish_reason": order.finish or finish,
        }
        for index in range(body.get("n") or 1)
    ]
    return {
        "id": f"chatcmpl-{digest}",
        "object": "chat.completion",
        "created": words.CREATED,
        "model": body["model"],
        "choices": choices,
        "usage": chat_usage(max(1, words.tokens(read)), written * len(choices)),
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
    }


def _message(body: dict[str, Any], order: Directives, digest: str) -> tuple[dict[str, Any], str]:
    """The message and its finish reason."""
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    if order.refusal:
        return {**message, "refusal": words.REFUSAL}, "stop"
    message["annotations"] = []
    called = _legacy_call(body)
    if called is not None:
        return {**message, "function_call": called}, "function_call"
    tool = _tool_to_call(body, order)
    if tool is not None:
        # A named choice ends with "stop", a required one with "tool_calls", as at the vendor.
        finish = "stop" if isinstance(body.get("tool_choice"), dict) else "tool_calls"
        return {**message, "tool_calls": [_call(tool, digest)]}, finish
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    text, is_cut = words.shorten(_text(body, order), most)
    return {**message, "content": text}, "length" if is_cut else "stop"


def _text(body: dict[str, Any], order: Directives) -> str:
    text = words.reply(order, _last_user_text(body["messages"]))
    asked = body.get("response_format") or {}
    match asked.get("type"):
        case "json_schema":
            value = sample(asked["json_schema"].get("schema", {}))
            return msgspec.json.encode(value).decode()
        case "json_object":
            return msgspec.json.encode({"answer": text}).decode()
        case _:
            return text


def _last_user_text(messages: list[dict[str, Any]]) -> str:
    for message in reversed(messages):
        if message["role"] == "user":
            return words.join_texts(message["content"])
    return ""


def _tool_to_call(body: dict[str, Any], order: Directives) -> dict[str, Any] | None:
    tools: list[dict[str, Any]] = body.get("tools") or []
    match body.get("tool_choice"):
        case {"type": "function" | "custom" as kind}:
            name = body["tool_choice"][kind]["name"]
            known = [tool for tool in tools if tool.get(kind, {}).get("name") == name]
            return known[0] if known else {"type": kind, kind: {"name": name}}
        case "required" | {"type": "allowed_tools", "allowed_tools": {"mode": "required"}}:
            return tools[0] if tools else None
        case _:
            return tools[0] if tools and order.tool else None


def _call(tool: dict[str, Any], digest: str) -> dict[str, Any]:
    id = f"call_{digest[:24]}"
    if tool["type"] == "custom":
        custom = {"name": tool["custom"]["name"], "input": "sandbox"}
        return {"id": id, "type": "custom", "custom": custom}
    return {"id": id, "type": "function", "function": _function_call(tool["function"])}


def _legacy_call(body: dict[str, Any]) -> dict[str, Any] | None:
    match body.get("function_call"):
        case {"name": name}:
            known = [item for item in body.get("functions", ()) if item["name"] == name]
            return _function_call(known[0] if known else {"name": name})
        case _:
            return None


def _function_call(function: dict[str, Any]) -> dict[str, Any]:
    arguments = sample(function.get("parameters", {}))
    return {"name": function["name"], "arguments": msgspec.json.encode(arguments).decode()}


def _logprobs(message: dict[str, Any]) -> dict[str, Any]:
    text = message["content"] or ""
    token = {"token": text, "bytes": list(text.encode()), "logprob": -0.01, "top_logprobs": []}
    return {"content": [token], "refusal": None}
