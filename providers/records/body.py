"""Bodies: how clients and providers word what is inside an envelope."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec

from providers.records.losses import Losses

Subject = Literal["chat", "embeddings"]
Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What a client asked, for an answer that must repeat some of it.

    `id` is ours and unique, `created` is in Unix seconds, `body` is the client's request as it came.
    """

    id: str
    model: str
    created: int
    body: bytes


class Body(ABC, Generic[Question, Answer]):
    """How clients of one API word a request and read its answer.

    The raw bytes are JSON on one line. Every method may raise MalformedRecordError, with the path of the
    field, and UnsupportedFeatureError, and no other exception. What is rendered is a new JSON object.
    """

    name: ClassVar[str]
    subject: ClassVar[Subject | None]
    words: ClassVar[dict[str, str]]
    """How its clients name the features of the neutral form."""

    family: ClassVar[str] = ""
    """Bodies of one family are the same but for a few fields: raw ones may change places. See `dress`."""

    @abstractmethod
    def parse_request(self, raw: bytes, losses: Losses) -> Question: ...

    @abstractmethod
    def render_answer(self, answer: Answer, asked: Asked, losses: Losses) -> dict[str, Any]: ...

    def model_of(self, raw: bytes) -> str | None:
        """The model that a request names; None where its API names it elsewhere."""
        return None

    def dress(self, raw: bytes, model: str, losses: Losses) -> bytes:
        """A request in the words of another body of this family, with the few fields changed."""
        raise NotImplementedError  # only bodies with a family are asked


class ProviderBody(Body[Question, Answer]):
    """A body that a provider takes, too, and so the way of a record there and back."""

    @abstractmethod
    def render_request(self, request: Question, losses: Losses) -> dict[str, Any]: ...

    @abstractmethod
    def parse_answer(self, raw: bytes, losses: Losses) -> Answer: ...
