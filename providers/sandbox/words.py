"""Text, ids and token counts, derived from the record alone."""

import math
from hashlib import blake2b
from typing import Any

from providers.sandbox.directives import Directives

# 2026-01-01. Answers carry no real time, so that the same input gives the same bytes.
CREATED = 1_767_225_600

REFUSAL = "I'm sorry, but I can't help with that."

_SHOWN = 80
_CHARACTERS_PER_TOKEN = 4


def tokens(characters: int) -> int:
    return math.ceil(characters / _CHARACTERS_PER_TOKEN)


def digest_of(custom_id: str, raw: bytes) -> str:
    """What the ids in an answer are made of: 32 hexadecimal digits."""
    return blake2b(custom_id.encode() + b"\0" + raw, digest_size=16).hexdigest()


def reply(order: Directives, prompt: str) -> str:
    return f"Sandbox answer to: {prompt[:_SHOWN]}" if order.text is None else order.text


def shorten(text: str, most: int | None) -> tuple[str, bool]:
    """The text within `most` tokens, and whether something had to go."""
    if most is None or tokens(len(text)) <= most:
        return text, False
    return text[: most * _CHARACTERS_PER_TOKEN], True


def join_texts(content: Any) -> str:
    """The text of a message: it is a string, or a list of parts of which some have text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return " ".join(part["text"] for part in content if isinstance(part.get("text"), str))


def all_text(value: Any) -> str:
    """Every text of a message, its name or its content, wherever it stands."""
    match value:
        case str():
            return value
        case list():
            return "".join(map(all_text, value))
        case dict():
            named = (value.get(name) for name in ("content", "text", "refusal", "output"))
            return "".join(all_text(item) for item in named)
        case _:
            return ""
