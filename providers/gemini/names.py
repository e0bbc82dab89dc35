"""Google's JSON, as its servers read it: https://protobuf.dev/programming-guides/json/

Names may be snake_case, a list of one may stand without its brackets, numbers may be strings. All this is
tried only when a plain reading has failed.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from providers.records import Losses
from providers.records.errors import NO_JSON
from providers.records.shapes import Shape

T = TypeVar("T")
Rewrite = Callable[[Any], Any]
NOTHING = msgspec.Raw()
"""Free JSON that is not there. msgspec cannot read `Raw | None`."""

_NULL = msgspec.Raw(b"null")
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_anything = msgspec.json.Decoder(Any)
_encoder = msgspec.json.Encoder()


class Message(msgspec.Struct, forbid_unknown_fields=True, rename="camel", gc=False):
    """A message of Google's API: all of its fields may be absent."""


class GoogleShape(Shape[T]):
    """A shape whose JSON may be written in all the ways that Google's servers read."""

    def __init__(self, type: Any, *, where: str) -> None:
        super().__init__(type, where=where)
        self._decoder = msgspec.json.Decoder(type, strict=False)
        self._rewrite = _rewriting(inspect.type_info(type))

    def read(self, raw: bytes) -> T:
        try:
            return self._strict.decode(raw)  # type: ignore[no-any-return]
        except NO_JSON as error:
            first = error
        try:
            return self._decoder.decode(self._plain(raw))  # type: ignore[no-any-return]
        except NO_JSON as error:
            if not isinstance(first, msgspec.ValidationError):
                raise self._explained(first) from None
            raise self._explained(error) from None

    def read_answer(self, raw: bytes, losses: Losses) -> T:
        try:
            return self._strict.decode(raw)  # type: ignore[no-any-return]
        except NO_JSON:
            pass
        try:
            return self._without_unknown(_anything.decode(self._plain(raw)), losses)
        except NO_JSON as error:
            raise self._explained(error) from None

    def _plain(self, raw: bytes) -> bytes:
        return _encoder.encode(self._rewrite(raw))


def said(raw: msgspec.Raw) -> msgspec.Raw | None:
    """Free JSON, if it is there and no null."""
    return None if raw in (NOTHING, _NULL) else raw


def _rewriting(type: inspect.Type) -> Rewrite:
    """What to do with a value of a type. The types of wires do not contain themselves."""
    if isinstance(type, inspect.Metadata):
        return _rewriting(type.type)
    if isinstance(type, inspect.UnionType):
        inner = [each for each in type.types if not isinstance(each, inspect.NoneType)]
        return _rewriting(inner[0]) if len(inner) == 1 else _as_it_is
    if isinstance(type, inspect.ListType):
        return _of_list(_rewriting(type.item_type))
    if isinstance(type, inspect.StructType):
        return _of_object({field.encode_name: _rewriting(field.type) for field in type.fields})
    return _as_it_is


def _as_it_is(raw: Any) -> Any:
    return msgspec.Raw(raw)


def _of_list(inner: Rewrite) -> Rewrite:
    def rewrite(raw: Any) -> Any:
        if bytes(raw).startswith(b"{"):
            return [inner(raw)]
        return [inner(each) for each in _list.decode(raw)] if _is(raw, b"[") else msgspec.Raw(raw)

    return rewrite


def _of_object(fields: dict[str, Rewrite]) -> Rewrite:
    def rewrite(raw: Any) -> Any:
        if not _is(raw, b"{"):
            return msgspec.Raw(raw)
        found = _object.decode(raw)
        renamed = {}
        for name, value in found.items():
            known = _known(name, fields, found)
            renamed[known] = fields.get(known, _as_it_is)(value)
        return renamed

    return rewrite


def _known(name: str, fields: dict[str, Rewrite], found: dict[str, msgspec.Raw]) -> str:
    if "_" not in name:
        return name
    camel = camel_case(name)
    return camel if camel in fields and camel not in found else name


def camel_case(name: str) -> str:
    """The name that Google's JSON has for a field."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _is(raw: Any, opening: bytes) -> bool:
    return bytes(raw).lstrip()[:1] == opening
