"""The smallest value that a JSON schema allows, for structured outputs and tool calls."""

from typing import Any

_SAMPLES: dict[str, Any] = {
    "string": "sandbox",
    "number": 0.5,
    "boolean": True,
    "null": None,
}


def sample(schema: Any, *, root: Any = None) -> Any:
    """A value that `schema` accepts; a schema that says nothing accepts an empty object."""
    root = schema if root is None else root
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        return sample(_resolve(schema["$ref"], root), root=root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for union in ("anyOf", "oneOf", "allOf"):
        if schema.get(union):
            return sample(schema[union][0], root=root)
    return _typed_sample(schema, root)


def _typed_sample(schema: dict[str, Any], root: Any) -> Any:
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0] if kind else "object"
    match kind:
        case "object":
            properties = schema.get("properties", {})
            required = schema.get("required", [])
            return {name: sample(properties.get(name, {}), root=root) for name in required}
        case "array":
            return [sample(schema.get("items", {}), root=root)] * schema.get("minItems", 0)
        case "integer":
            return schema.get("minimum", 1)
        case "string":
            return _SAMPLES["string"].ljust(schema.get("minLength", 0), ".")
        case _:
            return _SAMPLES.get(kind, {})


def _resolve(reference: str, root: Any) -> Any:
    target = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            target = target.get(part, {}) if isinstance(target, dict) else {}
    return target
