"""Look at every record before any is sent, and plan the jobs that will carry them."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from batches import translate
from batches.models import Batch
from batches.services.budgets import Reserve
from batches.services.custom_ids import checksum
from batches.services.spools import Spool, Spools
from files import services as files
from providers.base import Limits, MalformedRecordError, RecordError
from providers.ids import new_id
from providers.models import NotAllowedError, VirtualKey
from providers.records import Body, LineTooLongError, says_twice, upstream_id
from providers.translation import Said

MOST_ERRORS = 100
# What our id and the like may add to a line on its way upstream.
SLACK_BYTES = 512
# Each is a job of its own where a job has one model.
MOST_MODELS = 50
LONGEST_MODEL = 255
# Of a custom_id that is longer a digest is kept.
LONGEST_KEPT = 64


@dataclass
class Part:
    """The records that one job will carry: see translate.Share. `chosen` is empty if they are not chosen, and
    `spool` takes their lines where these are sent at once."""

    first: int
    model: str = ""
    records: int = 0
    size: int = 0
    chosen: list[int] = field(default_factory=list)
    job_id: str = field(default_factory=new_id)
    spool: Spool | None = None


@dataclass
class Findings:
    """What an input holds.

    `refused` of its records have no words at the provider, and `dropped` says how many lose what.
    `checksums` are those of its custom_ids, by which it is found.
    """

    total: int = 0
    refused: int = 0
    model: str = ""
    parts: list[Part] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    open: dict[str, Part] = field(default_factory=dict)
    checksums: "array[int]" = field(default_factory=lambda: array("I"))

    def blame(self, error: RecordError, line: int | None) -> None:
        self.errors.append(
            {"code": error.code, "message": error.message, "param": error.param, "line": line}
        )

    def place(self, model: str, size: int, limits: Limits) -> Part:
        """Put the next record into the part of its model, or into a new one if that is full."""
        model = model if limits.one_model else ""
        part = self.open.get(model)
        if part is None or part.records == limits.records or part.size + size > limits.bytes:
            part = self.open[model] = Part(first=self.total, model=model)
            self.parts.append(part)
        part.records += 1
        part.size += size
        self.total += 1
        return part

    def leave_out(self) -> None:
        """The next record is not sent."""
        self.refused += 1
        self.total += 1


class Looked(msgspec.Struct, frozen=True, gc=False):
    """A record that fails no batch.

    `model` would answer it, `asked` is the body as the provider gets it, and `refusal` why it is not sent, if
    it is not.
    """

    line: int
    record: translate.Record
    model: str
    asked: bytes
    refusal: RecordError | None = None


def validate(
    batch: Batch,
    limits: Limits,
    *,
    keep: Callable[[], None],
    reserve: Reserve | None = None,
    spools: Spools | None = None,
) -> Findings:
    """Every record of the batch's input: what is wrong, or how to split it. Calls `keep` now and then.

    `reserve` sums what may be paid for those that are sent, `spools` take their lines.
    """
    look = Look(
        batch.provider,
        model=batch.model_override,
        endpoint=batch.endpoint,
        key=batch.virtual_key,
        limits=limits,
        spools=spools,
    )
    for looked in look.at(_watched(files.stream(batch.input_file), keep)):
        if reserve is None or looked.refusal:
            continue
        try:
            reserve.add(looked.record, looked.model)
        except RecordError as error:
            look.findings.blame(error, looked.line)
            break
    return look.findings


class Look:
    """Looks at one record after the other, as it would be sent to a provider.

    `model` is asked for instead of the records' own. What the key does not allow is wrong with the batch. All
    records are for one `endpoint`: that of the first if it is None. `spools` take the lines to be sent.
    """

    def __init__(
        self,
        provider: str,
        *,
        model: str = "",
        endpoint: str | None,
        key: VirtualKey | None,
        limits: Limits,
        spools: Spools | None = None,
    ) -> None:
        self.findings = Findings()
        self.endpoint = endpoint
        self.dialect = ""
        self._source: translate.Input
        self._provider = provider
        self._override = model
        self._limits = limits
        self._seen: set[str | bytes] = set()
        self._key = key
        self._chooses = bool(key and key.allowed_models)
        self._known: set[str] = set()
        self._spools = spools
        # What is right with a record need not be looked at again in the next one.
        self._last_body: Body[Any, Any] | None = None
        self._last_model: str | None = None

    def at(self, chunks: Iterable[bytes]) -> Iterator[Looked]:
        """Each record of an input that fails no batch. The findings are whole once all were asked for."""
        findings = self.findings
        try:
            source = translate.Input(chunks, provider=self._provider, model=self._override)
            self._source, self.dialect = source, source.dialect.name
            for line_number, line, record in source.opened():
                try:
                    yield self._record(line_number, line, record)
                except RecordError as error:
                    findings.blame(error, line_number)
                    if len(findings.errors) == MOST_ERRORS:
                        break
            findings.dropped = dict(source.translation.dropped)
        except LineTooLongError as error:
            findings.blame(error, error.line)
        if not findings.total and not findings.errors:
            nothing = MalformedRecordError("The input file holds no requests.", code="empty_file")
            findings.blame(nothing, None)

    def _record(self, number: int, line: bytes, record: translate.Record | RecordError) -> Looked:
        """Raises RecordError for what fails the whole batch."""
        if isinstance(record, RecordError):
            raise record
        self._custom_id(record)
        if record.body is not self._last_body:
            self._endpoint(record)
        model = self._model(record)
        try:
            said = self._source.translation.said(record)
        except RecordError as error:
            self.findings.leave_out()
            return Looked(number, record, model, b"", error)
        asked, size = (
            (record.content, len(line)) if said is None else (said.content, len(said.content))
        )
        part = self.findings.place(model, size + SLACK_BYTES, self._limits)
        if self._spools:
            self._write(part, record, said)
        return Looked(number, record, model, asked)

    def _write(self, part: Part, record: translate.Record, said: Said | None) -> None:
        """As Input.sent, but at once."""
        if part.records == 1 and self._spools:
            part.spool = self._spools.begin(part.job_id)
        if part.spool:
            record_id = part.spool.mark + upstream_id(self.findings.total - 1)
            line = self._source.translation.sealed(record, record_id, said)
            part.spool.file.write(line + b"\n")

    def _custom_id(self, record: translate.Record) -> None:
        custom_id = record.custom_id
        if custom_id is None:
            return
        told = custom_id if len(custom_id) <= LONGEST_KEPT else _digest(custom_id)
        if told in self._seen:
            raise MalformedRecordError(
                f"The custom_id {custom_id[:100]!r} is used by an earlier request: "
                "give each request one of its own.",
                code="duplicate_custom_id",
                param="custom_id",
            )
        self._seen.add(told)
        self.findings.checksums.append(checksum(custom_id))

    def _endpoint(self, record: translate.Record) -> None:
        endpoint = self._source.endpoint_of(record)
        if self.endpoint is None:
            self.endpoint = endpoint
        if endpoint != self.endpoint:
            raise MalformedRecordError(
                f"The url {endpoint[:100]!r} is not the batch's endpoint, {self.endpoint!r}.",
                code="invalid_url",
                param="url",
            )
        self._last_body = record.body

    def _model(self, record: translate.Record) -> str:
        model = self._source.model_of(record)
        if self._chooses:
            self._named_once(record)
        if model == self._last_model:
            return model
        self._allowed(model)
        if not self.findings.model:
            self.findings.model = model
        if self._limits.one_model and model not in self.findings.open:
            if len(self.findings.open) == MOST_MODELS:
                raise MalformedRecordError(
                    f"The model {model[:100]!r} is one too many: a batch has at most {MOST_MODELS}.",
                    code="mismatched_model",
                    param="body.model",
                )
            if len(model) > LONGEST_MODEL:
                raise MalformedRecordError(
                    f"The name of the model has {len(model)} characters, at most {LONGEST_MODEL}.",
                    code="invalid_value",
                    param="body.model",
                )
        self._last_model = model
        return model

    def _named_once(self, record: translate.Record) -> None:
        """What it names decides whether it may be sent."""
        if self._source.translation.untouched and says_twice(record.content, "model"):
            raise MalformedRecordError(
                "The body names its model twice: name it once.",
                code="duplicate_key",
                param="body.model",
            )

    def _allowed(self, model: str) -> None:
        if self._key is None or model in self._known:
            return
        try:
            self._key.check_model(model)
        except NotAllowedError as error:
            raise MalformedRecordError(
                str(error), code="model_not_allowed", param="body.model"
            ) from None
        if len(self._known) < MOST_MODELS:
            self._known.add(model)


def _digest(custom_id: str) -> bytes:
    return sha256(custom_id.encode(errors="surrogatepass")).digest()


def _watched(chunks: Iterable[bytes], keep: Callable[[], None]) -> Iterable[bytes]:
    for chunk in chunks:
        keep()
        yield chunk
