"""Moderations: https://platform.openai.com/docs/api-reference/moderations/object

A text is flagged for violence when it says `[sandbox:flag]`.
"""

from typing import Any

from providers.sandbox import words
from providers.sandbox.directives import Directives

_TEXT, _TEXT_AND_IMAGE = ["text"], ["text", "image"]

_CATEGORIES = {
    "harassment": _TEXT,
    "harassment/threatening": _TEXT,
    "hate": _TEXT,
    "hate/threatening": _TEXT,
    "illicit": _TEXT,
    "illicit/violent": _TEXT,
    "self-harm": _TEXT_AND_IMAGE,
    "self-harm/intent": _TEXT_AND_IMAGE,
    "self-harm/instructions": _TEXT_AND_IMAGE,
    "sexual": _TEXT_AND_IMAGE,
    "sexual/minors": _TEXT,
    "violence": _TEXT_AND_IMAGE,
    "violence/graphic": _TEXT_AND_IMAGE,
}
_FLAG = "[sandbox:flag]"


def answer(body: dict[str, Any], _: Directives, digest: str) -> dict[str, Any]:
    return {
        "id": f"modr-{digest}",
        "model": body.get("model") or "omni-moderation-latest",
        "results": [_result(text) for text in _texts(body["input"])],
    }


def _texts(given: Any) -> list[str]:
    """Parts of text and image are judged together, texts one by one."""
    match given:
        case str():
            return [given]
        case [str(), *_]:
            return list(given)
        case _:
            return [words.join_texts(given)]


def _result(text: str) -> dict[str, Any]:
    flagged = {"violence"} if _FLAG in text else set()
    return {
        "flagged": bool(flagged),
        "categories": {name: name in flagged for name in _CATEGORIES},
        "category_scores": {name: 0.98 if name in flagged else 0.01 for name in _CATEGORIES},
        "category_applied_input_types": _CATEGORIES,
    }
