"""From the client's records to the provider's, and from the provider's results to the client's.

The only module that picks dialects: the client's by the envelope of the first line, the provider's by name.
"""

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import msgspec

from providers.dialects import DIALECTS, open_like, recognise
from providers.openai.dialect import ENDPOINTS, OPENAI
from providers.records import (
    Body,
    Dialect,
    Failure,
    MalformedRecordError,
    ProviderBody,
    Record,
    RecordError,
    lines,
    upstream_id,
)
from providers.translation import Translation

__all__ = ["ENDPOINTS", "Failure", "Input", "Record", "Share", "Told", "dialect_of"]

# The envelope of a record that was sent in another dialect, where a surface's results repeat some of it.
STAND_INS: dict[str, Callable[[str], dict[str, Any]]] = {
    "anthropic": lambda custom_id: {"custom_id": custom_id},
    "gemini": lambda custom_id: {"metadata": {"key": custom_id}},
}
ENDPOINT_OF = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings"}


def dialect_of(provider: str) -> Dialect:
    return DIALECTS[provider]


@dataclass(frozen=True)
class Share:
    """What one job carries of an input: `records` records, from number `first` on.

    Those that ask for another model do not count, unless `model` is None, nor those that the provider has no
    words for, nor, unless `chosen` is None, those of another number. `mark` is what the ids of its records
    begin with upstream.
    """

    first: int
    records: int
    model: str | None = None
    mark: str = ""
    chosen: Set[int] | None = None

    def has(self, number: int) -> bool:
        """Whether a record behind the first of the job's may be one of its."""
        return self.chosen is None or number in self.chosen


class Input:
    """The lines of an input file, in the dialect of the first of them, on their way to a provider.

    A first line that no dialect knows counts as OpenAI's, whose errors say best what a record needs.
    `model` is the one to ask for instead of the client's. Can be read once.
    """

    def __init__(
        self, chunks: Iterable[bytes], *, provider: str, model: str = "", created: int = 0
    ) -> None:
        numbered = lines(chunks)
        first = next(numbered, None)
        self.lines = chain([first] if first else [], numbered)
        self.dialect = _recognised(first[1]) if first else OPENAI
        self.translation = Translation(
            self.dialect, DIALECTS[provider], model=model, created=created
        )
        self._target = DIALECTS[provider]
        self._model = model
        self._created = created

    def opened(self) -> Iterator[tuple[int, bytes, Record | RecordError]]:
        """Each line with its number, and its record or what is wrong with it."""
        for number, line in self.lines:
            try:
                yield number, line, open_like(self.dialect, line, model=self._model)
            except RecordError as error:
                yield number, line, error

    def records(self) -> Iterator[Record]:
        """The records of a validated file. Raises MalformedRecordError if it is not."""
        return (self.translation.open(line) for _, line in self.lines)

    def model_of(self, record: Record) -> str:
        """The model that will answer it. Raises MalformedRecordError."""
        return self._model or record.body.model_of(record.content) or ""

    def endpoint_of(self, record: Record) -> str:
        """The endpoint that a record is for: OpenAI's lines name it, the others' only tell."""
        if self.dialect is OPENAI or record.body.subject is None:
            return record.body.name
        return ENDPOINT_OF[record.body.subject]

    def told(self) -> "Told":
        """Tells the results in the input's own dialect."""
        return Told(self, self.translation)

    def told_in(self, dialect: str) -> "Told":
        """Tells them in that of a surface, whose results are typed: see STAND_INS."""
        if dialect == self.dialect.name:
            return self.told()
        wanted = DIALECTS[dialect]
        model, created = self._model, self._created
        return Retold(self, Translation(wanted, self._target, model=model, created=created), wanted)

    def sent(self, share: Share) -> Iterator[tuple[int, bytes]]:
        """The lines of a job, each with the line of the input that it stands for."""
        left = share.records
        for number, (line_number, line) in islice(enumerate(self.lines), share.first, None):
            if not left:
                return
            if not share.has(number):
                continue
            record = self.translation.open(line)
            if share.model is not None and self.model_of(record) != share.model:
                continue
            try:
                said = self.translation.request(record, share.mark + upstream_id(number))
            except RecordError:
                continue
            left -= 1
            yield line_number, said

    def invocation(self, share: Share) -> str:
        """How the records of a job call their model, told by the first; empty where nobody needs to know."""
        for number, record in islice(enumerate(self.records()), share.first, None):
            model = self.model_of(record)
            if share.model not in (None, model) or not share.has(number):
                continue
            if body := self._body_for(record, model):
                return getattr(body, "invocation", "")
        return ""

    def _body_for(self, record: Record, model: str) -> Body[Any, Any] | None:
        """The body that a record is sent as."""
        if self.translation.untouched:
            return record.body
        subject = record.body.subject
        return self._target.body_for(subject, model) if subject else None


class Told:
    """Tells a client what became of its records, each by its number and what it is."""

    def __init__(self, source: Input, translation: Translation) -> None:
        self.source = source
        self.translation = translation

    def result(
        self, number: int, record: Record, result_id: str, line: bytes, *, succeeded: bool = False
    ) -> tuple[bool, bytes]:
        """As Translation.result."""
        return self.translation.result(record, result_id, line, succeeded=succeeded)

    def failure(self, number: int, record: Record, result_id: str, failure: Failure) -> bytes:
        return self.translation.failure(record, result_id, failure)


class Retold(Told):
    """In another dialect than the input's, and from what the provider said: never translated twice."""

    def __init__(self, source: Input, translation: Translation, wanted: Dialect) -> None:
        super().__init__(source, translation)
        self.wanted = wanted

    def result(
        self, number: int, record: Record, result_id: str, line: bytes, *, succeeded: bool = False
    ) -> tuple[bool, bytes]:
        asked = self._stand_in(number, record)
        # What was sent as it came was answered in the words of the question.
        body = record.body if self.source.translation.untouched else None
        if asked is None or not isinstance(body, ProviderBody | None):
            vendor = self.wanted.vendor
            why = (
                f"{record.body.name} has no words in {vendor}'s API: read the batch's output file."
            )
            return False, self.failure(number, record, result_id, Failure("unsupported", why))
        return self.translation.result(asked, result_id, line, answered=body)

    def failure(self, number: int, record: Record, result_id: str, failure: Failure) -> bytes:
        custom_id, line = self._id(number, record), self._line(number, record)
        asked = msgspec.structs.replace(record, custom_id=custom_id, line=line)
        return self.translation.failure(asked, result_id, failure)

    def _stand_in(self, number: int, record: Record) -> Record | None:
        """The record as a client of the other dialect would have sent it, as far as a result repeats it."""
        model = self.source.model_of(record)
        subject = record.body.subject
        body = self.wanted.body_for(subject, model) if subject else None
        if body is None:
            return None
        content = msgspec.json.encode({"model": model})
        return Record(self._id(number, record), body, content, self._line(number, record), True)

    def _line(self, number: int, record: Record) -> bytes:
        return msgspec.json.encode(STAND_INS[self.wanted.name](self._id(number, record)))

    def _id(self, number: int, record: Record) -> str:
        return record.custom_id or upstream_id(number)


def _recognised(line: bytes) -> Dialect:
    try:
        return recognise(line)
    except MalformedRecordError:
        return OPENAI
