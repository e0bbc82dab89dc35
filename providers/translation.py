"""Translation: a record from the client's dialect to the provider's, and what became of it back."""

from collections import Counter
from typing import Any

import msgspec

from providers.records import (
    Asked,
    Body,
    Dialect,
    Failure,
    FailureKind,
    Losses,
    MalformedRecordError,
    ProviderBody,
    Record,
    RecordError,
    UnsupportedFeatureError,
)
from providers.records.references import refuse_our_files

_encoder = msgspec.json.Encoder()
_TOO_DEEP = MalformedRecordError(
    "The body is nested too deeply.", code="invalid_value", param="body"
)


class Said(msgspec.Struct, frozen=True, gc=False):
    """A request in the words of a provider: the body that these are, and its bytes."""

    body: ProviderBody[Any, Any]
    content: bytes


class Translation:
    """Carries the records of one batch to a provider's dialect, and their results back.

    `model` is the one to ask for instead of the client's; empty to ask for the client's own. `created` is the
    time, in Unix seconds, of answers whose provider tells none.
    """

    def __init__(
        self, source: Dialect, target: Dialect, *, model: str = "", created: int = 0
    ) -> None:
        self._source = source
        self._target = target
        self._same = source is target
        self._model = model
        self._created = created
        self._request_losses: dict[str, Losses] = {}
        self._answer_losses: dict[tuple[str, str], Losses] = {}
        self.failures: Counter[FailureKind] = Counter()
        """How many results were failures, by kind."""

    @property
    def dropped(self) -> Counter[str]:
        """How many requests lost each hint, in the client's words for it."""
        return _total(self._request_losses.values())

    @property
    def dropped_from_answers(self) -> Counter[str]:
        """How many answers lost each field, in the provider's words for it."""
        return _total(self._answer_losses.values())

    @property
    def untouched(self) -> bool:
        """Whether both sides speak one dialect, so that nothing but ids and models changes."""
        return self._same

    def open(self, line: bytes) -> Record:
        """Raises MalformedRecordError."""
        return self._source.open(line, model=self._model)

    def request(self, record: Record, record_id: str) -> bytes:
        """The line to send upstream under our id. Raises RecordError: this record fails, others do not."""
        return self.sealed(record, record_id, self.said(record))

    def said(self, record: Record) -> Said | None:
        """The record in the provider's words; None if it goes as it came. Raises RecordError as `request`."""
        if self._same:
            refuse_our_files(record.content)
            return None
        model = self._model_for(record)
        body = self._body_for(record, model)
        losses = self._losses_of(record.body)
        try:
            content = self._render(record, body, model, losses)
        except RecursionError:
            losses.forget()
            raise _TOO_DEEP from None
        except RecordError:
            losses.forget()
            raise
        losses.settle()
        return Said(body, content)

    def sealed(self, record: Record, record_id: str, said: Said | None) -> bytes:
        """The line to send upstream of what was said of the record."""
        if said is None:
            return self._target.reseal(record, record_id, model=self._model)
        return self._target.seal(record_id, said.body, said.content)

    def result(
        self,
        record: Record,
        result_id: str,
        line: bytes,
        *,
        succeeded: bool = False,
        answered: ProviderBody[Any, Any] | None = None,
    ) -> tuple[bool, bytes]:
        """Whether the record has an answer, and the line that tells the client. `result_id` is unique.

        `succeeded` says that the line is known to hold an answer. `answered` is the body of which the answer
        is, if it is not that in which the record would be sent. Raises MalformedRecordError if the provider's
        line is none of its dialect.
        """
        # The short way of most results: nobody needs to look at them again.
        if succeeded and self._same:
            return True, self._source.reseal_result(record, line)
        result = self._target.open_result(line)
        outcome: bytes | Failure = result.outcome
        if not (self._same or isinstance(outcome, Failure)):
            outcome = self._answer(record, result_id, outcome, answered)
        if isinstance(outcome, Failure):
            self.failures[outcome.kind] += 1
        if self._same:
            return result.succeeded, self._source.reseal_result(record, line)
        if isinstance(outcome, Failure):
            return False, self._source.seal_failure(record, result_id, outcome)
        return True, self._source.seal_result(record, result_id, outcome)

    def refusal(self, record: Record) -> Failure | None:
        """Why `request` refuses the record, if it does."""
        try:
            self.said(record)
        except UnsupportedFeatureError as error:
            return Failure("unsupported", error.message, error.code)
        except RecordError as error:
            return Failure("malformed", error.message, error.code)
        return None

    def failure(self, record: Record, result_id: str, failure: Failure) -> bytes:
        """The line that tells the client why its record has no answer."""
        self.failures[failure.kind] += 1
        return self._source.seal_failure(record, result_id, failure)

    def _render(
        self, record: Record, body: ProviderBody[Any, Any], model: str, losses: Losses
    ) -> bytes:
        if body.family and body.family == record.body.family:
            return body.dress(record.content, model, losses)
        question = record.body.parse_request(record.content, losses)
        if self._model:
            question = msgspec.structs.replace(question, model=self._model)
        return _encoder.encode(body.render_request(question, losses))

    def _answer(
        self,
        record: Record,
        result_id: str,
        raw: bytes,
        answered: ProviderBody[Any, Any] | None,
    ) -> bytes | Failure:
        try:
            model = self._model_for(record)
            body = answered or self._body_for(record, model)
        except RecordError as error:
            return _untold(error)
        if body.family and body.family == record.body.family:
            return raw
        losses = self._answer_losses_of(record.body, body)
        asked = Asked(result_id, model, self._created, record.content)
        try:
            answer = body.parse_answer(raw, losses)
            rendered = _encoder.encode(record.body.render_answer(answer, asked, losses))
        except RecordError as error:
            losses.forget()
            return _untold(error)
        except RecursionError:
            losses.forget()
            return Failure("malformed", "The answer is nested too deeply.")
        losses.settle()
        return rendered

    def _body_for(self, record: Record, model: str) -> ProviderBody[Any, Any]:
        subject = record.body.subject
        body = self._target.body_for(subject, model) if subject else None
        if body is None:
            raise UnsupportedFeatureError(
                f"{record.body.name} cannot be sent to {self._target.vendor}: "
                "it has no batches of that kind.",
                param=record.body.name,
            )
        return body

    def _model_for(self, record: Record) -> str:
        return self._model or record.body.model_of(record.content) or ""

    def _losses_of(self, body: Body[Any, Any]) -> Losses:
        losses = self._request_losses.get(body.name)
        if losses is None:
            losses = self._request_losses[body.name] = Losses(self._target.vendor, body.words)
        return losses

    def _answer_losses_of(self, body: Body[Any, Any], provider: ProviderBody[Any, Any]) -> Losses:
        key = (provider.name, body.name)
        losses = self._answer_losses.get(key)
        if losses is None:
            losses = self._answer_losses[key] = Losses(self._source.vendor, provider.words)
        return losses


def _untold(error: RecordError) -> Failure:
    return Failure("malformed", f"The answer cannot be told: {error.message}", error.code)


def _total(losses: Any) -> Counter[str]:
    return sum((each.counts for each in losses), Counter())
