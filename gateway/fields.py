"""Take the parameters of a request one by one, and refuse wrong ones as OpenAI does."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from gateway.surface import RequestError

WORDS: dict[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    dict: "an object",
    list: "an array",
    type(None): "null",
}


Kind = TypeVar("Kind")


def decoded(body: bytes | msgspec.Raw, kind: type[Kind]) -> Kind:
    """JSON of that kind, in which no object has a key twice. Raises RequestError."""
    try:
        found = msgspec.json.decode(body, type=kind)
        if isinstance(found, dict):
            # Parsers differ in which of two they take: what one checked, another would not obey.
            json.loads(bytes(body), object_pairs_hook=_once, parse_int=str, parse_float=str)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise no_json() from None
    return found


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Raises RequestError for a key that comes twice."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise RequestError(
                f"'{name[:100]}' is given twice: give it once.",
                code="duplicate_key",
                param=name[:100],
            )
        seen.add(name)


def no_json() -> RequestError:
    return RequestError(
        "The body is no JSON object: send one, with content-type application/json.",
        code="invalid_json",
    )


def refuse_nul(text: str, param: str) -> None:
    """Raises RequestError for a character that PostgreSQL cannot keep."""
    if "\0" in text:
        raise RequestError(
            f"Invalid '{param}': it holds the character U+0000.", code="invalid_value", param=param
        )


class Fields:
    """The parameters of a request. What is left at the end was asked for and not understood.

    Every method raises RequestError with the name of the parameter.
    """

    def __init__(self, given: Mapping[str, Any], *, path: str = "") -> None:
        self.given = dict(given)
        self.path = path

    def take(self, name: str) -> Any:
        return self.given.pop(name, None)

    def text(self, name: str) -> str:
        value = self.take(name)
        if value is None:
            raise RequestError(
                f"Missing required parameter: '{self.path}{name}'.",
                code="missing_required_parameter",
                param=self.path + name,
            )
        if not isinstance(value, str):
            raise self._wrong_type(name, "a string", value)
        refuse_nul(value, self.path + name)
        return value

    def optional_text(self, name: str, *, longest: int) -> str:
        if self.given.get(name) is None:
            self.take(name)
            return ""
        value = self.text(name)
        if len(value) > longest:
            raise RequestError(
                f"Invalid '{self.path}{name}': it has at most {longest} characters.",
                code="string_above_max_length",
                param=self.path + name,
            )
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        value = self.text(name)
        if value not in choices:
            supported = ", ".join(f"'{choice}'" for choice in choices)
            raise RequestError(
                f"Invalid value: '{value[:100]}'. Supported values for '{self.path}{name}' are: "
                f"{supported}.",
                code="invalid_value",
                param=self.path + name,
            )
        return value

    def optional_choice(self, name: str, choices: Sequence[str]) -> str | None:
        if self.given.get(name) is None:
            self.take(name)
            return None
        return self.choice(name, choices)

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number; forms and queries say it in digits."""
        value = self.take(name)
        if value is None:
            if default is None:
                raise RequestError(
                    f"Missing required parameter: '{self.path}{name}'.",
                    code="missing_required_parameter",
                    param=self.path + name,
                )
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong_type(name, "an integer", value)
        if not least <= value <= most:
            raise RequestError(
                f"Invalid '{self.path}{name}': expected a value from {least} to {most}, got {value}.",
                code="integer_above_max_value" if value > most else "integer_below_min_value",
                param=self.path + name,
            )
        return value

    def refuse_others(self) -> None:
        for name in self.given:
            raise RequestError(
                f"Unknown parameter: '{self.path}{name[:100]}'.",
                code="unknown_parameter",
                param=self.path + name[:100],
            )

    def _wrong_type(self, name: str, expected: str, value: object) -> RequestError:
        got = WORDS.get(type(value), "something else")
        return RequestError(
            f"Invalid type for '{self.path}{name}': expected {expected}, but got {got} instead.",
            code="invalid_type",
            param=self.path + name,
        )
