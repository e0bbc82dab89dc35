"""botocore's model of AWS's requests as their judge: it is what AWS makes its SDKs from.

Clients check types only; patterns, ranges and words are the server's to check.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (str,),
}


@cache
def input_of(service: str, operation: str) -> Shape:
    model = ServiceModel(Loader().load_service_model(service, "service-2"))
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    return shape


def complaint(shape: Shape, value: Any, path: str = "") -> str | None:
    """What is wrong with a request first, None if nothing is."""
    return next(_complaints(shape, value, path), None)


def _complaints(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kinds = _TYPES[shape.type_name]
    if shape.metadata.get("document"):
        return
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield _constraint(path, f"Member must be of type {shape.type_name}")
        return
    yield from _bounds(shape, value, path)
    look_inside = _INSIDE.get(shape.type_name)
    if look_inside is not None:
        yield from look_inside(shape, value, path)


def _bounds(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, bool) or shape.type_name == "timestamp":
        return
    is_number = isinstance(value, (int, float))
    measured = value if is_number else len(value)
    what = "value" if is_number else "length"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measured < least:
        yield _constraint(path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and measured > most:
        yield _constraint(path, f"Member must have {what} less than or equal to {most}")


def _members(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    said = {name: inner for name, inner in value.items() if inner is not None}
    for name in shape.required_members:
        if name not in said:
            yield _constraint(_join(path, name), "Member must not be null")
    if shape.is_tagged_union and len(said) != 1:
        yield _constraint(path, f"Exactly one of {', '.join(shape.members)} must be set")
    for name, inner in said.items():
        if name not in shape.members:
            yield f"Malformed input request: extraneous key [{_join(path, name)}] is not permitted"
            return
        yield from _complaints(shape.members[name], inner, _join(path, name))


def _items(shape: Any, value: list[Any], path: str) -> Iterator[str]:
    for index, item in enumerate(value):
        yield from _complaints(shape.member, item, f"{path}.{index + 1}.member")


def _entries(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name, item in value.items():
        yield from _complaints(shape.key, name, f"{path}.key")
        yield from _complaints(shape.value, item, _join(path, name))


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield _constraint(path, f"Member must satisfy regular expression pattern: {pattern}")
    words = shape.metadata.get("enum")
    if words and value not in words:
        yield _constraint(path, f"Member must satisfy enum value set: [{', '.join(words)}]")


def _blob(_: Any, value: str, path: str) -> Iterator[str]:
    try:
        b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        yield _constraint(path, "Member must be base64")


_INSIDE: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "structure": _members,
    "list": _items,
    "map": _entries,
    "string": _text,
    "blob": _blob,
}


def _constraint(path: str, what: str) -> str:
    return f"1 validation error detected: Value at '{path}' failed to satisfy constraint: {what}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
