"""Embeddings: https://ai.google.dev/api/embeddings#response-body"""

import math
from hashlib import shake_128
from typing import Any

from providers.sandbox import words
from providers.sandbox.directives import Directives

_USUAL_DIMENSIONS = 3072


def answer(body: dict[str, Any], _: str, __: Directives, ___: str) -> dict[str, Any]:
    config = body.get("embedContentConfig") or {}
    dimensions = body.get("outputDimensionality") or config.get("outputDimensionality")
    text = words.join_texts(body["content"]["parts"])
    return {
        "embedding": {"values": _vector(text, dimensions or _USUAL_DIMENSIONS)},
        "usageMetadata": {"promptTokenCount": max(1, words.tokens(len(text)))},
    }


def _vector(text: str, dimensions: int) -> list[float]:
    """A unit vector that depends on nothing but the text."""
    noise = [byte - 127.5 for byte in shake_128(text.encode()).digest(dimensions)]
    length = math.sqrt(sum(value * value for value in noise))
    return [round(value / length, 8) for value in noise]
