"""From the client's records to the provider's, and from the provider's results to the client's.

The only module that picks dialects: the client's by the envelope of the first line, the provider's by name.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from providers.dialects import DIALECTS, open_like, recognise
from providers.openai.dialect import ENDPOINTS, OPENAI
from providers.records import (
    Body,
    Dialect,
    Failure,
    MalformedRecordError,
    Record,
    RecordError,
    lines,
    upstream_id,
)
from providers.translation import Translation

__all__ = ["ENDPOINTS", "Failure", "Input", "Record", "Share", "dialect_of"]

ENDPOINT_OF = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings"}


def dialect_of(provider: str) -> Dialect:
    return DIALECTS[provider]


@dataclass(frozen=True)
class Share:
    """What one job carries of an input: `records` records, from number `first` on.

    Those that ask for another model do not count, unless `model` is None, nor those that the provider has no
    words for. `mark` is what the ids of its records begin with upstream.
    """

    first: int
    records: int
    model: str | None = None
    mark: str = ""


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

    def sent(self, share: Share) -> Iterator[tuple[int, bytes]]:
        """The lines of a job, each with the line of the input that it stands for."""
        left = share.records
        for number, (line_number, line) in islice(enumerate(self.lines), share.first, None):
            if not left:
                return
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
        for record in islice(self.records(), share.first, None):
            model = self.model_of(record)
            if share.model not in (None, model):
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


def _recognised(line: bytes) -> Dialect:
    try:
        return recognise(line)
    except MalformedRecordError:
        return OPENAI
