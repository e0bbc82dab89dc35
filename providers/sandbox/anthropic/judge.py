"""The SDK's own types as the judge of a request's parameters, in the vendor's words.

The vendor checks with pydantic too and says what pydantic says, so there is little to translate.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from anthropic.types.beta.message_create_params import (
    MessageCreateParamsNonStreaming as BetaParams,
)
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as Params
from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json
from typing_extensions import TypedDict, get_type_hints

from providers.sandbox.anthropic import refusals
from providers.sandbox.anthropic.access import BEFORE_SAMPLING_WENT
from providers.sandbox.anthropic.rules import check_rules
from providers.sandbox.refusal import Refusal
from providers.sandbox.strict_types import strict_validator

Judge = Callable[[bytes], dict[str, Any]]

# In the SDK's types, but headers on the wire, or not for batches.
# https://platform.claude.com/docs/en/build-with-claude/batch-processing
_NOT_HERE = frozenset({"betas", "workspace_id", "speed", "thread"})
# Gone from the SDK's types since version 2026-10-21.
_SAMPLING = {"temperature": float, "top_p": float, "top_k": int}


@cache
def judge(version: str, *, has_betas: bool) -> Judge:
    """A function from raw parameters to parameters, which raises what the vendor would answer."""
    hints = get_type_hints(BetaParams if has_betas else Params, include_extras=True)
    known = {name: kind for name, kind in hints.items() if name not in _NOT_HERE}
    if version == BEFORE_SAMPLING_WENT:
        known |= _SAMPLING
    # A form made at run time: the type checker cannot follow, pydantic can.
    form = TypedDict("Params", known, total=False)  # type: ignore[misc]
    validator = strict_validator(form, is_closed=True)

    def check(raw: bytes) -> dict[str, Any]:
        try:
            params: dict[str, Any] = validator.validate_json(raw, strict=True)
        except ValidationError as error:
            raise _refusal(error.errors(include_url=False), raw) from None
        check_rules(params, version)
        return params

    return check


def _refusal(errors: list[ErrorDetails], raw: bytes) -> Refusal:
    """Where a union had several complaints, those deepest in the parameters are the useful ones."""
    if errors[0]["type"] == "json_invalid":
        return refusals.invalid("The request body is not valid JSON")
    params = from_json(raw)
    located = [(_steps(error, params), error) for error in errors]
    steps, error = max(located, key=lambda pair: len(pair[0]))
    return refusals.invalid(f"{'.'.join(steps)}: {_words(error)}")


def _steps(error: ErrorDetails, params: Any) -> list[str]:
    """The way to an error, with the types of blocks in it, as the vendor has them too.

    Pydantic mixes the names of other union members into it; those lead nowhere.
    """
    steps, value, kind = [], params, None
    for step in error["loc"][: -1 if error["type"] == "missing" else None]:
        if isinstance(value, dict) and kind is None and step == value.get("type", "custom"):
            kind = step
        elif isinstance(value, list) and isinstance(step, int):
            value, kind = value[step], None
        elif isinstance(value, dict) and step in value:
            value, kind = value[str(step)], None
        else:
            continue
        steps.append(str(step))
    match error["type"]:
        case "missing":
            steps.append(str(error["loc"][-1]))
        case "union_tag_not_found":
            steps.append(_discriminator(error))
        case "union_tag_invalid" if _discriminator(error) == "role":
            steps.append("role")
    return steps


def _words(error: ErrorDetails) -> str:
    match error["type"]:
        case "union_tag_not_found":
            return "Field required"
        case "union_tag_invalid" if _discriminator(error) == "role":
            return f"Input should be {error['ctx']['expected_tags']}"
        case "list_type":
            return "Input should be a valid list"
        case "dict_type":
            return "Input should be a valid dictionary"
        case _:
            return error["msg"]


def _discriminator(error: ErrorDetails) -> str:
    name: str = error["ctx"]["discriminator"]
    return name.strip("'")
