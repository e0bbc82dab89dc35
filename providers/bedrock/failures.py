"""Why a record of Bedrock has no answer: a code like HTTP's and a message.

Codes: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html#API_runtime_InvokeModel_Errors
"""

from typing import get_args

from providers.records import Failure, FailureKind

CODES: dict[FailureKind, int] = {
    "invalid_request": 400,
    "authentication": 401,
    "permission": 403,
    "billing": 402,
    "not_found": 404,
    "too_large": 413,
    "rate_limit": 429,
    "overloaded": 503,
    "timeout": 408,
    "server_error": 500,
    "content_refused": 400,
    "unsupported": 400,
    "malformed": 502,
    "missing": 500,
    "expired": 408,
    "cancelled": 499,
}
KINDS: dict[int, FailureKind] = {
    400: "invalid_request",
    401: "authentication",
    402: "billing",
    403: "permission",
    404: "not_found",
    408: "timeout",  # ModelTimeoutException
    413: "too_large",
    424: "server_error",  # ModelErrorException
    429: "rate_limit",  # ThrottlingException, ModelNotReadyException
    499: "cancelled",
    500: "server_error",
    502: "server_error",
    503: "overloaded",  # ServiceUnavailableException
    504: "timeout",
    529: "overloaded",  # Anthropic's own
}
# What the message says where the code says little, in small letters. The first that fits.
MESSAGES: tuple[tuple[str, FailureKind], ...] = (
    ("content filter", "content_refused"),
    ("content policy", "content_refused"),
    ("guardrail", "content_refused"),
    ("throttl", "rate_limit"),
    ("too many requests", "rate_limit"),
    ("too many tokens", "rate_limit"),
    ("timed out", "timeout"),
    ("timeout", "timeout"),
    ("expired", "expired"),
    ("access denied", "permission"),
    ("not authorized", "permission"),
    ("too long", "too_large"),
    ("too large", "too_large"),
    ("internal server", "server_error"),
    ("service unavailable", "overloaded"),
)
SAYS_LITTLE = frozenset({400, 500})


def opened(code: int | str | None, message: str | None) -> Failure:
    """The failure that a code and a message stand for."""
    digits = str(code)
    status = int(digits) if len(digits) == 3 and digits.isascii() and digits.isdigit() else None
    kind = KINDS.get(status) if status is not None else None
    if kind is None or status in SAYS_LITTLE:
        kind = _kind_said(f"{'' if status else code} {message or ''}".lower()) or kind
    if kind is None:
        kind = "invalid_request" if status is not None and 400 <= status < 500 else "server_error"
    word = None if status is not None or code is None else str(code)
    return Failure(kind, message or f"Bedrock failed this record with {code}.", word, status)


def _kind_said(message: str) -> FailureKind | None:
    return next((kind for word, kind in MESSAGES if word in message), None)


assert set(CODES) == set(get_args(FailureKind))
