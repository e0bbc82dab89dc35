"""Anthropic's errors: one envelope, and the sentences the vendor uses.

https://platform.claude.com/docs/en/api/errors
"""

from typing import Any

from providers.sandbox.refusal import Refusal

# What a status means when nothing else is known of the error: type, message.
_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("invalid_request_error", "The request was refused by the sandbox."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
    403: ("permission_error", "Your API key does not have permission to use this resource."),
    404: ("not_found_error", "Not found"),
    409: ("conflict_error", "The resource was changed by another request."),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request timed out."),
    529: ("overloaded_error", "Overloaded"),
}


def envelope(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def signed(refusal: Refusal, request_id: str) -> dict[str, Any]:
    return {**refusal.body, "request_id": request_id}


def plain(status: int, message: str | None = None) -> Refusal:
    """An error of which only the HTTP status is known."""
    kind, usual = _BY_STATUS.get(status) or _BY_STATUS[500 if status >= 500 else 400]
    return Refusal(status, envelope(kind, message or usual))


def of_request(status: int) -> Refusal:
    """An error in a result, where the vendor knows fewer kinds than in an answer."""
    return plain(status) if status not in (409, 413) else plain(400, _BY_STATUS[status][1])


def invalid(message: str) -> Refusal:
    return plain(400, message)


def unknown(param: str) -> Refusal:
    return invalid(f"{param}: Extra inputs are not permitted")


def no_such_batch(id: str) -> Refusal:
    return plain(404, f"Message batch {id!r} not found.")


def not_downloadable(id: str) -> Refusal:
    refusal = invalid(f"File {id} is not downloadable")
    refusal.body["error"]["details"] = {"error_code": "file_not_downloadable"}
    return refusal


def no_such_file(id: str) -> Refusal:
    return plain(404, f"File not found: {id}")
