"""The endpoints whose bodies only OpenAI understands."""

from typing import Any, NoReturn

from providers.openai.model import read_model
from providers.records import Asked, Body, Losses, UnsupportedFeatureError


class Opaque(Body[Any, Any]):
    """A body that goes to OpenAI as it is, or nowhere."""

    subject = None
    words = {}

    def __init__(self, url: str) -> None:
        self.name = url  # type: ignore[misc] # the name of the class's one instance elsewhere

    def model_of(self, raw: bytes) -> str | None:
        return read_model(raw)

    def parse_request(self, raw: bytes, losses: Losses) -> NoReturn:
        raise UnsupportedFeatureError(
            f"{self.name[:100]} has no translation: only OpenAI takes its requests.", param="url"
        )

    def render_answer(self, answer: Any, asked: Asked, losses: Losses) -> NoReturn:
        raise UnsupportedFeatureError(f"{self.name[:100]} has no translation.", param="url")
