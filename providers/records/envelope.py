"""Envelopes: what every dialect's lines say around a body."""

from typing import Literal

import msgspec

from providers.records.errors import MalformedRecordError

FailureKind = Literal[
    "invalid_request",
    "authentication",
    "permission",
    "billing",
    "not_found",
    "too_large",
    "rate_limit",
    "overloaded",
    "timeout",
    "server_error",
    "content_refused",
    "unsupported",
    "malformed",
    "missing",
    "expired",
    "cancelled",
]


class Failure(msgspec.Struct, frozen=True, gc=False):
    """Why a record has no answer.

    `message` is the provider's own where there is one. `code` is a more exact word for it than `kind`, in the
    words of whoever found out; `status` the HTTP status that the provider gave this record.
    """

    kind: FailureKind
    message: str
    code: str | None = None
    status: int | None = None


def upstream_id(number: int) -> str:
    """What a record is called upstream: its place in the input, counted from 0."""
    return "r" + str(number).zfill(10)


def record_number(name: str) -> int:
    """The inverse of `upstream_id`. Raises MalformedRecordError."""
    digits = name[1:]
    if len(name) != 11 or name[0] != "r" or not (digits.isascii() and digits.isdigit()):
        raise MalformedRecordError(f"{name!r} is no record of ours", code="unknown_record")
    return int(digits)
