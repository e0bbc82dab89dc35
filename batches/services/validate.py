"""Look at every record before any is sent, and plan the jobs that will carry them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from batches import translate
from batches.models import Batch
from files import services as files
from providers.base import Limits, MalformedRecordError, RecordError
from providers.models import NotAllowedError
from providers.records import LineTooLongError, says_twice, upstream_id

MOST_ERRORS = 100
# What our id and the like may add to a line on its way upstream.
SLACK_BYTES = 512
# Each is a job of its own where a job has one model.
MOST_MODELS = 50
LONGEST_MODEL = 255


@dataclass
class Part:
    """The records that one job will carry: see translate.Share. `chosen` is empty if they are not chosen."""

    first: int
    model: str = ""
    records: int = 0
    size: int = 0
    chosen: list[int] = field(default_factory=list)


@dataclass
class Findings:
    """What an input holds.

    `refused` of its records have no words at the provider, and `dropped` says how many lose what.
    """

    total: int = 0
    refused: int = 0
    model: str = ""
    parts: list[Part] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    open: dict[str, Part] = field(default_factory=dict)

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


def validate(batch: Batch, limits: Limits, *, keep: Callable[[], None]) -> Findings:
    """Every record of the batch's input: what is wrong, or how to split it. Calls `keep` now and then."""
    findings = Findings()
    chunks = _watched(files.stream(batch.input_file), keep)
    try:
        source = translate.Input(chunks, provider=batch.provider, model=batch.model_override)
        check = _Check(batch, source, findings, limits)
        for line_number, line, record in source.opened():
            try:
                check.record(line, record)
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
    return findings


class _Check:
    """Looks at one record after the other."""

    def __init__(
        self, batch: Batch, source: translate.Input, findings: Findings, limits: Limits
    ) -> None:
        self.endpoint = batch.endpoint
        self.source = source
        self.findings = findings
        self.limits = limits
        self.seen: set[str] = set()
        self.key = batch.virtual_key
        self.allowed: set[str] = set()

    def record(self, line: bytes, record: translate.Record | RecordError) -> None:
        """Raises RecordError for what fails the whole batch."""
        if isinstance(record, RecordError):
            raise record
        self._custom_id(record)
        self._endpoint(record)
        model = self._model(record)
        if self.source.translation.untouched:
            if self.source.translation.refusal(record):
                self.findings.leave_out()
            else:
                self.findings.place(model, len(line) + SLACK_BYTES, self.limits)
            return
        try:
            said = self.source.translation.request(record, upstream_id(0))
        except RecordError:
            self.findings.leave_out()
        else:
            self.findings.place(model, len(said) + SLACK_BYTES, self.limits)

    def _custom_id(self, record: translate.Record) -> None:
        if record.custom_id is None:
            return
        if record.custom_id in self.seen:
            raise MalformedRecordError(
                f"The custom_id {record.custom_id[:100]!r} is used by an earlier request: "
                "give each request one of its own.",
                code="duplicate_custom_id",
                param="custom_id",
            )
        self.seen.add(record.custom_id)

    def _endpoint(self, record: translate.Record) -> None:
        endpoint = self.source.endpoint_of(record)
        if endpoint != self.endpoint:
            raise MalformedRecordError(
                f"The url {endpoint[:100]!r} is not the batch's endpoint, {self.endpoint!r}.",
                code="invalid_url",
                param="url",
            )

    def _model(self, record: translate.Record) -> str:
        model = self.source.model_of(record)
        self._allowed(record, model)
        if not self.findings.model:
            self.findings.model = model
        if self.limits.one_model and model not in self.findings.open:
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
        return model

    def _allowed(self, record: translate.Record, model: str) -> None:
        if self.key is None or not self.key.allowed_models:
            return
        if self.source.translation.untouched and says_twice(record.content, "model"):
            raise MalformedRecordError(
                "The body names its model twice: name it once.",
                code="duplicate_key",
                param="body.model",
            )
        if model in self.allowed:
            return
        try:
            self.key.check_model(model)
        except NotAllowedError as error:
            raise MalformedRecordError(
                str(error), code="model_not_allowed", param="body.model"
            ) from None
        if len(self.allowed) < MOST_MODELS:
            self.allowed.add(model)


def _watched(chunks: Iterable[bytes], keep: Callable[[], None]) -> Iterable[bytes]:
    for chunk in chunks:
        keep()
        yield chunk
