"""Opening lines: the quick way for those that say what a dialect knows, and a slow look at the others."""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from providers.records.errors import NO_JSON, MalformedRecordError

T = TypeVar("T")

WORDS: dict[type, str] = {str: "a string", dict: "an object"}
_object = msgspec.json.Decoder(dict[str, Any])


class Field(NamedTuple):
    """What an envelope must hold: "metadata.key" is the key inside its metadata.

    `filled` is for texts that must not be empty, `only` for those that have one value.
    """

    path: str
    kind: type
    required: bool = True
    filled: bool = False
    only: str = ""


class Opener(Generic[T]):
    """Reads the envelopes of requests into structs.

    `plain` forbids unknown fields and `more` does not: a line of which `more` is made has keys that are not
    ours to judge, and keeps them.
    """

    def __init__(self, plain: type[T], more: type[T], fields: Sequence[Field]) -> None:
        self._plain = msgspec.json.Decoder(plain)
        self._more = msgspec.json.Decoder(more)
        self._fields = fields

    def read(self, line: bytes) -> T:
        """Raises MalformedRecordError, which names the first of the fields that is wrong."""
        try:
            # msgspec does not look whether what it skips is UTF-8.
            if not line.isascii():
                line.decode()
            return self._plain.decode(line)
        except NO_JSON:
            pass
        try:
            return self._more.decode(line.decode())
        except NO_JSON:
            raise self.what_is_wrong(line) from None

    def what_is_wrong(self, line: bytes) -> MalformedRecordError:
        """Look at a line that did not fit."""
        try:
            envelope = _object.decode(line.decode())
        except NO_JSON:
            return no_json()
        wrong = (_wrong(envelope, field) for field in self._fields)
        return next((error for error in wrong if error), _STRANGE)


class ResultOpener(Generic[T]):
    """Reads the envelopes of results."""

    def __init__(self, type: type[T]) -> None:
        self._decoder = msgspec.json.Decoder(type)

    def read(self, line: bytes) -> T:
        """Raises MalformedRecordError."""
        try:
            if not line.isascii():
                line.decode()
            return self._decoder.decode(line)
        except NO_JSON as error:
            raise no_result(shape(error)) from None


def shape(error: Exception) -> str:
    """What is wrong with JSON, as far as that says nothing of what it holds."""
    return str(error) if isinstance(error, msgspec.ValidationError) else "no JSON"


def no_json() -> MalformedRecordError:
    return MalformedRecordError(
        "This line is not parseable as valid JSON.", code="invalid_json_line"
    )


def no_result(why: str) -> MalformedRecordError:
    return MalformedRecordError(f"a result that is no result line: {why}", code="malformed_result")


def missing(name: str, message: str = "") -> MalformedRecordError:
    message = message or f"Missing required parameter: '{name}'."
    return MalformedRecordError(message, code="missing_required_parameter", param=name)


def wrong_type(name: str, kind: type) -> MalformedRecordError:
    return MalformedRecordError(
        f"Invalid type for '{name}': expected {WORDS[kind]}.", code="invalid_type", param=name
    )


_STRANGE = MalformedRecordError("This line is no record.", code="invalid_json_line")


def _wrong(envelope: dict[str, Any], field: Field) -> MalformedRecordError | None:
    *outer, name = field.path.split(".")
    inside: Any = envelope
    for step in outer:
        inside = inside.get(step) or {}
    value = inside.get(name)
    if value is None:
        return missing(field.path) if field.required else None
    if not isinstance(value, field.kind):
        return wrong_type(field.path, field.kind)
    if field.only and value != field.only:
        return MalformedRecordError(
            f"Invalid {field.path} {str(value)[:100]!r}: only {field.only!r} is supported.",
            code=f"invalid_{field.path}",
            param=field.path,
        )
    if field.filled and not value:
        return missing(field.path, f"The {field.path} is empty: give each request one of its own.")
    return None
