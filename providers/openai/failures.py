"""Why a record has no answer, in OpenAI's words and back.

A provider's refusal is a response with a status; one that never ran has an error and no response:
https://platform.openai.com/docs/api-reference/batch/request-output
"""

from typing import Any, NamedTuple

import msgspec

from providers.records import Failure, FailureKind
from providers.records.errors import NO_JSON
from providers.records.rules import Rendered


class Refused(NamedTuple):
    """How OpenAI says it over HTTP. https://platform.openai.com/docs/guides/error-codes"""

    status: int
    type: str
    code: str


REFUSED: dict[FailureKind, Refused] = {
    "invalid_request": Refused(400, "invalid_request_error", "invalid_request"),
    "content_refused": Refused(400, "invalid_request_error", "content_filter"),
    "authentication": Refused(401, "invalid_request_error", "invalid_api_key"),
    "permission": Refused(403, "invalid_request_error", "permission_denied"),
    "not_found": Refused(404, "invalid_request_error", "not_found"),
    "too_large": Refused(413, "invalid_request_error", "request_too_large"),
    "rate_limit": Refused(429, "requests", "rate_limit_exceeded"),
    # No money is no 402 at OpenAI: https://platform.openai.com/docs/guides/error-codes#api-errors
    "billing": Refused(429, "insufficient_quota", "insufficient_quota"),
    "server_error": Refused(500, "server_error", "server_error"),
    "overloaded": Refused(503, "server_error", "overloaded"),
    "timeout": Refused(504, "server_error", "timeout"),
}
NEVER_EXECUTED: dict[FailureKind, str] = {
    "unsupported": "unsupported_feature",
    "malformed": "malformed_record",
    "missing": "result_missing",
    "expired": "batch_expired",
    "cancelled": "batch_cancelled",
}
OF_BATCHES = frozenset({"expired", "cancelled"})
"""Kinds with a word that clients look for, whatever the provider called it."""

OF_WORD: dict[str, FailureKind] = {
    "content_filter": "content_refused",
    "content_policy_violation": "content_refused",
    "insufficient_quota": "billing",
    "billing_hard_limit_reached": "billing",
    "model_not_found": "not_found",
    "rate_limit_exceeded": "rate_limit",
}
"""What an error's code or, failing that, its type says more exactly than its status."""

OF_STATUS: dict[int, FailureKind] = {
    401: "authentication",
    402: "billing",
    403: "permission",
    404: "not_found",
    408: "timeout",
    413: "too_large",
    429: "rate_limit",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
OF_CLASS: dict[int, FailureKind] = {4: "invalid_request", 5: "server_error"}
OF_CODE: dict[str, FailureKind] = {code: kind for kind, code in NEVER_EXECUTED.items()}

_anything = msgspec.json.Decoder(Any)


def parse_refusal(status: int, body: bytes) -> Failure:
    """What a response other than 2xx says."""
    said = _object(body)
    error = said.get("error")
    error = error if isinstance(error, dict) else said
    code, type = _word(error, "code"), _word(error, "type")
    kind = (
        OF_WORD.get(code or "")
        or OF_WORD.get(type or "")
        or OF_STATUS.get(status)
        or OF_CLASS.get(status // 100, "malformed")
    )
    message = _word(error, "message") or f"The provider answered with HTTP status {status}."
    return Failure(kind, message, code or type, status)


def parse_error(raw: bytes) -> Failure:
    """What a line without a response says: its request was not executed."""
    error = _object(raw)
    if not error:
        return Failure("malformed", "The provider gave neither an answer nor an error.")
    code = _word(error, "code")
    kind = OF_CODE.get(code or "", "server_error")
    message = _word(error, "message") or "The provider did not execute this request."
    return Failure(kind, message, code)


def render_failure(failure: Failure, request_id: str) -> tuple[Rendered | None, Rendered | None]:
    """The response and the error of a line, one of which is None."""
    refused = REFUSED.get(failure.kind)
    if refused is None:
        word = NEVER_EXECUTED[failure.kind]
        code = word if failure.kind in OF_BATCHES else failure.code or word
        return None, {"code": code, "message": failure.message}
    error = {
        "message": failure.message,
        "type": refused.type,
        "param": None,
        "code": failure.code or refused.code,
    }
    return {"status_code": refused.status, "request_id": request_id, "body": {"error": error}}, None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        said = _anything.decode(raw)
    except NO_JSON:
        return {}
    return said if isinstance(said, dict) else {}


def _word(error: dict[str, Any], name: str) -> str | None:
    said = error.get(name)
    return said if isinstance(said, str) and said else None
