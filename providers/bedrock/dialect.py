"""How Bedrock's batch files say a record and a result.

Lines in: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
Lines out: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
"""

from typing import Any, ClassVar

import msgspec

from providers.bedrock import failures
from providers.bedrock.families import family_of
from providers.bedrock.recognition import BODIES, body_of
from providers.records import (
    Dialect,
    Failure,
    ProviderBody,
    Record,
    Result,
    Subject,
    TokenReader,
)
from providers.records.opening import Field, Opener, ResultOpener, no_result

# A body may be anything: Bedrock looks at it only when the job runs.
FIELDS = (Field("modelInput", object), Field("recordId", str, required=False, filled=True))


class _Line(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    modelInput: msgspec.Raw
    recordId: str | None = None


class _LineWithMore(msgspec.Struct, gc=False):
    modelInput: msgspec.Raw
    recordId: str | None = None


class _Error(msgspec.Struct, gc=False):
    errorCode: int | str | None = None
    errorMessage: str | None = None


class _ResultLine(msgspec.Struct, gc=False):
    recordId: str
    modelOutput: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None


_requests: Opener[_Line | _LineWithMore] = Opener(_Line, _LineWithMore, FIELDS)
_results = ResultOpener(_ResultLine)
_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class BedrockDialect(Dialect):
    name: ClassVar[str] = "bedrock"
    vendor: ClassVar[str] = "Bedrock"
    holds: ClassVar[str] = "modelInput"
    used = TokenReader("modelOutput")

    def open(self, line: bytes, *, model: str = "") -> Record:
        read = _requests.read(line)
        if read.recordId == "":
            raise _requests.what_is_wrong(line)
        content = bytes(read.modelInput)
        return Record(
            read.recordId, body_of(content, model), content, line, type(read) is not _Line
        )

    def seal(self, record_id: str, body: ProviderBody[Any, Any], content: bytes) -> bytes:
        return b'{"recordId":%b,"modelInput":%b}' % (_encode(record_id), content)

    def reseal(self, record: Record, record_id: str, *, model: str = "") -> bytes:
        """The model is the job's. Only a body of OpenAI's may name it, too."""
        content = record.content
        if model and record.body is BODIES["gpt_oss"]:
            content = _with_model(content, model)
        if not record.more:
            return b"".join(
                (b'{"recordId":"', record_id.encode(), b'","modelInput":', content, b"}")
            )
        envelope = _envelope.decode(record.line)
        return _encode({**envelope, "recordId": record_id, "modelInput": msgspec.Raw(content)})

    def open_result(self, line: bytes) -> Result:
        read = _results.read(line)
        if read.error is not None:
            return Result(
                read.recordId, failures.opened(read.error.errorCode, read.error.errorMessage), line
            )
        if bytes(read.modelOutput) == b"null":
            raise no_result("it has neither modelOutput nor error")
        return Result(read.recordId, read.modelOutput, line)

    def seal_result(self, record: Record, result_id: str, answer: bytes) -> bytes:
        """The line repeats the client's own modelInput, as Bedrock's lines do."""
        record_id = _encode(record.custom_id or result_id)
        return b'{"recordId":%b,"modelInput":%b,"modelOutput":%b}' % (
            record_id,
            record.content,
            answer,
        )

    def reseal_result(self, record: Record, line: bytes) -> bytes:
        if record.custom_id is None:
            return line
        return _encode({**_envelope.decode(line), "recordId": record.custom_id})

    def seal_failure(self, record: Record, result_id: str, failure: Failure) -> bytes:
        record_id = _encode(record.custom_id or result_id)
        error = {"errorCode": failures.CODES[failure.kind], "errorMessage": failure.message}
        return b'{"recordId":%b,"modelInput":%b,"error":%b}' % (
            record_id,
            record.content or b"null",
            _encode(error),
        )

    def body_for(self, subject: Subject, model: str) -> ProviderBody[Any, Any] | None:
        """A job is of one kind for all of its records, so the model alone decides: its own body where that
        takes tools, which Converse does not in batches, and Converse for all other models."""
        body = BODIES.get(family_of(model))
        if body is None or body.subject != subject:
            return None
        return body if isinstance(body, ProviderBody) else BODIES[""]  # type: ignore[return-value]


def _with_model(content: bytes, model: str) -> bytes:
    fields = _envelope.decode(content)
    return _encode({**fields, "model": model}) if "model" in fields else content


BEDROCK = BedrockDialect()
