"""Embeddings: https://platform.openai.com/docs/api-reference/embeddings/create"""

import base64
import binascii
import struct
from operator import attrgetter
from typing import Any, Literal

import msgspec

from providers.openai.model import read_model
from providers.records import Asked, Losses, MalformedRecordError, ProviderBody
from providers.records.embeddings import EmbeddingAnswer, EmbeddingRequest, EmbeddingSettings
from providers.records.errors import NO_JSON
from providers.records.rules import Rendered, Rule, carried, dropped, words_of
from providers.records.shapes import Count, Shape

FLOAT_BYTES = 4
SETTINGS: dict[str, Rule] = {
    "embedding.dimensions": carried("dimensions"),
    "embedding.purpose": dropped("embedding.purpose", "OpenAI's vectors serve any purpose."),
    "embedding.title": dropped("embedding.title", "OpenAI embeds the text alone."),
    "embedding.normalize": dropped(
        "embedding.normalize", "OpenAI's vectors always have the length 1."
    ),
    "embedding.truncate": dropped("embedding.truncate", "OpenAI never shortens a text."),
    "embedding.user": carried("user"),
}


class _Wire(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    pass


class _Request(_Wire):
    input: str | list[str | int | list[int]]
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Count | None = None
    user: str | None = None


class _Vector(_Wire):
    embedding: list[float] | str
    index: Count = 0
    object: str | None = None


class _Usage(_Wire):
    prompt_tokens: Count | None = None
    total_tokens: Count | None = None


class _Answer(_Wire):
    data: list[_Vector]
    object: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class _Format(msgspec.Struct, gc=False):
    encoding_format: str | None = None


_request: Shape[_Request] = Shape(_Request)
_answer: Shape[_Answer] = Shape(_Answer, where="response.body")
_format = msgspec.json.Decoder(_Format)


class Embeddings(ProviderBody[EmbeddingRequest, EmbeddingAnswer]):
    """Vectors come as numbers or, if the client asked so, as base64 of little-endian floats of 32 bits."""

    name = "/v1/embeddings"
    subject = "embeddings"
    settings = SETTINGS
    words = {
        **words_of(SETTINGS),
        "embedding.several": "input",
        "answer.model": "model",
    }

    def model_of(self, raw: bytes) -> str | None:
        return read_model(raw)

    def parse_request(self, raw: bytes, losses: Losses) -> EmbeddingRequest:
        body = _request.read(raw)
        settings: EmbeddingSettings = {}
        if body.dimensions is not None:
            settings["dimensions"] = body.dimensions
        if body.user is not None:
            settings["user"] = body.user
        return EmbeddingRequest(body.model, _parse_input(body.input, losses), settings)

    def render_request(self, request: EmbeddingRequest, losses: Losses) -> dict[str, Any]:
        body: Rendered = {} if request.model is None else {"model": request.model}
        texts = request.texts
        body["input"] = texts[0] if len(texts) == 1 else texts
        for feature, value in request.settings.items():
            SETTINGS[f"embedding.{feature}"].write(body, value, request, losses)
        return body

    def parse_answer(self, raw: bytes, losses: Losses) -> EmbeddingAnswer:
        said = _answer.read_answer(raw, losses)
        vectors = [_parse_vector(each) for each in sorted(said.data, key=attrgetter("index"))]
        return EmbeddingAnswer(
            vectors, said.usage.prompt_tokens if said.usage else None, said.model
        )

    def render_answer(
        self, answer: EmbeddingAnswer, asked: Asked, losses: Losses
    ) -> dict[str, Any]:
        packed = _asks_for_base64(asked.body)
        tokens = answer.tokens or 0
        return {
            "object": "list",
            "data": [
                {
                    "object": "embedding",
                    "index": index,
                    "embedding": _packed(vector) if packed else vector,
                }
                for index, vector in enumerate(answer.vectors)
            ],
            "model": answer.model or asked.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }


def _parse_input(said: str | list[str | int | list[int]], losses: Losses) -> list[str]:
    if isinstance(said, str):
        return [said]
    texts = [text for text in said if isinstance(text, str)]
    if len(texts) < len(said):
        losses.refuse("input", "Tokens mean nothing to it. Send the texts that they stand for.")
    return texts


def _asks_for_base64(body: bytes) -> bool:
    try:
        return _format.decode(body).encoding_format == "base64"
    except NO_JSON:
        return False


def _parse_vector(said: _Vector) -> list[float]:
    if not isinstance(said.embedding, str):
        return said.embedding
    try:
        packed = base64.b64decode(said.embedding, validate=True)
        return list(struct.unpack(f"<{len(packed) // FLOAT_BYTES}f", packed))
    except (binascii.Error, ValueError, struct.error):
        where = "response.body.data[].embedding"
        raise MalformedRecordError(
            f"{where} is no base64 of floats of 32 bits.", code="invalid_value", param=where
        ) from None


def _packed(vector: list[float]) -> str:
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except OverflowError:
        raise MalformedRecordError(
            "A vector holds a number that is too large for 32 bits.", code="invalid_value"
        ) from None


EMBEDDINGS = Embeddings()
