"""OpenAI's batch files: the envelopes of requests and results, and which body a url has.

https://platform.openai.com/docs/api-reference/batch/request-input
"""

from typing import Annotated, Any, Literal

import msgspec

from providers.openai.chat import CHAT
from providers.openai.completions import COMPLETIONS
from providers.openai.embeddings import EMBEDDINGS
from providers.openai.failures import parse_error, parse_refusal, render_failure
from providers.openai.opaque import Opaque
from providers.openai.responses import RESPONSES
from providers.records import (
    Body,
    Dialect,
    Failure,
    ProviderBody,
    Record,
    Result,
    Subject,
    TokenReader,
)
from providers.records.opening import Field, Opener, ResultOpener

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
METHOD: Literal["POST"] = "POST"
OPENING = ord("{")
TRANSLATED: tuple[Body[Any, Any], ...] = (CHAT, RESPONSES, EMBEDDINGS, COMPLETIONS)
BODIES: dict[str, Body[Any, Any]] = {
    **{url: Opaque(url) for url in ENDPOINTS},
    **{body.name: body for body in TRANSLATED},
}
PROVIDER_BODIES: dict[Subject, ProviderBody[Any, Any]] = {"chat": CHAT, "embeddings": EMBEDDINGS}
FIELDS = (
    Field("custom_id", str, filled=True),
    Field("method", str, only=METHOD),
    Field("url", str),
    Field("body", dict),
)


CustomId = Annotated[str, msgspec.Meta(min_length=1)]


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    custom_id: CustomId
    method: Literal["POST"]
    url: str
    body: msgspec.Raw


class _LineWithMore(msgspec.Struct, gc=False):
    custom_id: CustomId
    method: Literal["POST"]
    url: str
    body: msgspec.Raw


class _Sealed(msgspec.Struct, tag_field="method", tag=METHOD, gc=False):
    custom_id: str
    url: str
    body: msgspec.Raw


class _Response(msgspec.Struct, gc=False):
    status_code: int
    body: msgspec.Raw = msgspec.Raw()


class _ResultLine(msgspec.Struct, gc=False):
    custom_id: str
    response: _Response | None = None
    error: msgspec.Raw = msgspec.Raw()


_requests: Opener[_Line | _LineWithMore] = Opener(_Line, _LineWithMore, FIELDS)
_results = ResultOpener(_ResultLine)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class OpenAIDialect(Dialect):
    name = "openai"
    vendor = "OpenAI"
    holds = "body"
    used = TokenReader("response", "body")

    def open(self, line: bytes, *, model: str = "") -> Record:
        read = _requests.read(line)
        content = bytes(read.body)
        if content[0] != OPENING:
            raise _requests.what_is_wrong(line)
        body = BODIES.get(read.url) or Opaque(read.url)
        return Record(read.custom_id, body, content, line, type(read) is not _Line)

    def seal(self, record_id: str, body: ProviderBody[Any, Any], content: bytes) -> bytes:
        return _encode(_Sealed(record_id, body.name, msgspec.Raw(content)))

    def reseal(self, record: Record, record_id: str, *, model: str = "") -> bytes:
        content = _with_model(record.content, model) if model else record.content
        if not record.more:
            return _encode(_Sealed(record_id, record.body.name, msgspec.Raw(content)))
        fields: dict[str, Any] = _fields.decode(record.line)
        return _encode({**fields, "custom_id": record_id, "body": msgspec.Raw(content)})

    def open_result(self, line: bytes) -> Result:
        read = _results.read(line)
        return Result(read.custom_id, _outcome(read), line)

    def seal_result(self, record: Record, result_id: str, answer: bytes) -> bytes:
        return (
            b'{"id":%b,"custom_id":%b,"response":{"status_code":200,"request_id":%b,"body":%b},'
            b'"error":null}'
        ) % (
            _encode(f"batch_req_{result_id}"),
            _encode(record.custom_id),
            _encode(result_id),
            answer,
        )

    def reseal_result(self, record: Record, line: bytes) -> bytes:
        return _encode({**_fields.decode(line), "custom_id": record.custom_id})

    def seal_failure(self, record: Record, result_id: str, failure: Failure) -> bytes:
        response, error = render_failure(failure, result_id)
        return _encode(
            {
                "id": f"batch_req_{result_id}",
                "custom_id": record.custom_id,
                "response": response,
                "error": error,
            }
        )

    def body_for(self, subject: Subject, model: str) -> ProviderBody[Any, Any] | None:
        return PROVIDER_BODIES[subject]


def _outcome(read: _ResultLine) -> msgspec.Raw | Failure:
    if read.response is None:
        return parse_error(read.error)
    status, body = read.response.status_code, read.response.body
    if not 200 <= status < 300:
        return parse_refusal(status, body)
    return body or Failure("malformed", "The provider's answer has no body.", None, status)


def _with_model(content: bytes, model: str) -> bytes:
    return _encode({**_fields.decode(content), "model": model})


OPENAI = OpenAIDialect()
