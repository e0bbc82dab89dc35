"""How Anthropic's message batches say a record and a result.

Requests and results: https://platform.claude.com/docs/en/build-with-claude/batch-processing
"""

from string import ascii_letters, digits
from typing import Any, Literal

import msgspec

from providers.anthropic.messages import MESSAGES
from providers.records import (
    Dialect,
    Failure,
    FailureKind,
    MalformedRecordError,
    ProviderBody,
    Record,
    Result,
    Subject,
    TokenReader,
)
from providers.records.errors import NO_JSON
from providers.records.opening import Field, Opener, ResultOpener, no_result, shape
from providers.records.values import is_object

# ^[a-zA-Z0-9_-]{1,64}$: https://platform.claude.com/docs/en/api/messages/batches/create
CUSTOM_ID = ascii_letters + digits + "_-"
LONGEST_CUSTOM_ID = 64

# https://platform.claude.com/docs/en/api/errors
KINDS: dict[str, FailureKind] = {
    "invalid_request_error": "invalid_request",
    "authentication_error": "authentication",
    "billing_error": "billing",
    "permission_error": "permission",
    "not_found_error": "not_found",
    "conflict_error": "invalid_request",
    "request_too_large": "too_large",
    "rate_limit_error": "rate_limit",
    "timeout_error": "timeout",
    "api_error": "server_error",
    "overloaded_error": "overloaded",
}
# The errors of a result, as its SDK types them, have no request_too_large.
ERRORS: dict[FailureKind, str] = {
    "invalid_request": "invalid_request_error",
    "authentication": "authentication_error",
    "permission": "permission_error",
    "billing": "billing_error",
    "not_found": "not_found_error",
    "too_large": "invalid_request_error",
    "rate_limit": "rate_limit_error",
    "overloaded": "overloaded_error",
    "timeout": "timeout_error",
    "server_error": "api_error",
    "content_refused": "invalid_request_error",
    "unsupported": "invalid_request_error",
    "malformed": "invalid_request_error",
    "missing": "api_error",
}
ENDS: dict[FailureKind, str] = {"expired": "expired", "cancelled": "canceled"}
"""Failures that are a type of result, not an error."""

EXPIRED = Failure("expired", "The batch expired before this request could be processed.")
CANCELED = Failure("cancelled", "The batch was canceled before this request was processed.")


FIELDS = (Field("custom_id", str, filled=True), Field("params", dict))


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    custom_id: str
    params: msgspec.Raw


class _LineWithMore(msgspec.Struct, gc=False):
    custom_id: str
    params: msgspec.Raw


class _ResultLine(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    custom_id: str
    result: msgspec.Raw


class _Outcome(msgspec.Struct, gc=False):
    type: Literal["succeeded", "errored", "canceled", "expired"]
    message: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _OpenResult(msgspec.Struct, gc=False):
    custom_id: str
    result: _Outcome


class _Error(msgspec.Struct, gc=False):
    """Nested in another of its kind; flat in what some servers write."""

    type: str = "api_error"
    message: str = ""
    error: "_Error | None" = None


Envelope = dict[str, msgspec.Raw]
_requests: Opener[_Line | _LineWithMore] = Opener(_Line, _LineWithMore, FIELDS)
_results = ResultOpener(_OpenResult)
_result_line_decoder = msgspec.json.Decoder(_ResultLine)
_error_decoder = msgspec.json.Decoder(_Error)
_envelope_decoder = msgspec.json.Decoder(Envelope)
_encoder = msgspec.json.Encoder()


class AnthropicDialect(Dialect):
    name = "anthropic"
    vendor = "Anthropic"
    holds = "params"
    used = TokenReader("result", "message")

    def open(self, line: bytes, *, model: str = "") -> Record:
        read = _requests.read(line)
        custom_id, content = read.custom_id, bytes(read.params)
        if not custom_id or content[:1] != b"{":
            raise _requests.what_is_wrong(line)
        if len(custom_id) > LONGEST_CUSTOM_ID or custom_id.strip(CUSTOM_ID):
            raise _bad_custom_id()
        return Record(custom_id, MESSAGES, content, line, type(read) is not _Line)

    def seal(self, record_id: str, body: ProviderBody[Any, Any], content: bytes) -> bytes:
        return _encoder.encode(_Line(record_id, msgspec.Raw(content)))

    def reseal(self, record: Record, record_id: str, *, model: str = "") -> bytes:
        content = record.content
        if model:
            content = _encoder.encode({**_envelope_decoder.decode(content), "model": model})
        if not record.more:
            return _encoder.encode(_Line(record_id, msgspec.Raw(content)))
        envelope: dict[str, Any] = dict(_envelope_decoder.decode(record.line))
        return _encoder.encode({**envelope, "custom_id": record_id, "params": msgspec.Raw(content)})

    def open_result(self, line: bytes) -> Result:
        read = _results.read(line)
        try:
            return Result(read.custom_id, _outcome(read.result), line)
        except NO_JSON as error:
            raise no_result(shape(error)) from None

    def seal_result(self, record: Record, result_id: str, answer: bytes) -> bytes:
        result = {"type": "succeeded", "message": msgspec.Raw(answer)}
        return _encoder.encode({"custom_id": record.custom_id, "result": result})

    def reseal_result(self, record: Record, line: bytes) -> bytes:
        try:
            told = _result_line_decoder.decode(line)
        except msgspec.ValidationError:  # it has keys that are not ours to judge
            envelope: dict[str, Any] = dict(_envelope_decoder.decode(line))
            return _encoder.encode({**envelope, "custom_id": record.custom_id})
        told.custom_id = record.custom_id or ""
        return _encoder.encode(told)

    def seal_failure(self, record: Record, result_id: str, failure: Failure) -> bytes:
        result: dict[str, Any]
        if failure.kind in ENDS:
            result = {"type": ENDS[failure.kind]}
        else:
            error = {"type": ERRORS[failure.kind], "message": failure.message}
            response = {"type": "error", "error": error, "request_id": None}
            result = {"type": "errored", "error": response}
        return _encoder.encode({"custom_id": record.custom_id, "result": result})

    def body_for(self, subject: Subject, model: str) -> ProviderBody[Any, Any] | None:
        return MESSAGES if subject == "chat" else None


ANTHROPIC = AnthropicDialect()


def _outcome(result: _Outcome) -> msgspec.Raw | Failure:
    if result.type == "succeeded":
        if not is_object(result.message):
            raise msgspec.ValidationError("Object missing required field `message` - at `$.result`")
        return result.message
    if result.type == "errored":
        return _failure(_error_decoder.decode(result.error))
    return EXPIRED if result.type == "expired" else CANCELED


def _failure(error: _Error) -> Failure:
    """An error type that is newer than we are is the server's error, and keeps its word."""
    while error.error is not None:
        error = error.error
    return Failure(KINDS.get(error.type, "server_error"), error.message, error.type)


def _bad_custom_id() -> MalformedRecordError:
    return MalformedRecordError(
        "custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
        code="invalid_value",
        param="custom_id",
    )
