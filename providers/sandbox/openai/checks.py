"""What the vendor insists on in the body of a new batch and in the form of a new file.

https://platform.openai.com/docs/api-reference/batch/create
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from providers.sandbox.openai import refusals
from providers.sandbox.openai.objects import ENDPOINTS, THIRTY_DAYS

HOUR = 3600

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")

_REQUIRED = ("input_file_id", "endpoint", "completion_window")
_KNOWN = {*_REQUIRED, "metadata", "output_expires_after"}
_PAIRS, _LONGEST_KEY, _LONGEST_VALUE = 16, 64, 512

_ANCHOR, _SECONDS = "expires_after[anchor]", "expires_after[seconds]"


class NewBatch(NamedTuple):
    input_file_id: str
    endpoint: str
    completion_window: str
    metadata: dict[str, str] | None
    output_seconds: int


class NewFile(NamedTuple):
    purpose: str
    seconds: int | None


def new_batch(raw: bytes) -> NewBatch:
    body = _parse(raw)
    for name in _REQUIRED:
        if name not in body:
            raise refusals.missing(name)
        if not isinstance(body[name], str):
            raise refusals.wrong_type(name, expected="a string", got=body[name])
    for name in body:
        if name not in _KNOWN:
            raise refusals.unknown(name)
    _choose("endpoint", body["endpoint"], ENDPOINTS)
    _choose("completion_window", body["completion_window"], ("24h",))
    return NewBatch(
        body["input_file_id"],
        body["endpoint"],
        body["completion_window"],
        _metadata(body.get("metadata")),
        _output_seconds(body.get("output_expires_after")),
    )


def new_file(fields: Mapping[str, str], filename: str | None) -> NewFile:
    for name in fields:
        if name not in ("purpose", _ANCHOR, _SECONDS):
            raise refusals.unknown(name)
    if filename is None:
        raise refusals.missing("file")
    if "purpose" not in fields:
        raise refusals.missing("purpose")
    purpose = fields["purpose"]
    _choose("purpose", purpose, PURPOSES)
    if purpose == "batch" and not filename.endswith(".jsonl"):
        raise refusals.refusal(400, "Invalid file format for Batch API. Must be .jsonl")
    usual = THIRTY_DAYS if purpose == "batch" else None
    return NewFile(purpose, _file_seconds(fields) or usual)


def _parse(raw: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        raise refusals.not_json() from None
    if not isinstance(body, dict):
        raise refusals.wrong_type("body", expected="an object", got=body)
    return body


def _choose(name: str, value: str, supported: tuple[str, ...]) -> None:
    if value not in supported:
        raise refusals.wrong_value(name, value, supported=supported)


def _metadata(value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise refusals.wrong_type("metadata", expected="an object", got=value)
    if len(value) > _PAIRS:
        raise refusals.too_many_properties("metadata", most=_PAIRS, got=len(value))
    for key, text in value.items():
        name = f"metadata.{key}"
        if not isinstance(text, str):
            raise refusals.wrong_type(name, expected="a string", got=text)
        if len(key) > _LONGEST_KEY:
            raise refusals.too_long("metadata", most=_LONGEST_KEY, got=len(key))
        if len(text) > _LONGEST_VALUE:
            raise refusals.too_long(name, most=_LONGEST_VALUE, got=len(text))
    return value


def _output_seconds(value: Any) -> int:
    if value is None:
        return THIRTY_DAYS
    if not isinstance(value, dict):
        raise refusals.wrong_type("output_expires_after", expected="an object", got=value)
    for name in ("anchor", "seconds"):
        if name not in value:
            raise refusals.missing(f"output_expires_after.{name}")
    _choose("output_expires_after.anchor", value["anchor"], ("created_at",))
    return _within_bounds("output_expires_after.seconds", value["seconds"])


def _file_seconds(fields: Mapping[str, str]) -> int | None:
    if _ANCHOR not in fields and _SECONDS not in fields:
        return None
    for name in (_ANCHOR, _SECONDS):
        if name not in fields:
            raise refusals.missing(name)
    _choose(_ANCHOR, fields[_ANCHOR], ("created_at",))
    text = fields[_SECONDS]
    return _within_bounds(_SECONDS, int(text) if text.isdecimal() else text)


def _within_bounds(name: str, seconds: Any) -> int:
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise refusals.wrong_type(name, expected="an integer", got=seconds)
    if not HOUR <= seconds <= THIRTY_DAYS:
        raise refusals.out_of_range(name, seconds, least=HOUR, most=THIRTY_DAYS)
    return seconds
