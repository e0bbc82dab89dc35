"""Schemas in Google's words and in those of JSON Schema, and what structured output takes of them."""

from functools import lru_cache
from typing import Any

import msgspec

from providers.records import Losses, MalformedRecordError, UnsupportedFeatureError
from providers.records.schemas import Schema, every, read, rewritten

# https://ai.google.dev/api/caching#Schema; additionalProperties, defs and ref are of Google's SDK
FIELDS = frozenset(
    {"type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems"}
    | {"properties", "required", "minProperties", "maxProperties", "minLength", "maxLength"}
    | {"pattern", "example", "anyOf", "propertyOrdering", "default", "minimum", "maximum"}
    | {"additionalProperties", "defs", "ref", "$defs", "$ref"}
)
WHOLE = ("minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength")
RENAMED = {"defs": "$defs", "ref": "$ref"}

# https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
OUTPUT_KEYWORDS = frozenset(
    {"$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items"}
    | {"prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties"}
    | {"additionalProperties", "required", "propertyOrdering"}
)
SAYS_NOTHING = frozenset(
    {"$schema", "$comment", "default", "examples", "deprecated", "readOnly", "writeOnly"}
)

_encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=256)
def json_schema_of(raw: bytes, where: str) -> msgspec.Raw:
    """The JSON Schema of a schema in Google's words.

    Raises MalformedRecordError, and UnsupportedFeatureError for a keyword that Google does not document.
    """
    schema = read(raw, where)
    for path, inner in every({RENAMED.get(key, key): value for key, value in schema.items()}):
        unknown = inner.keys() - FIELDS
        if unknown:
            named = ".".join(filter(None, (where, path, min(unknown))))
            raise UnsupportedFeatureError(
                f"{named} is no keyword of Google's Schema, so it cannot be translated. "
                "Remove it, or say the schema as JSON Schema.",
                code="unknown_field",
                param=named,
            )
    return msgspec.Raw(_encode(rewritten(schema, lambda inner: _json_schema(inner, where))))


def _json_schema(google: Schema, where: str) -> Schema:
    schema = {RENAMED.get(key, key): value for key, value in google.items()}
    if isinstance(schema.get("$ref"), str):
        schema["$ref"] = schema["$ref"].replace("#/defs/", "#/$defs/", 1)
    for key in WHOLE:
        if key in schema:
            schema[key] = _whole(schema[key], f"{where}.{key}")
    if "example" in schema:
        schema["examples"] = [schema.pop("example")]
    if schema.get("format") == "enum":  # Google's own, and said by `enum` itself
        del schema["format"]
    _order(schema, schema.pop("propertyOrdering", None))
    _type(schema, schema.pop("type", None), nullable=schema.pop("nullable", None) is True)
    return schema


def _whole(value: Any, where: str) -> int:
    """A number, which Google's JSON may write as a string."""
    try:
        return msgspec.convert(value, int, strict=False)
    except msgspec.ValidationError:
        raise MalformedRecordError(
            f"{where} is no whole number.", code="invalid_value", param=where
        ) from None


def _order(schema: Schema, order: Any) -> None:
    properties = schema.get("properties")
    if isinstance(order, list) and isinstance(properties, dict):
        rank = {name: number for number, name in enumerate(order) if isinstance(name, str)}
        schema["properties"] = dict(
            sorted(properties.items(), key=lambda item: rank.get(item[0], len(rank)))
        )


def _type(schema: Schema, type: Any, *, nullable: bool) -> None:
    if isinstance(type, str) and type != "TYPE_UNSPECIFIED":
        schema["type"] = type.lower()
    elif isinstance(type, list):
        schema["type"] = [each.lower() if isinstance(each, str) else each for each in type]
    if not nullable:
        return
    if isinstance(schema.get("enum"), list):
        schema["enum"] = [*schema["enum"], None]
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    elif isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]


def output_schema(raw: msgspec.Raw, losses: Losses) -> msgspec.Raw:
    """The schema of an answer. What Gemini's structured output would pass over in silence is refused."""
    schema, unknown = _output_schema(bytes(raw))
    if unknown:
        losses.refuse(
            "output",
            f"its structured output does not take {unknown} of the schema. Remove it there.",
        )
    return schema


@lru_cache(maxsize=256)
def _output_schema(raw: bytes) -> tuple[msgspec.Raw, str]:
    schema = read(raw, "schema")
    if b'"const"' in raw:
        schema = rewritten(schema, _without_const)
        raw = _encode(schema)
    for path, inner in every(schema):
        unknown = inner.keys() - OUTPUT_KEYWORDS - SAYS_NOTHING
        if unknown:
            return msgspec.Raw(raw), ".".join(filter(None, (path, min(unknown))))
    return msgspec.Raw(raw), ""


def _without_const(schema: Schema) -> Schema:
    if isinstance(schema.get("const"), str | int | float):
        schema["enum"] = [schema.pop("const")]
    return schema
