"""Titan's embeddings, one text for each record.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
"""

from typing import Any, ClassVar

import msgspec

from providers.bedrock import families
from providers.bedrock.converse.wire import Wire
from providers.records import Asked, Losses, MalformedRecordError, ProviderBody, Subject
from providers.records.embeddings import EmbeddingAnswer, EmbeddingRequest, EmbeddingSettings
from providers.records.rules import Rule, changed, dropped, words_of
from providers.records.shapes import Count, Shape

ONE_TEXT = "it takes one text for each record. Give each its own."
FLOATS = "Bifrost carries floats only. Ask for the type 'float'."


class TitanRequest(Wire):
    inputText: str
    dimensions: Count | None = None
    normalize: bool | None = None
    embeddingTypes: list[str] | None = None


class ByType(Wire):
    floats: list[float] | None = msgspec.field(default=None, name="float")
    binary: list[int] | None = None


class TitanResponse(Wire):
    embedding: list[float] | None = None
    inputTextTokenCount: Count | None = None
    embeddingsByType: ByType | None = None


_requests: Shape[TitanRequest] = Shape(TitanRequest, where="modelInput")
_answers: Shape[TitanResponse] = Shape(TitanResponse, where="modelOutput")


def _write_later(feature: str) -> Any:
    """A setting that the first Titan does not have."""

    def write(body: dict[str, Any], value: Any, request: EmbeddingRequest, losses: Losses) -> None:
        if families.is_later_titan(request.model or ""):
            body[feature] = value
        elif feature == "dimensions":
            losses.refuse(
                "embedding.dimensions", "the first Titan has one size. Choose a later model."
            )
        else:
            losses.drop(f"embedding.{feature}")

    return write


SETTINGS: dict[str, Rule] = {
    "embedding.dimensions": changed(
        "dimensions", _write_later("dimensions"), note="refused for the first Titan, of one size"
    ),
    "embedding.normalize": changed(
        "normalize", _write_later("normalize"), note="dropped for the first Titan"
    ),
    "embedding.purpose": dropped("embedding.purpose", "Titan embeds for all purposes alike"),
    "embedding.title": dropped("embedding.title", "Titan takes no titles"),
    "embedding.truncate": dropped("embedding.truncate", "Titan has no choice of it"),
    "embedding.user": dropped("embedding.user", "Titan knows no end users"),
}


class Titan(ProviderBody[EmbeddingRequest, EmbeddingAnswer]):
    name: ClassVar[str] = "bedrock.titan"
    subject: ClassVar[Subject | None] = "embeddings"
    invocation: ClassVar[str] = "InvokeModel"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    words: ClassVar[dict[str, str]] = {**words_of(SETTINGS), "embedding.several": "inputText"}

    def parse_request(self, raw: bytes, losses: Losses) -> EmbeddingRequest:
        body = _requests.read(raw)
        if body.embeddingTypes and body.embeddingTypes != ["float"]:
            losses.refuse("embeddingTypes", FLOATS)
        settings: EmbeddingSettings = {}
        if body.dimensions is not None:
            settings["dimensions"] = body.dimensions
        if body.normalize is not None:
            settings["normalize"] = body.normalize
        return EmbeddingRequest(None, [body.inputText], settings)

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> dict[str, Any]:
        if len(request.texts) != 1:
            losses.refuse("embedding.several", ONE_TEXT)
        body: dict[str, Any] = {"inputText": request.texts[0]}
        for feature, value in request.settings.items():
            SETTINGS[f"embedding.{feature}"].write(body, value, request, losses)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> EmbeddingAnswer:
        answer = _answers.read_answer(raw, losses)
        by_type = answer.embeddingsByType
        if by_type is not None and by_type.binary is not None:
            losses.drop("embeddingsByType.binary")
        vector = answer.embedding
        if vector is None and by_type is not None:
            vector = by_type.floats
        if vector is None:
            where = "modelOutput.embedding"
            raise MalformedRecordError(
                f"{where} is missing.", code="missing_required_parameter", param=where
            )
        return EmbeddingAnswer([vector], answer.inputTextTokenCount)

    def render_answer(
        self, answer: EmbeddingAnswer, asked: Asked, losses: Losses
    ) -> dict[str, Any]:
        """The count is required there, and 0 where the provider told none."""
        if answer.model is not None:
            losses.drop("answer.model")
        if len(answer.vectors) != 1:
            losses.refuse("embedding.several", "a Titan answer has exactly one vector.")
        (vector,) = answer.vectors
        return {
            "embedding": vector,
            "inputTextTokenCount": answer.tokens or 0,
            "embeddingsByType": {"float": vector},
        }


TITAN = Titan()
