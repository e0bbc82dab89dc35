"""What a response repeats of its request.

https://platform.openai.com/docs/api-reference/responses/object
"""

from typing import Any

import msgspec

from providers.records.shapes import Shape

# What is shown of a parameter that the request left out.
USUAL: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
_TOOL: dict[str, Any] = {
    "type": "function",
    "description": None,
    "parameters": None,
    "strict": None,
}
_NULL = msgspec.Raw(b"null")

Object = dict[str, msgspec.Raw]
_bodies: Shape[Object] = Shape(Object)
_objects: Shape[Object] = Shape(Object)
_tools: Shape[list[Object]] = Shape(list[Object], where="body.tools")


def echo(body: bytes) -> dict[str, Any]:
    """A request's parameters, as they were written."""
    given = _bodies.read(body)
    shown = dict(USUAL)
    for name in USUAL.keys() & given.keys():
        raw = given[name]
        if raw != _NULL:
            shown[name] = COMPLETED[name](raw) if name in COMPLETED else raw
    return shown


def _reasoning(raw: msgspec.Raw) -> dict[str, Any]:
    return {**USUAL["reasoning"], **_objects.read(raw)}


def _text(raw: msgspec.Raw) -> dict[str, Any]:
    return {**USUAL["text"], **_objects.read(raw)}


def _shown_tools(raw: msgspec.Raw) -> list[dict[str, Any]]:
    return [{**_TOOL, **tool} for tool in _tools.read(raw)]


COMPLETED = {"reasoning": _reasoning, "text": _text, "tools": _shown_tools}
