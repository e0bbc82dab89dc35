"""The SDK's own types as the judge of a request body, in the vendor's words.

The SDK's parameter types are made into strict validators: what its types do not allow is refused
as the vendor would refuse it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from openai.types.image_input_reference_param import ImageInputReferenceParam
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json
from typing_extensions import TypedDict, get_type_hints

from providers.sandbox.openai import refusals
from providers.sandbox.refusal import Refusal
from providers.sandbox.strict_types import strict_validator

Judge = Callable[[bytes], dict[str, Any]]

# Beyond types: https://platform.openai.com/docs/api-reference/chat/create
_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "n": (1, 128),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
    "top_logprobs": (0, 20),
    "max_tokens": (1, 1_000_000),
    "max_completion_tokens": (1, 1_000_000),
    "max_output_tokens": (16, 1_000_000),
    "dimensions": (1, 8192),
}
_EXPECTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a decimal",
    "bool_type": "a boolean",
    "list_type": "an array",
    "dict_type": "an object",
    "none_required": "null",
}


def judge(params: Any, *, instead: Mapping[str, Any]) -> Judge:
    """A function from a raw body to the body, which raises what the vendor would answer.

    Fields named in `instead` have the type given there; null takes one away. Other fields that
    would be uploads are references to images.
    """
    validator = strict_validator(_for_json(params, instead))

    def check(raw: bytes) -> dict[str, Any]:
        try:
            body: dict[str, Any] = validator.validate_json(raw, strict=True)
        except ValidationError as error:
            raise _refusal(error.errors(include_url=False), raw) from None
        _check_ranges(body)
        return body

    return check


def _for_json(params: Any, instead: Mapping[str, Any]) -> Any:
    """The parameters as JSON has them, where the SDK's types describe a form with files."""
    fields = {**get_type_hints(params, include_extras=True), **instead}
    known = {
        name: ImageInputReferenceParam if "IO[bytes]" in str(kind) else kind
        for name, kind in fields.items()
        if kind is not None
    }
    # A form made at run time: the type checker cannot follow, pydantic can.
    return TypedDict(params.__name__, known, total=False)  # type: ignore[operator]


def _refusal(errors: Sequence[ErrorDetails], raw: bytes) -> Refusal:
    """Where a union had several complaints, those deepest in the body are the useful ones."""
    if errors[0]["type"] == "json_invalid":
        # What is nested too deep is valid JSON, but too much for the vendor too.
        return refusals.not_json()
    body = from_json(raw)
    located = [(_locate(error, body), error) for error in errors]
    (param, value), _ = max(located, key=lambda pair: pair[0][0].count(".") + pair[0][0].count("["))
    alike = [error for (path, _), error in located if path == param]
    kinds = {error["type"] for error in alike}
    if kinds & {"missing", "union_tag_not_found"}:
        return refusals.missing(param)
    if kinds == {"extra_forbidden"}:
        return refusals.unknown(param)
    if param == "stream" and value is True:
        return refusals.refusal(400, "Streaming is not supported in a batch.", param=param)
    supported = _supported(alike)
    if supported and isinstance(value, str):
        return refusals.wrong_value(param, value, supported=supported)
    return refusals.wrong_type(param, expected=_one_of(kinds), got=value)


def _locate(error: ErrorDetails, body: Any) -> tuple[str, Any]:
    """The path of an error in the vendor's notation, and the value found there.

    Pydantic mixes the names of union members into its path; those lead nowhere in the body.
    """
    path, value = "", body
    for step in error["loc"]:
        if isinstance(value, list) and isinstance(step, int):
            path, value = f"{path}[{step}]", value[step]
        elif isinstance(value, dict) and step in value:
            path, value = f"{path}.{step}", value[str(step)]
    match error["type"]:
        case "missing":
            path = f"{path}.{error['loc'][-1]}"
        case "union_tag_not_found":
            path = f"{path}.{_discriminator(error)}"
        case "union_tag_invalid":
            path, value = f"{path}.{_discriminator(error)}", error["ctx"]["tag"]
    return path.removeprefix("."), value


def _discriminator(error: ErrorDetails) -> str:
    name: str = error["ctx"]["discriminator"]
    return name.strip("'")


def _one_of(kinds: Iterable[str]) -> str:
    names = sorted({_EXPECTED[kind] for kind in kinds if kind in _EXPECTED})
    if len(names) < 2:
        return names[0] if names else "another value"
    return f"one of {', '.join(names[:-1])} or {names[-1]}"


def _supported(errors: Sequence[ErrorDetails]) -> list[str]:
    found: list[str] = []
    for error in errors:
        context = error.get("ctx", {})
        listed = context.get("expected_tags") or context.get("expected") or ""
        found += [word.strip(" '") for word in listed.replace(" or ", ", ").split(",")]
    return [word for word in found if word]


def _check_ranges(body: dict[str, Any]) -> None:
    for name in sorted(_RANGES.keys() & body.keys()):
        value, (least, most) = body[name], _RANGES[name]
        if isinstance(value, (int, float)) and not least <= value <= most:
            raise refusals.out_of_range(name, value, least=least, most=most)
    for name in ("messages", "input"):
        if body.get(name) == []:
            raise refusals.empty_array(name)
