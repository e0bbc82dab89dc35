"""An SDK's parameter types, which help a caller, made into validators that insist as a server does.

Lists are `Iterable` in the SDKs, which pydantic would check only when they are read, and unions
of objects are told apart by `role` or `type`, as the vendors do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

Node = dict[str, Any]


def strict_validator(params: Any, *, is_closed: bool = False) -> SchemaValidator:
    """The body may have no unknown parameters; if it is closed, nor may what lies deeper in it."""
    adapter: TypeAdapter[Any] = TypeAdapter(params)
    return SchemaValidator(_Rewriter(adapter.core_schema, is_closed=is_closed).rewritten())


class _Rewriter:
    def __init__(self, schema: Any, *, is_closed: bool) -> None:
        self._schema = schema
        self._is_closed = is_closed
        self._named = {
            definition["ref"]: definition
            for definition in schema.get("definitions", ())
            if "ref" in definition
        }

    def rewritten(self) -> Any:
        schema = self._rewrite(self._schema)
        body = schema["schema"] if schema["type"] == "definitions" else schema
        body["extra_behavior"] = "forbid"
        return schema

    def _rewrite(self, node: Any) -> Any:
        if isinstance(node, (list, tuple)):
            return [self._rewrite(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {name: self._rewrite(value) for name, value in node.items()}
        match node.get("type"):
            case "generator":
                return {**node, "type": "list"}
            case "typed-dict" if self._is_closed and not _is_open(node):
                return {**node, "extra_behavior": "forbid"}
            case "union":
                return self._tagged({**node, "choices": self._sendable(node["choices"])})
        return node

    def _sendable(self, choices: Sequence[Any]) -> Sequence[Any]:
        """Without the SDK's classes for answers, which it takes in requests for comfort."""
        return [choice for choice in choices if not self._is_answer(choice)] or choices

    def _is_answer(self, choice: Any) -> bool:
        found = self._resolve(choice)
        inner = found.get("choices", ())
        if isinstance(inner, dict):
            inner = list(inner.values())
        return found.get("type") == "model" or (bool(inner) and all(map(self._is_answer, inner)))

    def _tagged(self, union: Node) -> Node:
        for tag in ("role", "type"):
            choices: Node = {}
            defaults: list[str] = []
            for choice in union["choices"]:
                values, is_required = self._tag_values(choice, tag)
                choices |= dict.fromkeys(values, choice)
                defaults += [] if is_required else values
            if len(defaults) <= 1 and self._all_tagged(union, tag):
                discriminator = _with_default(tag, defaults[0]) if defaults else tag
                return {"type": "tagged-union", "discriminator": discriminator, "choices": choices}
        return union

    def _all_tagged(self, union: Node, tag: str) -> bool:
        found = [self._tag_values(choice, tag)[0] for choice in union["choices"]]
        values = [value for values in found for value in values]
        return len(values) == len(set(values)) and all(found)

    def _tag_values(self, choice: Any, tag: str) -> tuple[Sequence[str], bool]:
        """The values of a tag that mean this choice, and whether there must be one."""
        found = self._resolve(choice)
        field = found.get("fields", {}).get(tag, {}) if found.get("type") == "typed-dict" else {}
        literal = field.get("schema", {})
        if literal.get("type") == "nullable":
            literal = literal["schema"]
        if literal.get("type") != "literal":
            return (), True
        return literal["expected"], bool(field.get("required"))

    def _resolve(self, choice: Any) -> Node:
        if not isinstance(choice, dict):
            return {}
        found: Node = self._named.get(choice.get("schema_ref"), choice)
        return found


def _is_open(node: Mapping[str, Any]) -> bool:
    config = node.get("config", {})
    return "allow" in (node.get("extra_behavior"), config.get("extra_fields_behavior"))


def _with_default(tag: str, default: str) -> Callable[[Any], Any]:
    """Only one choice need not say its tag, so what says none is that."""

    def discriminate(value: Any) -> Any:
        return (value.get(tag) or default) if isinstance(value, dict) else default

    return discriminate
