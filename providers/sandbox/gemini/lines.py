"""The lines of an input file: https://ai.google.dev/gemini-api/docs/batch-api#input-file"""

from collections.abc import Mapping

import msgspec

from providers.sandbox.gemini import refusals
from providers.sandbox.refusal import Refusal


class Line(msgspec.Struct):
    """One request. What else a line says is nobody's concern."""

    request: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    key: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    def is_joinable(self) -> bool:
        """Whether its result can be told from others."""
        return self.key is not msgspec.UNSET or self.metadata is not msgspec.UNSET


read_line = msgspec.json.Decoder(Line).decode
_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Fields:
    """The fields of a message, each by either of its names; what nobody asks for is unknown."""

    def __init__(self, raw: bytes, path: str) -> None:
        try:
            self._fields: Mapping[str, msgspec.Raw] = _read_fields(raw)
        except (msgspec.DecodeError, RecursionError):
            raise _no_message(raw, path) from None
        self._path = path
        self._asked: set[str] = set()

    def take(self, *names: str) -> bytes | None:
        self._asked.update(names)
        for name in names:
            raw = self._fields.get(name, b"null")
            if bytes(raw) != b"null":
                return bytes(raw)
        return None

    def text(self, *names: str) -> str | None:
        raw = self.take(*names)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw, type=str)
        except msgspec.DecodeError:
            path = f"{self._path}.{names[-1]}".removeprefix(".")
            value = msgspec.json.decode(raw)
            raise refusals.invalid_value(path, "TYPE_STRING", value) from None

    def end(self) -> None:
        """Raises for the first field that nobody asked for."""
        for name in self._fields:
            if name not in self._asked:
                raise refusals.unknown_name(self._path, name)


def _no_message(raw: bytes, path: str) -> Refusal:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return refusals.no_json()
    return refusals.invalid_value(path, "TYPE_MESSAGE", value) if path else refusals.no_json()
