"""The judge of a request: first the message itself, then what the service makes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails, SchemaValidator, from_json

from providers.sandbox.gemini import refusals
from providers.sandbox.refusal import Refusal

_KINDS = {
    "string_type": "TYPE_STRING",
    "string_pattern_mismatch": "TYPE_BYTES",
    "bool_type": "TYPE_BOOL",
    "float_type": "TYPE_FLOAT",
    "int_type": "TYPE_INT32",
    "literal_error": "TYPE_ENUM",
    "list_type": "TYPE_MESSAGE",
    "dict_type": "TYPE_MESSAGE",
}


@dataclass(frozen=True, slots=True)
class Judge:
    """`rules` are checked once the message is one."""

    validator: SchemaValidator
    rules: Callable[[dict[str, Any], str], None]

    def __call__(self, raw: bytes, *, model: str) -> dict[str, Any]:
        """The request with camelCase names; raises what Google would answer."""
        try:
            body: dict[str, Any] = self.validator.validate_json(raw)
        except ValidationError as error:
            raise _refusal(error.errors(include_url=False), raw) from None
        named = body.get("model")
        if named and named.removeprefix("models/") != model.removeprefix("models/"):
            message = "The model of a request must be the model of its batch."
            raise refusals.rule_broken("GenerateContentRequest.model", message)
        self.rules(body, model)
        return body


def _refusal(errors: Sequence[ErrorDetails], raw: bytes) -> Refusal:
    """Where a union had several complaints, the one deepest in the body is the useful one."""
    if errors[0]["type"] in ("json_invalid", "recursion_loop"):
        return refusals.no_json()
    body = from_json(raw)
    if not isinstance(body, dict):
        return refusals.no_json()
    located = [(_locate(error, body), error) for error in errors]
    (steps, value), error = max(located, key=lambda pair: len(pair[0][0]))
    if error["type"] == "extra_forbidden":
        return refusals.unknown_name(_path(steps[:-1]), str(steps[-1]))
    kind = _KINDS.get(error["type"], "TYPE_MESSAGE")
    return refusals.invalid_value(_path(steps), kind, value)


def _locate(error: ErrorDetails, body: Any) -> tuple[list[str | int], Any]:
    """The path of an error in the body, and the value found there.

    Pydantic mixes the names of union members into its path; those lead nowhere in the body.
    """
    steps: list[str | int] = []
    value = body
    for step in error["loc"]:
        if isinstance(value, list) and isinstance(step, int):
            steps.append(step)
            value = value[step]
        elif isinstance(value, dict) and step in value:
            steps.append(step)
            value = value[str(step)]
    return steps, value


def _path(steps: Sequence[str | int]) -> str:
    """In Google's notation: `tools[0].function_declarations[1]`."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{to_snake(step)}"
    return path.removeprefix(".")
