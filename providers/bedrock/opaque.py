"""Bodies that Bifrost does not know. They travel to Bedrock as they are, and nowhere else."""

from typing import Any, ClassVar, NoReturn

from providers.records import Asked, Body, Losses, Subject


class Opaque(Body[Any, Any]):
    name: ClassVar[str] = "modelInput"
    subject: ClassVar[Subject | None] = None
    invocation: ClassVar[str] = "InvokeModel"
    words: ClassVar[dict[str, str]] = {}

    def parse_request(self, raw: bytes, losses: Losses) -> NoReturn:
        losses.refuse(self.name, "Bifrost does not know what kind of body this is.")

    def render_answer(self, answer: Any, asked: Asked, losses: Losses) -> NoReturn:
        losses.refuse(self.name, "Bifrost does not know what kind of body this is.")


OPAQUE = Opaque()
