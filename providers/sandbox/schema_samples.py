"""The smallest value that a JSON schema allows, for structured outputs and tool calls.

Types, `enum`, `const`, `$ref`, `required` and minimums are obeyed; patterns and formats are not.
"""

from typing import Any

_DEEPEST = 20
_LONGEST = 1000

Schema = dict[str, Any]


def sample(schema: Any, *, root: Any = None, depth: int = 0) -> Any:
    """A value that `schema` accepts; a schema that says nothing accepts an empty object."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return {}
    if "const" in schema:
        return schema["const"]
    if schema.get("enum") and isinstance(schema["enum"], list):
        return schema["enum"][0]
    inner = _inner(schema, root)
    if inner is not None:
        return sample(inner, root=root, depth=depth + 1)
    return _typed_sample(schema, root, depth)


def _inner(schema: Schema, root: Any) -> Any:
    """The schema that this one only points at, if it does."""
    if isinstance(schema.get("$ref"), str):
        return _resolve(schema["$ref"], root)
    for union in ("anyOf", "oneOf", "allOf"):
        members = schema.get(union)
        if isinstance(members, list) and members:
            return members[0]
    return None


def _typed_sample(schema: Schema, root: Any, depth: int) -> Any:
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = kind[0] if kind else "object"
    match kind:
        case "array":
            item = sample(schema.get("items"), root=root, depth=depth + 1)
            return [item] * _minimum(schema, "minItems", 0)
        case "string":
            return "sandbox".ljust(_minimum(schema, "minLength", 0), ".")
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _object_sample(schema, root, depth)


def _object_sample(schema: Schema, root: Any, depth: int) -> Schema:
    properties, required = schema.get("properties"), schema.get("required")
    known = properties if isinstance(properties, dict) else {}
    names = required if isinstance(required, list) else []
    return {
        name: sample(known.get(name), root=root, depth=depth + 1)
        for name in names
        if isinstance(name, str)
    }


def _minimum(schema: Schema, name: str, usual: int) -> int:
    value = schema.get(name, usual)
    return min(value, _LONGEST) if isinstance(value, int) else usual


def _resolve(reference: str, root: Any) -> Any:
    target = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            target = target.get(part, {}) if isinstance(target, dict) else {}
    return target
