"""A dialect: the envelopes of one vendor's batch files, and the bodies inside them."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import msgspec

from providers.records.body import Body, ProviderBody, Subject
from providers.records.envelope import Failure
from providers.records.used import TokenReader


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record in, with its envelope open.

    `line` is the envelope itself and `content` the body in it, untouched. `custom_id` is None where the
    dialect lets it be absent. `more` says that the envelope has keys that the dialect does not know.
    """

    custom_id: str | None
    body: Body[Any, Any]
    content: bytes
    line: bytes
    more: bool = False


class Result(msgspec.Struct, frozen=True, gc=False):
    """One record out.

    `id` is the one that we sent upstream; `outcome` is the answer's body, untouched, or why there is none.
    """

    id: str
    outcome: msgspec.Raw | Failure
    line: bytes

    @property
    def succeeded(self) -> bool:
        return not isinstance(self.outcome, Failure)


class Dialect(ABC):
    """Opens and seals lines. All bytes are one line of JSON without its end.

    Opening raises MalformedRecordError where a line does not have the dialect's shape, with OpenAI's code for
    what is wrong and the path of the field.
    """

    name: ClassVar[str]
    vendor: ClassVar[str]
    """What its vendor is called in a sentence."""

    holds: ClassVar[str]
    """The key of the envelope that holds the body. No two dialects share it, so it tells them apart."""

    used: ClassVar[TokenReader]
    """What the answer in a line of results took."""

    @abstractmethod
    def open(self, line: bytes, *, model: str = "") -> Record:
        """A line of an input file. `model` is the batch's: it tells bodies apart that are much alike."""

    @abstractmethod
    def seal(self, record_id: str, body: ProviderBody[Any, Any], content: bytes) -> bytes:
        """A line to send upstream, around a body that was rendered."""

    @abstractmethod
    def reseal(self, record: Record, record_id: str, *, model: str = "") -> bytes:
        """The record's own line under our id. The body stays byte for byte, but for a model given here."""

    @abstractmethod
    def open_result(self, line: bytes) -> Result:
        """A line that the provider wrote."""

    @abstractmethod
    def seal_result(self, record: Record, result_id: str, answer: bytes) -> bytes:
        """A line for the client, around the body of an answer in its own words."""

    @abstractmethod
    def reseal_result(self, record: Record, line: bytes) -> bytes:
        """The provider's line under the client's id; all else stays as the provider said it."""

    @abstractmethod
    def seal_failure(self, record: Record, result_id: str, failure: Failure) -> bytes:
        """A line for the client that says why its record has no answer, in the vendor's words for it."""

    @abstractmethod
    def body_for(self, subject: Subject, model: str) -> ProviderBody[Any, Any] | None:
        """The body in which the provider takes such a record for a model; None if its batches have none."""
