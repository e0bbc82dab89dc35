"""Google's errors: one envelope, and the sentences that its servers use.

https://ai.google.dev/gemini-api/docs/troubleshooting
"""

from typing import Any

import msgspec

from providers.sandbox.refusal import Refusal

_TYPE = "type.googleapis.com/google.rpc."

# What a status means when nothing else is known of the error.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found."),
    409: ("ABORTED", "The operation was aborted."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    499: ("CANCELLED", "The operation was cancelled."),
    500: ("INTERNAL", "An internal error has occurred. Please retry."),
    501: ("UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled."),
    503: ("UNAVAILABLE", "The model is overloaded. Please try again later."),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}

# In the results of a batch an error is a google.rpc.Status, whose code is a number of its own:
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_RPC_CODES = {
    "CANCELLED": 1,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "UNIMPLEMENTED": 12,
    "INTERNAL": 13,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}


class Status(msgspec.Struct, omit_defaults=True):
    """A google.rpc.Status: why an operation or a record failed."""

    code: int
    message: str
    details: list[dict[str, Any]] = msgspec.field(default_factory=list)


def refusal(
    code: int,
    message: str,
    *,
    status: str | None = None,
    details: list[dict[str, Any]] | None = None,
) -> Refusal:
    error: dict[str, Any] = {
        "code": code,
        "message": message,
        "status": status or _usual(code)[0],
    }
    if details:
        error["details"] = details
    return Refusal(code, {"error": error})


def plain(code: int, message: str | None = None) -> Refusal:
    """An error of which only the HTTP status is known."""
    return refusal(code, message or _usual(code)[1])


def status_of(refused: Refusal) -> Status:
    """The same error in a result."""
    error = refused.body["error"]
    return Status(_RPC_CODES[error["status"]], error["message"], error.get("details", []))


def no_key() -> Refusal:
    return refusal(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). Please"
        " use API Key or other form of API consumer identity to call this API.",
    )


def wrong_key() -> Refusal:
    reason = {
        "@type": f"{_TYPE}ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    message = "API key not valid. Please pass a valid API key."
    return refusal(400, message, details=[reason])


def no_such_file(id: str) -> Refusal:
    message = f"You do not have permission to access the File {id} or it may not exist."
    return refusal(403, message)


def too_long_file_id(call: str) -> Refusal:
    """Said of the file of results, too: https://github.com/googleapis/python-genai/issues/1759"""
    message = (
        f"* {call}.name: File ID (name excluding 'files/') cannot be more than 40 characters.\n"
    )
    return refusal(400, message)


def taken_file_id(id: str) -> Refusal:
    return refusal(409, f"File {id} already exists.", status="ALREADY_EXISTS")


def inactive_file(id: str) -> Refusal:
    message = f"The File {id} is not in an ACTIVE state and usage is not allowed."
    return refusal(400, message, status="FAILED_PRECONDITION")


def no_such_batch() -> Refusal:
    return plain(404)


def unsupported_model(model: str, version: str, method: str) -> Refusal:
    message = (
        f"{model} is not found for API version {version}, or is not supported for {method}. Call"
        " ListModels to see the list of available models and their supported methods."
    )
    return refusal(404, message)


def no_json() -> Refusal:
    return refusal(400, "Invalid JSON payload received. Expected an object.")


def too_large(most: int) -> Refusal:
    return refusal(400, f"Request payload size exceeds the limit: {most} bytes.")


def unknown_query(name: str) -> Refusal:
    message = (
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. Field'
        f" '{name}' could not be found in request message."
    )
    return _bad_request("", message)


def unknown_name(path: str, name: str) -> Refusal:
    at = f" at '{path}'" if path else ""
    message = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
    return _bad_request(path, message)


def invalid_value(path: str, kind: str, value: object) -> Refusal:
    shown = msgspec.json.encode(value).decode()[:200]
    return _bad_request(path, f"Invalid value at '{path}' ({kind}), {shown}")


def rule_broken(path: str, what: str) -> Refusal:
    """What the service itself refuses, in the words of its validation."""
    return refusal(400, f"* {path}: {what}\n")


def _bad_request(path: str, message: str) -> Refusal:
    violation = {"field": path, "description": message} if path else {"description": message}
    details = [{"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]}]
    return refusal(400, message, details=details)


def _usual(code: int) -> tuple[str, str]:
    return _BY_STATUS.get(code) or _BY_STATUS[500 if code >= 500 else 400]
