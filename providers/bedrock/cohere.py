"""Cohere's embeddings, versions 3 and 4.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
"""

from typing import Any, ClassVar, Literal, get_args

import msgspec

from providers.bedrock.converse.wire import Wire
from providers.records import Asked, Losses, MalformedRecordError, ProviderBody, Subject
from providers.records.embeddings import (
    EmbeddingAnswer,
    EmbeddingRequest,
    EmbeddingSettings,
    Purpose,
)
from providers.records.rules import Rule, carried, changed, dropped, words_of
from providers.records.shapes import Count, Shape

InputType = Literal["search_document", "search_query", "classification", "clustering", "image"]
DEFAULT: InputType = "search_document"
"""Cohere demands a purpose. This one fits texts that nobody said more about."""

INPUT_TYPES: dict[Purpose, InputType] = {
    "search_document": "search_document",
    "search_query": "search_query",
    "classification": "classification",
    "clustering": "clustering",
    "similarity": "clustering",
    "question_answering": "search_query",
    "fact_verification": "search_query",
    "code_query": "search_query",
}
IMAGES = "Bifrost translates embeddings of texts only. Send images to Cohere at Bedrock itself."
FLOATS = "Bifrost carries floats only. Ask for the type 'float'."


class CohereRequest(Wire):
    input_type: InputType
    texts: list[str] | None = None
    images: list[str] | None = None
    inputs: list[dict[str, Any]] | None = None
    truncate: str | None = None
    embedding_types: list[str] | None = None
    output_dimension: Count | None = None
    max_tokens: Count | None = None


class ByType(Wire):
    floats: list[list[float]] | None = msgspec.field(default=None, name="float")
    int8: Any = None
    uint8: Any = None
    binary: Any = None
    ubinary: Any = None


class CohereResponse(Wire):
    embeddings: list[list[float]] | ByType
    id: str | None = None
    response_type: str | None = None
    texts: list[str] | None = None
    images: Any = None
    inputs: Any = None


_requests: Shape[CohereRequest] = Shape(CohereRequest, where="modelInput")
_answers: Shape[CohereResponse] = Shape(CohereResponse, where="modelOutput")


def _write_purpose(
    body: dict[str, Any], value: Purpose, request: EmbeddingRequest, losses: Losses
) -> None:
    body["input_type"] = INPUT_TYPES[value]


SETTINGS: dict[str, Rule] = {
    "embedding.dimensions": carried("output_dimension", note="version 4 only"),
    "embedding.purpose": changed(
        "input_type",
        _write_purpose,
        note="required there: search_document unless said; other purposes become the nearest",
    ),
    "embedding.truncate": carried("truncate"),
    "embedding.title": dropped("embedding.title", "Cohere takes no titles"),
    "embedding.normalize": dropped("embedding.normalize", "Cohere has no choice of it"),
    "embedding.user": dropped("embedding.user", "Cohere knows no end users"),
}
assert set(INPUT_TYPES) == set(get_args(Purpose))


class Cohere(ProviderBody[EmbeddingRequest, EmbeddingAnswer]):
    name: ClassVar[str] = "bedrock.cohere"
    subject: ClassVar[Subject | None] = "embeddings"
    invocation: ClassVar[str] = "InvokeModel"
    settings: ClassVar[dict[str, Rule]] = SETTINGS
    words: ClassVar[dict[str, str]] = {**words_of(SETTINGS), "embedding.several": "texts"}

    def parse_request(self, raw: bytes, losses: Losses) -> EmbeddingRequest:
        body = _requests.read(raw)
        for name in ("images", "inputs"):
            if getattr(body, name):
                losses.refuse(name, IMAGES)
        if body.input_type == "image":
            losses.refuse("input_type", IMAGES)
        if body.texts is None:
            raise MalformedRecordError(
                "Missing required parameter: 'modelInput.texts'.",
                code="missing_required_parameter",
                param="modelInput.texts",
            )
        if body.embedding_types and body.embedding_types != ["float"]:
            losses.refuse("embedding_types", FLOATS)
        if body.max_tokens is not None:
            losses.drop("max_tokens")
        return EmbeddingRequest(None, body.texts, _parse_settings(body, body.input_type))

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> dict[str, Any]:
        body: dict[str, Any] = {"texts": request.texts, "input_type": DEFAULT}
        for feature, value in request.settings.items():
            SETTINGS[f"embedding.{feature}"].write(body, value, request, losses)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> EmbeddingAnswer:
        answer = _answers.read_answer(raw, losses)
        vectors = answer.embeddings
        if isinstance(vectors, ByType):
            for name in ("int8", "uint8", "binary", "ubinary"):
                if getattr(vectors, name) is not None:
                    losses.drop(f"embeddings.{name}")
            if vectors.floats is None:
                where = "modelOutput.embeddings.float"
                raise MalformedRecordError(
                    f"{where} is missing.", code="missing_required_parameter", param=where
                )
            vectors = vectors.floats
        return EmbeddingAnswer(vectors)

    def render_answer(
        self, answer: EmbeddingAnswer, asked: Asked, losses: Losses
    ) -> dict[str, Any]:
        """Answers to texts repeat them."""
        if answer.model is not None:
            losses.drop("answer.model")
        if answer.tokens is not None:
            losses.drop("answer.usage")
        said = _requests.read(asked.body)
        body: dict[str, Any] = {"id": asked.id, "texts": said.texts or []}
        if said.embedding_types:
            return {
                **body,
                "embeddings": {"float": answer.vectors},
                "response_type": "embeddings_by_type",
            }
        return {**body, "embeddings": answer.vectors, "response_type": "embeddings_floats"}


def _parse_settings(body: CohereRequest, input_type: Any) -> EmbeddingSettings:
    settings: EmbeddingSettings = {"purpose": input_type}
    if body.output_dimension is not None:
        settings["dimensions"] = body.output_dimension
    if body.truncate is not None:
        settings["truncate"] = body.truncate
    return settings


COHERE = Cohere()
