"""Look at every record before any is sent, and plan the jobs that will carry them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from batches import translate
from batches.models import Batch
from files import services as files
from providers.base import Limits, MalformedRecordError, RecordError
from providers.records import lines

MOST_ERRORS = 100
# What our id and the like may add to a line on its way upstream.
SLACK_BYTES = 512


@dataclass
class Part:
    """The records that one job will carry."""

    first: int
    records: int = 0
    size: int = 0


@dataclass
class Findings:
    total: int = 0
    model: str = ""
    parts: list[Part] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def blame(self, error: RecordError, line: int | None) -> None:
        self.errors.append(
            {"code": error.code, "message": error.message, "param": error.param, "line": line}
        )


def validate(batch: Batch, limits: Limits, *, keep: Callable[[], None]) -> Findings:
    """Every record of the batch's input: what is wrong, or how to split it. Calls `keep` now and then."""
    findings = Findings()
    seen: set[str] = set()
    try:
        numbered = lines(_watched(files.stream(batch.input_file), keep))
        for line_number, line in numbered:
            try:
                request = translate.read_request(line)
                _check(request, batch, findings, seen, limits)
            except RecordError as error:
                findings.blame(error, line_number)
                if len(findings.errors) == MOST_ERRORS:
                    break
            else:
                _place(findings, len(line) + SLACK_BYTES, limits)
    except MalformedRecordError as error:
        findings.blame(error, None)
    if not findings.total and not findings.errors:
        nothing = MalformedRecordError("The input file holds no requests.", code="empty_file")
        findings.blame(nothing, None)
    return findings


def _check(
    request: translate.Request, batch: Batch, findings: Findings, seen: set[str], limits: Limits
) -> None:
    if request.custom_id in seen:
        raise MalformedRecordError(
            f"The custom_id {request.custom_id[:100]!r} is used by an earlier request: "
            "give each request one of its own.",
            code="duplicate_custom_id",
            param="custom_id",
        )
    seen.add(request.custom_id)
    if request.url != batch.endpoint:
        raise MalformedRecordError(
            f"The url {request.url[:100]!r} is not the batch's endpoint, {batch.endpoint!r}.",
            code="invalid_url",
            param="url",
        )
    _check_model(batch.model_override or request.model, findings, limits)


def _check_model(model: str | None, findings: Findings, limits: Limits) -> None:
    if not findings.model:
        findings.model = model or ""
    if model and limits.one_model and model != findings.model:
        raise MalformedRecordError(
            f"The model {model[:100]!r} differs from the first, {findings.model[:100]!r}: "
            "a batch takes requests for a single model.",
            code="mismatched_model",
            param="body.model",
        )


def _place(findings: Findings, size: int, limits: Limits) -> None:
    part = findings.parts[-1] if findings.parts else None
    if part is None or part.records == limits.records or part.size + size > limits.bytes:
        part = Part(first=findings.total)
        findings.parts.append(part)
    part.records += 1
    part.size += size
    findings.total += 1


def _watched(chunks: Iterable[bytes], keep: Callable[[], None]) -> Iterable[bytes]:
    for chunk in chunks:
        keep()
        yield chunk
