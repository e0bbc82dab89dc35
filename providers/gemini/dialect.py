"""How Gemini's batches say a record and a result, in files and in inlined requests.

https://ai.google.dev/gemini-api/docs/batch-api#input-file, https://ai.google.dev/api/batch-api#InlinedRequest

A line of a file bears a `key`, an inlined request `metadata` with a key in it. Upstream we always say `key`,
which Google's files go by, and the metadata's as well where the client had one: results may come without
metadata, and out of order (https://github.com/googleapis/python-genai/issues/1909).
"""

from typing import Any, ClassVar

import msgspec

from providers.gemini.embed import EMBED
from providers.gemini.failures import Status, error_of, failure_of
from providers.gemini.generate import GENERATE
from providers.gemini.models import PREFIX
from providers.gemini.names import NOTHING, said
from providers.records import (
    Body,
    Dialect,
    Failure,
    MalformedRecordError,
    ProviderBody,
    Record,
    Result,
    Subject,
    TokenReader,
)
from providers.records.errors import NO_JSON
from providers.records.opening import Field, Opener, ResultOpener, no_result

Raw = msgspec.Raw
Envelope = dict[str, Raw]
BODIES: dict[Subject, ProviderBody[Any, Any]] = {"chat": GENERATE, "embeddings": EMBED}
FIELDS = (
    Field("key", str, required=False),
    Field("metadata", dict, required=False),
    Field("metadata.key", str, required=False),
    Field("request", dict),
    Field("request.model", str, required=False),
)
CHATS = (b'{"contents":[', b'{"contents": [')


class _Plain(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line of a file as Google's guide has it, and most of them are."""

    request: Raw
    key: str | None = None


class _Request(msgspec.Struct, gc=False):
    contents: Raw = NOTHING
    content: Raw = NOTHING
    model: str | None = None


class _Metadata(msgspec.Struct, gc=False):
    key: str | None = None


class _Line(msgspec.Struct, gc=False):
    request: Raw
    key: str | None = None
    metadata: _Metadata | None = None


class _ResultLine(msgspec.Struct, gc=False):
    key: str | None = None
    metadata: _Metadata | None = None
    response: Raw = NOTHING
    error: Status | None = None


_requests: Opener[_Plain | _Line] = Opener(_Plain, _Line, FIELDS)
_request = msgspec.json.Decoder(_Request)
_results = ResultOpener(_ResultLine)
_envelope = msgspec.json.Decoder(Envelope)
_encode = msgspec.json.Encoder().encode


class GeminiDialect(Dialect):
    """Gemini's lines."""

    name: ClassVar[str] = "gemini"
    vendor: ClassVar[str] = "Gemini"
    holds: ClassVar[str] = "request"
    used = TokenReader("response")

    def open(self, line: bytes, *, model: str = "") -> Record:
        read = _requests.read(line)
        content, key = bytes(read.request), read.key
        if type(read) is _Plain:
            return Record(key, _body(line, content), content, line)
        if key is None and isinstance(read, _Line) and read.metadata is not None:
            key = read.metadata.key
        return Record(key, _body(line, content), content, line, more=True)

    def seal(self, record_id: str, body: ProviderBody[Any, Any], content: bytes) -> bytes:
        return b'{"key":%b,"request":%b}' % (_encode(record_id), content)

    def reseal(self, record: Record, record_id: str, *, model: str = "") -> bytes:
        content = _with_model(record.content, model) if model else record.content
        if record.more:
            return _resealed(record.line, record_id, content)
        return b"".join((b'{"key":', _encode(record_id), b',"request":', content, b"}"))

    def open_result(self, line: bytes) -> Result:
        read = _results.read(line)
        id = read.key
        if id is None and read.metadata is not None:
            id = read.metadata.key
        if id is None:
            raise no_result("it has no key")
        if read.error is not None:
            return Result(id, failure_of(read.error), line)
        answer = said(read.response)
        if answer is None:
            raise no_result("it has neither a response nor an error")
        return Result(id, Raw(bytes(answer)), line)

    def seal_result(self, record: Record, result_id: str, answer: bytes) -> bytes:
        if record.more or record.custom_id is None:
            return _encode({**_places(record), "response": Raw(answer)})
        return b'{"key":%b,"response":%b}' % (_encode(record.custom_id), answer)

    def reseal_result(self, record: Record, line: bytes) -> bytes:
        told = _envelope.decode(line)
        rest = {name: value for name, value in told.items() if name not in ("key", "metadata")}
        return _encode({**_places(record), **rest})

    def seal_failure(self, record: Record, result_id: str, failure: Failure) -> bytes:
        return _encode({**_places(record), "error": error_of(failure)})

    def body_for(self, subject: Subject, model: str) -> ProviderBody[Any, Any] | None:
        return BODIES.get(subject)


def _body(line: bytes, content: bytes) -> Body[Any, Any]:
    if content.startswith(CHATS) and b'"model"' not in content:
        return GENERATE
    try:
        request = _request.decode(content)
    except NO_JSON:
        raise _requests.what_is_wrong(line) from None
    if request.model is not None and "\0" in request.model:
        raise MalformedRecordError(
            "Invalid 'request.model': it holds the character U+0000.",
            code="invalid_value",
            param="request.model",
        )
    if said(request.contents) is None and said(request.content) is not None:
        return EMBED
    return GENERATE


def _resealed(line: bytes, record_id: str, content: bytes) -> bytes:
    envelope = _envelope.decode(line)
    changed: dict[str, Any] = {"key": record_id, **envelope}
    changed |= {"key": record_id, "request": Raw(content)}
    if "metadata" in envelope:
        metadata = _envelope.decode(envelope["metadata"]) if _is_object(envelope) else {}
        if "key" in metadata:
            changed["metadata"] = {**metadata, "key": record_id}
    return _encode(changed)


def _is_object(envelope: Envelope) -> bool:
    return bytes(envelope["metadata"]).startswith(b"{")


def _with_model(content: bytes, model: str) -> bytes:
    """The request with another model, if it names one."""
    if b'"model"' not in content:
        return content
    request = _envelope.decode(content)
    if "model" not in request or bytes(request["model"]) == b"null":
        return content
    prefix = PREFIX if bytes(request["model"]).startswith(b'"' + PREFIX.encode()) else ""
    return _encode({**request, "model": prefix + model.removeprefix(PREFIX)})


def _places(record: Record) -> dict[str, Any]:
    """What the client's line says beside its request, where a result of Gemini's says it, too."""
    envelope = _envelope.decode(record.line)
    return {name: envelope[name] for name in ("key", "metadata") if name in envelope}


GEMINI = GeminiDialect()
