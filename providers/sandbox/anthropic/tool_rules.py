"""What Anthropic insists on in tools and schemas.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import re
from typing import Any

from providers.sandbox.anthropic import refusals

_NAME = "^[a-zA-Z0-9_-]{1,128}$"
_DEEPEST = 50


def check_tools(params: dict[str, Any]) -> None:
    if not params.keys() & {"tools", "tool_choice"}:
        return
    tools = params.get("tools", [])
    for index, tool in enumerate(tools):
        if "input_schema" in tool:
            _check_tool(tool, f"tools.{index}.custom")
    names = [tool["name"] for tool in tools if "name" in tool]
    if len(set(names)) < len(names):
        raise refusals.invalid("tools: Tool names must be unique.")
    _check_choice(params.get("tool_choice") or {"type": "auto"}, names, has_tools=bool(tools))


def _check_tool(tool: dict[str, Any], path: str) -> None:
    if not re.fullmatch(_NAME, tool["name"]):
        raise refusals.invalid(f"{path}.name: String should match pattern '{_NAME}'")
    schema = tool["input_schema"]
    if "type" not in schema:
        raise refusals.invalid(f"{path}.input_schema.type: Field required")
    if schema["type"] != "object":
        raise refusals.invalid(f"{path}.input_schema.type: Input should be 'object'")
    if tool.get("strict"):
        _check_closed(schema, path)


def _check_choice(choice: dict[str, Any], names: list[str], *, has_tools: bool) -> None:
    if choice["type"] in ("any", "tool") and not has_tools:
        raise refusals.invalid(
            f"tool_choice.{choice['type']}: tool_choice may only be specified while providing tools"
        )
    if choice["type"] == "tool" and choice["name"] not in names:
        raise refusals.invalid(f"Tool '{choice['name']}' not found in provided tools")


def check_output_schema(params: dict[str, Any]) -> None:
    asked = (params.get("output_config") or {}).get("format")
    if asked:
        _check_closed(asked["schema"], "output_config.format.schema")


def _check_closed(schema: Any, path: str, depth: int = 0) -> None:
    """Where the vendor guarantees a schema, every object in it must be closed."""
    if isinstance(schema, list):
        for item in schema:
            _check_closed(item, path, depth + 1)
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise refusals.invalid(
            f"{path}: For 'object' type, 'additionalProperties' must be explicitly set to false"
        )
    for name in ("items", "anyOf", "allOf"):
        _check_closed(schema.get(name), path, depth + 1)
    for name in ("properties", "$defs", "definitions"):
        inner = schema.get(name)
        if isinstance(inner, dict):
            _check_closed(list(inner.values()), path, depth + 1)
