"""Reading the JSON of a provider's answer without trusting it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from providers.base import UpstreamError
from providers.records.errors import NO_JSON

LARGEST_COUNT = 2**31 - 1
LONGEST_ID = 512
LONGEST_WORDS = 1100


def read_json(body: bytes) -> Any:
    """What a body says. Raises UpstreamError if it is no JSON.

    U+0000, which PostgreSQL cannot keep, is replaced.
    """
    try:
        return msgspec.json.decode(body.replace(rb"\u0000", rb"\ufffd"))
    except NO_JSON as error:
        raise UpstreamError("the provider's answer is no JSON", code="not_json") from error


def object_in(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def whole(value: object, *, most: int = LARGEST_COUNT) -> int:
    """A number that counts something, also where it is written as a string; else 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    # A truth is an int, too, but counts nothing.
    return value if type(value) is int and 0 < value <= most else 0


def text_in(answer: Mapping[str, Any], name: str) -> str:
    """Raises UpstreamError if there is none."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError(f"the provider's answer has no {name}", code="malformed_answer")
    return value


def words_in(answer: Mapping[str, Any], *names: str) -> str:
    """The first of these that is a text of some length, for people to read; empty if none is."""
    found = (answer.get(name) for name in names)
    text = next((value for value in found if isinstance(value, str) and value), "")
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_WORDS])


def id_in(answer: Mapping[str, Any], name: str = "id") -> str:
    """The id that the provider gives something. Raises UpstreamError if there is none to be kept."""
    value = text_in(answer, name)
    if len(value) > LONGEST_ID or not value.isprintable() or "\ufffd" in value:
        raise UpstreamError(f"the provider's {name} is not one", code="malformed_answer")
    return value


def segment(upstream_id: str) -> str:
    """An id as a part of a path. Raises UpstreamError for one that would lead elsewhere."""
    if upstream_id in ("", ".", ".."):
        raise UpstreamError(f"{upstream_id!r} is no id", permanent=True, code="malformed_id")
    return quote(upstream_id, safe="")


def time_in(value: object) -> datetime | None:
    """A time as RFC 3339 writes it; None for anything else."""
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def ending(states: Mapping[str, str | None], raw: str) -> str | None:
    """How a job ended, None if it goes on. Raises UpstreamError for a word that is not in the table."""
    if raw not in states:
        raise UpstreamError(f"unknown job status {raw[:100]!r}", code="unknown_status")
    return states[raw]
