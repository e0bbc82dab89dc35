"""OpenAI's errors: one envelope, and the sentences the vendor uses.

https://platform.openai.com/docs/guides/error-codes
"""

from collections.abc import Sequence
from typing import Any

from providers.sandbox.refusal import Refusal

# What a status means when nothing else is known of the error: type, code, message.
_BY_STATUS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request was refused by the sandbox."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "permission_denied", "You have no access to this resource."),
    404: ("invalid_request_error", "not_found", "The requested resource was not found."),
    408: ("server_error", "timeout", "The request timed out."),
    409: ("invalid_request_error", "conflict", "The resource was changed by another request."),
    413: ("invalid_request_error", None, "The request is too large."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", None, "The server had an error while processing your request."),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}

_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def envelope(
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def refusal(
    status: int, message: str, *, param: str | None = None, code: str | None = None
) -> Refusal:
    return Refusal(status, envelope(message, param=param, code=code))


def plain(status: int, message: str | None = None) -> Refusal:
    """An error of which only the HTTP status is known."""
    kind, code, usual = _BY_STATUS.get(status) or _BY_STATUS[500 if status >= 500 else 400]
    return Refusal(status, envelope(message or usual, kind=kind, code=code))


def no_key() -> Refusal:
    return refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization"
        " header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    )


def wrong_key() -> Refusal:
    return refusal(401, "Incorrect API key provided.", code="invalid_api_key")


def no_such_file(id: str) -> Refusal:
    return refusal(404, f"No such File object: {id}", param="id")


def no_such_batch(id: str) -> Refusal:
    return refusal(404, f"No batch found with id '{id}'.")


def unknown_url(method: str, path: str) -> Refusal:
    return refusal(404, f"Invalid URL ({method} {path})")


def not_json() -> Refusal:
    return refusal(400, "We could not parse the JSON body of your request.")


def missing(param: str) -> Refusal:
    message = f"Missing required parameter: '{param}'."
    return refusal(400, message, param=param, code="missing_required_parameter")


def unknown(param: str) -> Refusal:
    return refusal(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")


def wrong_type(param: str, *, expected: str, got: object) -> Refusal:
    got_name = _NAMES.get(type(got), type(got).__name__)
    message = f"Invalid type for '{param}': expected {expected}, but got {got_name} instead."
    return refusal(400, message, param=param, code="invalid_type")


def wrong_value(param: str, value: object, *, supported: Sequence[str]) -> Refusal:
    message = f"Invalid value: '{value}'. Supported values are: {_in_words(supported)}."
    return refusal(400, message, param=param, code="invalid_value")


def out_of_range(param: str, value: float, *, least: float, most: float) -> Refusal:
    kind = "integer" if isinstance(value, int) else "decimal"
    side, code, sign, bound = (
        ("below minimum", "below_min", ">=", least)
        if value < least
        else ("above maximum", "above_max", "<=", most)
    )
    message = (
        f"Invalid '{param}': {kind} {side} value."
        f" Expected a value {sign} {bound:g}, but got {value} instead."
    )
    return refusal(400, message, param=param, code=f"{kind}_{code}_value")


def too_long(param: str, *, most: int, got: int) -> Refusal:
    message = (
        f"Invalid '{param}': string too long. Expected a string with maximum length {most},"
        f" but got a string with length {got} instead."
    )
    return refusal(400, message, param=param, code="string_above_max_length")


def empty_array(param: str) -> Refusal:
    message = (
        f"Invalid '{param}': empty array. Expected an array with minimum length 1,"
        " but got an empty array instead."
    )
    return refusal(400, message, param=param, code="empty_array")


def too_many_properties(param: str, *, most: int, got: int) -> Refusal:
    message = (
        f"Invalid '{param}': too many properties. Expected an object with at most {most}"
        f" properties, but got an object with {got} properties instead."
    )
    return refusal(400, message, param=param, code="object_above_max_properties")


def _in_words(values: Sequence[str]) -> str:
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
