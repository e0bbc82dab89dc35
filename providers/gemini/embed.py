"""The body of embedContent. https://ai.google.dev/api/embeddings"""

from typing import Any, ClassVar

from providers.gemini.models import model_of, plain_model
from providers.gemini.names import GoogleShape, Message
from providers.records import Asked, Losses, MalformedRecordError, ProviderBody, Subject
from providers.records.embeddings import (
    EmbeddingAnswer,
    EmbeddingRequest,
    EmbeddingSettings,
    Purpose,
)
from providers.records.rules import (
    Alone,
    OnlyHere,
    Rendered,
    Rule,
    carried,
    changed,
    dropped,
    words_of,
)
from providers.records.shapes import Count

# https://ai.google.dev/api/embeddings#v1beta.TaskType
TASKS: dict[Purpose, str] = {
    "search_query": "RETRIEVAL_QUERY",
    "search_document": "RETRIEVAL_DOCUMENT",
    "similarity": "SEMANTIC_SIMILARITY",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "question_answering": "QUESTION_ANSWERING",
    "fact_verification": "FACT_VERIFICATION",
    "code_query": "CODE_RETRIEVAL_QUERY",
}
PURPOSES = {task: purpose for purpose, task in TASKS.items()}


class _Part(Message):
    text: str | None = None
    inline_data: Any = None
    file_data: Any = None


class _Content(Message):
    parts: list[_Part] | None = None
    role: str | None = None


class _Config(Message):
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: Count | None = None
    auto_truncate: bool | None = None
    mime_type: str | None = None
    document_ocr: bool | None = None
    audio_track_extraction: bool | None = None


class _Request(Message):
    content: _Content
    model: str | None = None
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: Count | None = None
    embed_content_config: _Config | None = None


class _Embedding(Message):
    values: list[float] | None = None
    shape: Any = None
    statistics: Any = None


class _Usage(Message):
    prompt_token_count: Count | None = None
    prompt_token_details: Any = None
    prompt_tokens_details: Any = None


class _Response(Message):
    embedding: _Embedding | None = None
    usage_metadata: _Usage | None = None
    token_count: Count | None = None


ALONE = OnlyHere(
    {
        "mime_type": Alone(),
        "document_ocr": Alone(harmless=(False,)),
        "audio_track_extraction": Alone(harmless=(False,)),
    }
)
ALONE_IN_EMBEDDING = OnlyHere({"shape": Alone(), "statistics": Alone()})
ALONE_IN_USAGE = OnlyHere(
    {
        "prompt_token_details": Alone(),
        "prompt_tokens_details": Alone(),
    }
)
_REQUEST: GoogleShape[_Request] = GoogleShape(_Request, where="request")
_RESPONSE: GoogleShape[_Response] = GoogleShape(_Response, where="response")


def _purpose(body: Rendered, value: Purpose, request: EmbeddingRequest, losses: Losses) -> None:
    body["taskType"] = TASKS[value]


SETTINGS: dict[str, Rule] = {
    "embedding.dimensions": carried("outputDimensionality"),
    "embedding.purpose": changed("taskType", _purpose, note="In Google's words."),
    "embedding.title": carried("title"),
    "embedding.normalize": dropped("embedding.normalize", "Gemini's models decide it themselves."),
    "embedding.truncate": dropped("embedding.truncate", "Gemini's models decide it themselves."),
    "embedding.user": dropped("embedding.user", "Gemini asks for no end users."),
}
WORDS = {
    **words_of(SETTINGS),
    "embedding.several": "content",
    "embedding.truncate": "embedContentConfig.autoTruncate",
    "mime_type": "embedContentConfig.mimeType",
    "document_ocr": "embedContentConfig.documentOcr",
    "audio_track_extraction": "embedContentConfig.audioTrackExtraction",
    "shape": "embedding.shape",
    "statistics": "embedding.statistics",
    "prompt_token_details": "usageMetadata.promptTokenDetails",
    "prompt_tokens_details": "usageMetadata.promptTokensDetails",
}


class Embed(ProviderBody[EmbeddingRequest, EmbeddingAnswer]):
    """One text and its vector."""

    name = "gemini.embedContent"
    subject: ClassVar[Subject | None] = "embeddings"
    words = WORDS
    settings: ClassVar[dict[str, Rule]] = SETTINGS

    def parse_request(self, raw: bytes, losses: Losses) -> EmbeddingRequest:
        request = _REQUEST.read(raw)
        settings: EmbeddingSettings = {}
        for said in (request.embed_content_config, request):
            if said is not None:
                _parse_settings(said, settings)
        config = request.embed_content_config
        if config is not None:
            ALONE.leave(config, losses)
            if config.auto_truncate is not None:
                settings["truncate"] = "END" if config.auto_truncate else "NONE"
        return EmbeddingRequest(
            plain_model(request.model), [_text(request.content, losses)], settings
        )

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> dict[str, Any]:
        if len(request.texts) != 1:
            losses.refuse(
                "embedding.several", "Gemini embeds one text in a record. Send a record for each."
            )
        body: dict[str, Any] = {"content": {"parts": [{"text": request.texts[0]}]}}
        for feature, value in request.settings.items():
            SETTINGS[f"embedding.{feature}"].write(body, value, request, losses)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> EmbeddingAnswer:
        response = _RESPONSE.read_answer(raw, losses)
        embedding = response.embedding
        if embedding is None or embedding.values is None:
            where = "response.embedding.values"
            raise MalformedRecordError(
                f"Missing required parameter: '{where}'.",
                code="missing_required_parameter",
                param=where,
            )
        ALONE_IN_EMBEDDING.leave(embedding, losses)
        tokens = response.token_count
        if response.usage_metadata is not None:
            ALONE_IN_USAGE.leave(response.usage_metadata, losses)
            tokens = response.usage_metadata.prompt_token_count or tokens
        return EmbeddingAnswer([embedding.values], tokens)

    def render_answer(
        self, answer: EmbeddingAnswer, asked: Asked, losses: Losses
    ) -> dict[str, Any]:
        if len(answer.vectors) != 1:
            losses.refuse("embedding.several", "Gemini answers a record with one vector.")
        body: dict[str, Any] = {"embedding": {"values": answer.vectors[0]}}
        if answer.tokens is not None:
            body["usageMetadata"] = {"promptTokenCount": answer.tokens}
        if answer.model is not None:
            losses.drop("answer.model")
        return body

    def model_of(self, raw: bytes) -> str | None:
        return model_of(raw)


def _parse_settings(said: _Config | _Request, settings: EmbeddingSettings) -> None:
    if said.output_dimensionality is not None:
        settings["dimensions"] = said.output_dimensionality
    if said.title is not None:
        settings["title"] = said.title
    if said.task_type not in (None, "TASK_TYPE_UNSPECIFIED"):
        if said.task_type not in PURPOSES:
            where = "request.taskType"
            raise MalformedRecordError(
                f"Invalid {where}: {said.task_type!r} is no task type.",
                code="invalid_value",
                param=where,
            )
        settings["purpose"] = PURPOSES[said.task_type]


def _text(content: _Content, losses: Losses) -> str:
    """Google makes one vector of all parts together."""
    texts = []
    for part in content.parts or ():
        if part.inline_data is not None or part.file_data is not None:
            losses.refuse("content.parts[]", "only Gemini makes vectors of media. Send text.")
        texts.append(part.text or "")
    if not texts:
        raise MalformedRecordError(
            "Missing required parameter: 'request.content.parts'.",
            code="missing_required_parameter",
            param="request.content.parts",
        )
    return "\n".join(texts)


EMBED = Embed()
