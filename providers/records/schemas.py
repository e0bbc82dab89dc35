"""JSON Schemas: finding what a vendor does not take, and rewriting for those who want it said otherwise."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from providers.records.errors import NO_JSON, MalformedRecordError

Schema = dict[str, Any]

# https://json-schema.org/draft/2020-12/schema
OF_SCHEMA = frozenset(
    {"items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
OF_SCHEMAS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
OF_NAMED_SCHEMAS = frozenset(
    {"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"}
)
_decoder = msgspec.json.Decoder(Any)


def read(raw: bytes, where: str) -> Schema:
    """Raises MalformedRecordError if it is no JSON object."""
    try:
        schema = _decoder.decode(raw)
    except NO_JSON:
        schema = None
    if not isinstance(schema, dict):
        raise MalformedRecordError(
            f"{where} is no JSON Schema object.", code="invalid_value", param=where
        )
    return schema


def rewritten(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """A copy in which every schema, the innermost first, is what `change` returns for it.

    Raises MalformedRecordError where schemas are nested more deeply than Python can follow.
    """
    try:
        changed: Schema = _rewritten(schema, change)
    except RecursionError:
        raise MalformedRecordError(
            "A JSON Schema is nested too deeply.", code="invalid_value"
        ) from None
    return changed


def _rewritten(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    if not isinstance(schema, dict):
        return schema
    copy = {}
    for key, value in schema.items():
        if key in OF_SCHEMA:
            copy[key] = _rewritten(value, change)
        elif key in OF_SCHEMAS and isinstance(value, list):
            copy[key] = [_rewritten(inner, change) for inner in value]
        elif key in OF_NAMED_SCHEMAS and isinstance(value, dict):
            copy[key] = {name: _rewritten(inner, change) for name, inner in value.items()}
        else:
            copy[key] = value
    return change(copy)


def every(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema inside a schema, and itself, each with its path: "properties.name.items"."""
    waiting: list[tuple[str, Any]] = [(path, schema)]
    while waiting:
        at, inner = waiting.pop()
        if not isinstance(inner, dict):
            continue
        yield at, inner
        for key, value in inner.items():
            here = f"{at}.{key}" if at else key
            if key in OF_SCHEMA:
                waiting.append((here, value))
            elif key in OF_SCHEMAS and isinstance(value, list):
                waiting.extend((f"{here}[{number}]", each) for number, each in enumerate(value))
            elif key in OF_NAMED_SCHEMAS and isinstance(value, dict):
                waiting.extend((f"{here}.{name}", each) for name, each in value.items())
