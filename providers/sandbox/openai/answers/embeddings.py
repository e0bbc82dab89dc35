"""Embeddings: https://platform.openai.com/docs/api-reference/embeddings/object"""

import math
from array import array
from base64 import b64encode
from hashlib import shake_128
from typing import Any

import msgspec

from providers.sandbox import words
from providers.sandbox.directives import Directives

_DIMENSIONS = {"text-embedding-3-large": 3072}
_USUAL_DIMENSIONS = 1536


def answer(body: dict[str, Any], _: Directives, __: str) -> dict[str, Any]:
    inputs = _inputs(body["input"])
    dimensions = body.get("dimensions") or _DIMENSIONS.get(body["model"], _USUAL_DIMENSIONS)
    is_packed = body.get("encoding_format") == "base64"
    data = []
    for index, item in enumerate(inputs):
        vector = _vector(item, dimensions)
        shown = b64encode(vector.tobytes()).decode() if is_packed else vector.tolist()
        data.append({"object": "embedding", "index": index, "embedding": shown})
    read = max(1, sum(map(_tokens, inputs)))
    return {
        "object": "list",
        "data": data,
        "model": body["model"],
        "usage": {"prompt_tokens": read, "total_tokens": read},
    }


def _inputs(given: Any) -> list[str | list[int]]:
    """A text, some texts, the tokens of one, or the tokens of some."""
    match given:
        case str() | [int(), *_]:
            return [given]
        case _:
            return list(given)


def _tokens(item: str | list[int]) -> int:
    return words.tokens(len(item)) if isinstance(item, str) else len(item)


def _vector(item: str | list[int], dimensions: int) -> "array[float]":
    """A unit vector that depends on nothing but the input."""
    noise = shake_128(msgspec.json.encode(item)).digest(dimensions)
    values = [byte - 127.5 for byte in noise]
    length = math.sqrt(sum(value * value for value in values))
    return array("f", [value / length for value in values])
