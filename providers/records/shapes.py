"""Shapes: reading a vendor's JSON into typed structs, with errors that name the field."""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from providers.records.errors import NO_JSON, MalformedRecordError, UnsupportedFeatureError
from providers.records.losses import Losses

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number of things. Larger ones than 2**53 are not safe in JSON: https://www.rfc-editor.org/rfc/rfc8259#section-6"""

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number that may be negative, such as a seed."""

_SAID = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
_UNKNOWN_FIELD = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_UNKNOWN_TAG = re.compile(r"Invalid value '(?P<name>.*)'", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[[^]]*\]")
_MOST_UNKNOWN = 50
_anything = msgspec.json.Decoder(Any)
_encode = msgspec.json.Encoder().encode


class Shape(Generic[T]):
    """JSON of one type. Its structs should forbid unknown fields: nothing may be passed over in silence."""

    def __init__(self, type: Any, *, where: str = "body") -> None:
        """`where` is what the JSON is called in errors."""
        self._where = where
        self._strict = msgspec.json.Decoder(type)
        self._decoder = self._strict

    def read(self, raw: bytes) -> T:
        """Raises MalformedRecordError, and UnsupportedFeatureError for a field that nobody knows."""
        try:
            return self._strict.decode(raw)  # type: ignore[no-any-return]
        except NO_JSON as error:
            raise self._explained(error) from None

    def read_answer(self, raw: bytes, losses: Losses) -> T:
        """The same, but unknown fields, and unknown kinds of the items of a list, are dropped and counted: an
        answer was paid for.

        Raises MalformedRecordError.
        """
        try:
            return self._strict.decode(raw)  # type: ignore[no-any-return]
        except NO_JSON as error:
            first = error
        try:
            return self._without_unknown(_anything.decode(raw), losses)
        except NO_JSON:
            raise self._explained(first) from None

    def _without_unknown(self, value: Any, losses: Losses) -> T:
        """Reads JSON again and again, each time without what is in the way.

        `msgspec.convert` would be quicker, but makes no Raw of what was read.
        """
        for _ in range(_MOST_UNKNOWN):
            try:
                return self._decoder.decode(_encode(value))  # type: ignore[no-any-return]
            except msgspec.ValidationError as error:
                what, path = _said(error)
                steps = [key or "[]" for key in _STEP.findall(path)]
                if unknown := _UNKNOWN_FIELD.fullmatch(what):
                    name = unknown["name"]
                    value = _changed(value, steps, partial(_without_key, name))
                elif (unknown := _UNKNOWN_TAG.fullmatch(what)) and steps[-2:-1] == ["[]"]:
                    name, tag = unknown["name"], steps.pop()
                    value = _changed(value, steps[:-1], partial(_without_kind, tag, name))
                else:
                    raise
                losses.drop(".".join([*steps, name]).replace(".[]", "[]"))
        raise MalformedRecordError(
            f"{self._where} has more than {_MOST_UNKNOWN} unknown fields.",
            code="unknown_field",
            param=self._where,
        )

    def _explained(self, error: Exception) -> MalformedRecordError | UnsupportedFeatureError:
        what, path = _said(error)
        if not isinstance(error, msgspec.ValidationError):
            return MalformedRecordError(
                f"{self._where} is no JSON that can be read: {what}.",
                code="invalid_json_line",
                param=self._where,
            )
        where = self._where + path
        unknown = _UNKNOWN_FIELD.fullmatch(what)
        if unknown:
            where = f"{where}.{unknown['name']}"
            return UnsupportedFeatureError(
                f"{where} is unknown to Bifrost, so it cannot be translated. "
                "Remove it, or send the record to the provider whose words these are.",
                code="unknown_field",
                param=where,
            )
        return MalformedRecordError(f"{what} at {where}.", code="invalid_type", param=where)


def _said(error: Exception) -> tuple[str, str]:
    match = _SAID.fullmatch(str(error))
    assert match
    return match["what"], match["path"] or ""


def _changed(value: Any, steps: list[str], change: Callable[[Any], Any]) -> Any:
    """A copy of `value` in which what stands at the end of the path is changed, in every item of the lists on
    the way."""
    if not steps:
        return change(value)
    step, *rest = steps
    if isinstance(value, list):
        return [_changed(inner, rest, change) for inner in value]
    if not isinstance(value, dict):
        return value
    if step == "[]":
        return {key: _changed(inner, rest, change) for key, inner in value.items()}
    return {**value, step: _changed(value[step], rest, change)} if step in value else value


def _without_key(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: inner for key, inner in value.items() if key != name}


def _without_kind(tag: str, name: str, value: Any) -> Any:
    """A list without the items whose `tag` is `name`."""
    if not isinstance(value, list):
        return value
    return [item for item in value if not (isinstance(item, dict) and item.get(tag) == name)]
