"""JSON values that travel as they were written, number formats and the order of keys included."""

import json

import msgspec

from providers.records.errors import MalformedRecordError

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw = msgspec.json.Decoder(msgspec.Raw)
_OPENING = ord("{")
EMPTY_OBJECT = msgspec.Raw(b"{}")


def says_twice(body: bytes, key: str) -> bool:
    """Whether an object has a key twice: its readers differ in which of the two they take."""
    if body.count(f'"{key}"'.encode()) < 2 and b"\\u" not in body:
        return False
    try:
        names: list[str] = json.loads(
            body, object_pairs_hook=lambda pairs: [name for name, _ in pairs], parse_int=str
        )
    except (ValueError, RecursionError):
        # What this cannot read, it cannot vouch for.
        return True
    return names.count(key) > 1


def object_from_text(text: str, where: str) -> msgspec.Raw:
    """The JSON object that a string holds, on one line; an empty string is an empty object.

    Raises MalformedRecordError, which names `where` the string stands.
    """
    if not text or text.isspace():
        return EMPTY_OBJECT
    try:
        raw = text.encode()
        _object.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise MalformedRecordError(
            f"{where} is a string that holds no JSON object.", code="invalid_value", param=where
        ) from None
    return one_line(raw)


def one_line(raw: bytes) -> msgspec.Raw:
    """JSON without line ends, so that it can stand in a line of a file."""
    if b"\n" in raw or b"\r" in raw:
        raw = msgspec.json.format(raw, indent=-1)
    return msgspec.Raw(raw)


def checked_object(raw: msgspec.Raw, where: str) -> msgspec.Raw:
    """The JSON itself. Raises MalformedRecordError, which names `where` it stands, if it is no object."""
    if not is_object(raw):
        raise MalformedRecordError(f"{where} is no JSON object.", code="invalid_type", param=where)
    return raw


def is_object(raw: msgspec.Raw) -> bool:
    return bool(raw) and memoryview(raw)[0] == _OPENING


def text_of(raw: msgspec.Raw) -> str:
    """The JSON as a string. The line that it comes from was valid UTF-8."""
    return bytes(raw).decode()
