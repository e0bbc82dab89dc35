"""How OpenAI's batch files say a record and a result.

Input and output lines: https://platform.openai.com/docs/api-reference/batch/request-input
"""

from typing import Any

import msgspec

from providers.base import MalformedRecordError
from providers.records import Failure, Request, Result

# https://platform.openai.com/docs/api-reference/batch/create
ENDPOINTS = (
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/completions",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/videos",
)
METHOD = "POST"


class _Body(msgspec.Struct):
    model: str | None = None


class _RequestLine(msgspec.Struct):
    custom_id: str
    method: str
    url: str
    body: _Body


class _Answer(msgspec.Struct):
    status_code: int


class _ResultLine(msgspec.Struct):
    custom_id: str
    response: _Answer | None = None


Envelope = dict[str, msgspec.Raw]
_request_decoder = msgspec.json.Decoder(_RequestLine)
_result_decoder = msgspec.json.Decoder(_ResultLine)
_envelope_decoder = msgspec.json.Decoder(Envelope)
_object_decoder = msgspec.json.Decoder(dict[str, Any])
_encoder = msgspec.json.Encoder()


def read_request(line: bytes) -> Request:
    """Open a line of an input file. Raises MalformedRecordError with OpenAI's code for what is wrong."""
    try:
        if not line.isascii():
            line.decode()
        read = _request_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _what_is_wrong(line) from None
    if read.method != METHOD:
        raise MalformedRecordError(
            f"Invalid method {read.method!r}: only 'POST' is supported.",
            code="invalid_method",
            param="method",
        )
    if not read.custom_id:
        raise MalformedRecordError(
            "The custom_id is empty: give each request one of its own.",
            code="missing_required_parameter",
            param="custom_id",
        )
    if read.body.model and "\0" in read.body.model:
        raise MalformedRecordError(
            "Invalid 'body.model': it holds the character U+0000.",
            code="invalid_value",
            param="body.model",
        )
    return Request(read.custom_id, read.url, read.body.model, line)


def write_request(request: Request, upstream_id: str, *, model: str = "") -> bytes:
    """Seal the line again under our id. The body stays as it is, but for a model given here."""
    envelope = _envelope_decoder.decode(request.line)
    if not model:
        return _encoder.encode({**envelope, "custom_id": upstream_id})
    body = {**_envelope_decoder.decode(envelope["body"]), "model": model}
    return _encoder.encode({**envelope, "custom_id": upstream_id, "body": body})


def read_result(line: bytes) -> Result:
    """Open a line of an output or error file. Raises MalformedRecordError."""
    try:
        read = _result_decoder.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedRecordError(
            f"a result that is no result line: {_shape(error)}", code="malformed_result"
        ) from None
    succeeded = read.response is not None and 200 <= read.response.status_code < 300
    return Result(read.custom_id, succeeded, line)


def write_result(result: Result, custom_id: str) -> bytes:
    """Seal the line again under the client's id; all else stays as the provider said it."""
    envelope = _envelope_decoder.decode(result.line)
    return _encoder.encode({**envelope, "custom_id": custom_id})


def write_failure(failure: Failure, custom_id: str, result_id: str) -> bytes:
    """The line of a record that has no answer."""
    return _encoder.encode(
        {
            "id": f"batch_req_{result_id}",
            "custom_id": custom_id,
            "response": None,
            "error": {"code": failure.code, "message": failure.message},
        }
    )


def _what_is_wrong(line: bytes) -> MalformedRecordError:
    """Look at a line that did not fit, slowly, and say why."""
    try:
        envelope = _object_decoder.decode(line.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return MalformedRecordError(
            "This line is not parseable as valid JSON.", code="invalid_json_line"
        )
    for name, kind, word in _FIELDS:
        if envelope.get(name) is None:
            return MalformedRecordError(
                f"Missing required parameter: '{name}'.",
                code="missing_required_parameter",
                param=name,
            )
        if not isinstance(envelope[name], kind):
            return MalformedRecordError(
                f"Invalid type for '{name}': expected {word}.", code="invalid_type", param=name
            )
    return MalformedRecordError(
        "Invalid type for 'body.model': expected a string.", code="invalid_type", param="body.model"
    )


_FIELDS: tuple[tuple[str, type, str], ...] = (
    ("custom_id", str, "a string"),
    ("method", str, "a string"),
    ("url", str, "a string"),
    ("body", dict, "an object"),
)


def _shape(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.ValidationError) else "no JSON"
