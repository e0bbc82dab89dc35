"""Google's own form of a schema as a JSON Schema: https://ai.google.dev/api/caching#Schema"""

from typing import Any


def json_schema(schema: dict[str, Any] | None) -> dict[str, Any]:
    """The parts of it that a sample is made of."""
    if not schema:
        return {}
    made = {name: value for name, value in schema.items() if value is not None}
    if "type" in made:
        made["type"] = made["type"].lower()
    if "properties" in made:
        made["properties"] = {
            name: json_schema(inner) for name, inner in made["properties"].items()
        }
    if "items" in made:
        made["items"] = json_schema(made["items"])
    if "anyOf" in made:
        made["anyOf"] = [json_schema(inner) for inner in made["anyOf"]]
    return made
