"""What AWS answers, looked at before AWS's own SDK reads it: that one takes every answer for a good one.

https://docs.aws.amazon.com/boto3/latest/guide/events.html
"""

from base64 import b64decode
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.utils import parse_timestamp

from providers.answers import object_in, read_json
from providers.base import UpstreamError

# A truth is an int, too, but counts nothing.
SCALARS = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}

_encode = msgspec.json.Encoder().encode


class NoObjectError(BotoCoreError):
    fmt = "the answer is no JSON object"


def watch(client: Any) -> None:
    """Let a client read nothing but what its operations may answer. Raises NoObjectError from its calls."""
    model = client.meta.service_model
    if model.protocol != "rest-json":
        return
    service = model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}", _look_at)


def _look_at(
    operation_model: OperationModel, response_dict: dict[str, Any], **event: object
) -> None:
    body = response_dict["body"]
    if not isinstance(body, bytes):
        return
    if response_dict["status_code"] >= 300:
        response_dict["body"] = _encode(_texts_in(body))
        return
    shape = operation_model.output_shape
    if shape is None or not (body or shape.members):
        return
    said = _object_in(body)
    fitting = _members(shape, said)
    if fitting != said or rb"\u0000" in body:
        response_dict["body"] = _encode(fitting)


def _object_in(body: bytes) -> dict[str, Any]:
    try:
        said = read_json(body)
    except UpstreamError:
        raise NoObjectError from None
    if not isinstance(said, dict):
        raise NoObjectError
    return said


def _texts_in(body: bytes) -> dict[str, str]:
    """What an error says; nothing if it says it in another way than AWS does."""
    try:
        said = object_in(read_json(body))
    except UpstreamError:
        return {}
    return {name: text for name, text in said.items() if isinstance(text, str)}


def _members(shape: StructureShape, said: dict[str, Any]) -> dict[str, Any]:
    fitting = {}
    for name, member in shape.members.items():
        name = member.serialization.get("name", name)
        try:
            if said.get(name) is not None:
                fitting[name] = _fitting(member, said[name])
        except (ValueError, OverflowError):
            continue
    return fitting


def _fitting(shape: Shape, value: Any) -> Any:
    """The value without the members that do not have their shape. Raises ValueError if it has not its own."""
    match shape, value:
        case StructureShape(), _ if shape.metadata.get("document"):
            return value
        case StructureShape(), dict():
            fitting = _members(shape, value)
            if shape.is_tagged_union and len(fitting) != 1:
                raise ValueError(shape.name)
            return fitting
        case ListShape(), list():
            return [_fitting(shape.member, item) for item in value]
        case MapShape(), dict():
            return {name: _fitting(shape.value, item) for name, item in value.items()}
    if not _is_scalar(shape.type_name, value):
        raise ValueError(shape.name)
    return value


def _is_scalar(kind: str, value: Any) -> bool:
    """Raises ValueError, too, for what is none."""
    match kind, value:
        case "timestamp", str() | int() | float():
            return bool(parse_timestamp(str(value)))
        case "blob", str():
            return b64decode(value, validate=True) is not None
    return type(value) in SCALARS.get(kind, ())
