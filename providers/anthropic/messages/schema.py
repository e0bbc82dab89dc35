"""What Anthropic's structured outputs take of JSON Schema, and what it wants said.

https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
"""

from functools import lru_cache
from typing import Any

import msgspec

from providers.records import schemas
from providers.records.schemas import Schema

KEYWORDS = frozenset(
    {"type", "enum", "const", "anyOf", "allOf", "$ref", "$defs", "definitions"}
    | {"properties", "required", "additionalProperties", "items", "minItems", "pattern", "format"}
    | {"title", "description", "default"}
)
SILENT = frozenset({"$schema", "$comment"})
"""They say nothing about a value, and are left out."""

FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_encoder = msgspec.json.Encoder()


class Narrowed(msgspec.Struct, frozen=True):
    """The schema as Anthropic takes it, or else why it does not."""

    schema: msgspec.Raw
    fault: str = ""


@lru_cache(maxsize=64)
def narrowed(raw: bytes, where: str) -> Narrowed:
    """Objects get `additionalProperties: false`, which Anthropic demands: what fits then fitted before.

    Raises MalformedRecordError if it is no schema.
    """
    schema = schemas.read(raw, where)
    for path, inner in schemas.every(schema):
        fault = _fault(inner)
        if fault:
            return Narrowed(msgspec.Raw(), f"{fault}, at {path}" if path else fault)
    new = schemas.rewritten(schema, _closed)
    return Narrowed(msgspec.Raw(raw if new == schema else _encoder.encode(new)))


def _fault(schema: Schema) -> str:
    unknown = [keyword for keyword in schema if keyword not in KEYWORDS | SILENT]
    if unknown:
        return f"{unknown[0]!r}"
    if schema.get("additionalProperties") not in (None, False):
        return "'additionalProperties' other than false"
    if schema.get("minItems") not in (None, 0, 1):
        return "'minItems' above 1"
    written: Any = schema.get("format")
    if written is not None and (not isinstance(written, str) or written not in FORMATS):
        return f"the format {written!r}"
    return ""


def _closed(schema: Schema) -> Schema:
    kept = {keyword: value for keyword, value in schema.items() if keyword not in SILENT}
    kind = kept.get("type")
    is_object = kind == "object" or (isinstance(kind, list) and "object" in kind)
    if is_object or "properties" in kept:
        return {**kept, "additionalProperties": False}
    return kept
