"""Why a record has no answer, in the words of google.rpc.Status, and back.

https://ai.google.dev/gemini-api/docs/troubleshooting, https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
"""

import msgspec

from providers.records import Failure, FailureKind

Raw = msgspec.Raw

NUMBERS: dict[int, str] = {
    0: "OK",
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    10: "ABORTED",
    11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    15: "DATA_LOSS",
    16: "UNAUTHENTICATED",
}
CODES = {word: number for number, word in NUMBERS.items()}

# A code may be an HTTP status instead: https://cloud.google.com/apis/design/errors#handling_errors
OF_STATUSES: dict[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
STATUSES: dict[str, int] = {
    "OK": 200,
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}
KINDS: dict[str, FailureKind] = {
    "OK": "malformed",  # no error at all, so who says it has no answer says nothing
    "CANCELLED": "cancelled",
    "UNKNOWN": "server_error",
    "INVALID_ARGUMENT": "invalid_request",
    "DEADLINE_EXCEEDED": "timeout",
    "NOT_FOUND": "not_found",
    "ALREADY_EXISTS": "invalid_request",
    "PERMISSION_DENIED": "permission",
    "RESOURCE_EXHAUSTED": "rate_limit",
    "FAILED_PRECONDITION": "billing",  # no free tier in the country: enable billing
    "ABORTED": "server_error",
    "OUT_OF_RANGE": "too_large",
    "UNIMPLEMENTED": "unsupported",
    "INTERNAL": "server_error",
    "UNAVAILABLE": "overloaded",
    "DATA_LOSS": "server_error",
    "UNAUTHENTICATED": "authentication",
}
WORDS: dict[FailureKind, str] = {
    "invalid_request": "INVALID_ARGUMENT",
    "authentication": "UNAUTHENTICATED",
    "permission": "PERMISSION_DENIED",
    "billing": "FAILED_PRECONDITION",
    "not_found": "NOT_FOUND",
    "too_large": "OUT_OF_RANGE",
    "rate_limit": "RESOURCE_EXHAUSTED",
    "overloaded": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
    "server_error": "INTERNAL",
    "content_refused": "INVALID_ARGUMENT",
    "unsupported": "UNIMPLEMENTED",
    "malformed": "INVALID_ARGUMENT",
    "missing": "UNKNOWN",
    "expired": "DEADLINE_EXCEEDED",
    "cancelled": "CANCELLED",
}


class Status(msgspec.Struct, gc=False):
    code: int | str | None = None
    message: str | None = None
    status: str | None = None


def failure_of(status: Status) -> Failure:
    word = _word(status)
    code = status.code if isinstance(status.code, int) else None
    http = code if code is not None and code >= 100 else STATUSES[word]
    return Failure(
        KINDS[word],
        status.message or f"Gemini says {word} and no more.",
        status.status or word,
        http,
    )


def _word(status: Status) -> str:
    for said in (status.status, status.code):
        if isinstance(said, str) and said in KINDS:
            return said
    if not isinstance(status.code, int):
        return "UNKNOWN"
    found = NUMBERS.get(status.code) or OF_STATUSES.get(status.code)
    if found:
        return found
    return "INVALID_ARGUMENT" if 400 <= status.code < 500 else "UNKNOWN"


def error_of(failure: Failure) -> dict[str, int | str]:
    """The status of a record. Its `code` is a number of google.rpc, and Google's SDK knows no `status`."""
    return {"code": CODES[WORDS[failure.kind]], "message": failure.message}
