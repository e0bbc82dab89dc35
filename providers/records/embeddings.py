"""Texts and their vectors, in no vendor's words."""

from typing import Literal, TypedDict

import msgspec

Purpose = Literal[
    "search_query",
    "search_document",
    "similarity",
    "classification",
    "clustering",
    "question_answering",
    "fact_verification",
    "code_query",
]


class EmbeddingSettings(TypedDict, total=False):
    """What a client set. A key is there only if the client named it."""

    dimensions: int
    purpose: Purpose
    title: str
    normalize: bool
    truncate: str
    user: str


class EmbeddingRequest(msgspec.Struct, frozen=True, gc=False):
    model: str | None
    texts: list[str]
    settings: EmbeddingSettings


class EmbeddingAnswer(msgspec.Struct, frozen=True, gc=False):
    """One vector for each text, in the same order. `tokens` is how many the texts had."""

    vectors: list[list[float]]
    tokens: int | None = None
    model: str | None = None
