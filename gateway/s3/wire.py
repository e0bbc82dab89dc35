"""S3's answers and bodies in XML and headers, by AWS's own description of their shapes.

https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError

from botocore.model import ListShape, Shape, StructureShape
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.http import http_date

from gateway.s3.operations import Operation
from gateway.s3.refusals import S3Error

MEDIA_TYPE = "application/xml"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What the documents are called whose name is not that of their shape.
ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListParts": "ListPartsResult",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetObjectTagging": "Tagging",
    "DeleteObjects": "DeleteResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CopyObject": "CopyObjectResult",
    "UploadPartCopy": "CopyPartResult",
}
# Of the children: 10,000 parts, each with a checksum.
MOST_ELEMENTS = 50_000
# XML has no way to say most of these, and would read the others as spaces. S3 writes them like this too.
_SPECIAL = re.compile('[\x00-\x1f<>&"\x7f\ufffe\uffff]')
# What clients must be able to read, unlike a key, which may have any name.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAMED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;"}


def write_headers(found: Operation, fields: Mapping[str, Any]) -> dict[str, str]:
    """What an answer says in its headers."""
    headers: dict[str, str] = {}
    for member, shape in found.output.members.items() if found.output else ():
        value = fields.get(member)
        place, name = shape.serialization.get("location"), shape.serialization.get("name", member)
        if place == "header" and value is not None:
            headers[name.lower()] = _in_header(shape, value)
        elif place == "headers":
            headers |= {f"{name}{key}": text for key, text in (value or {}).items()}
    return headers


def write_body(found: Operation, fields: Mapping[str, Any]) -> bytes:
    """What an answer says in its body; empty for an operation that says nothing there."""
    if found.name == "GetBucketLocation":
        # The one document that is nothing but a text.
        return _document("LocationConstraint", _text(fields.get("LocationConstraint") or ""))
    if found.output is None or found.name not in ROOTS:
        return b""
    shape: StructureShape = found.output
    if payload := shape.serialization.get("payload"):
        fields = fields[payload]
        shape = cast(StructureShape, shape.members[payload])
    return _document(ROOTS[found.name], "".join(_members(shape, fields)))


def write_error(error: S3Error, *, resource: str, request_id: str) -> bytes:
    fields = {
        "Code": error.code or "",
        "Message": _UNREADABLE.sub("\ufffd", error.message),
        **{name: _UNREADABLE.sub("\ufffd", text) for name, text in error.details.items()},
        "Resource": quote(resource),
        "RequestId": request_id,
    }
    inner = "".join(_element(name, _text(text)) for name, text in fields.items())
    return (HEAD + _element("Error", inner)).encode()


def read_body(found: Operation, body: bytes) -> dict[str, Any]:
    """What a client says in XML, by AWS's names; empty if it says nothing. Raises S3Error."""
    if found.model.input_shape is None or not found.payload or not body.strip():
        return {}
    shape = found.model.input_shape.members[found.payload]
    return {found.payload: _read(shape, _parsed(body))}


def _document(root: str, inner: str) -> bytes:
    return f'{HEAD}<{root} xmlns="{NAMESPACE}">{inner}</{root}>'.encode()


def _element(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>"


def _text(text: str) -> str:
    return _SPECIAL.sub(lambda found: _NAMED.get(found[0]) or f"&#x{ord(found[0]):X};", text)


def _members(shape: StructureShape, fields: Mapping[str, Any]) -> Iterator[str]:
    for member, inner in shape.members.items():
        value = fields.get(member)
        if value is None or "location" in inner.serialization:
            continue
        name = inner.serialization.get("name", member)
        if isinstance(inner, ListShape):
            yield from _list(inner, name, value)
        else:
            yield _element(name, _value(inner, value))


def _list(shape: ListShape, name: str, values: list[Any]) -> Iterator[str]:
    own = shape.member.serialization.get("name", "")
    if shape.serialization.get("flattened"):
        yield from (_element(own or name, _value(shape.member, value)) for value in values)
        return
    inner = (_element(own or "member", _value(shape.member, value)) for value in values)
    yield _element(name, "".join(inner))


def _value(shape: Shape, value: Any) -> str:
    match shape.type_name:
        case "structure":
            return "".join(_members(cast(StructureShape, shape), value))
        case "timestamp":
            return moment(value)
        case "boolean":
            return "true" if value else "false"
        case "blob":
            return b64encode(value).decode()
        case _:
            return _text(str(value))


def moment(time: datetime) -> str:
    text = time.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _in_header(shape: Shape, value: Any) -> str:
    if isinstance(value, datetime):
        return http_date(value.timestamp())
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _parsed(body: bytes) -> Element:
    """Raises S3Error: also for a document type, whose entities may make a small document a large one."""
    try:
        text = body.decode("utf-8-sig")
        if text.count("<") > 2 * MOST_ELEMENTS:
            raise S3Error("MalformedXML")
        # A text and not bytes, whose own declaration might name another encoding.
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise S3Error("MalformedXML") from None


def _read(shape: Shape, element: Element) -> Any:
    match shape.type_name:
        case "structure":
            return dict(_read_members(cast(StructureShape, shape), element))
        case "integer" | "long":
            return _whole(element.text or "")
        case "boolean":
            return (element.text or "").strip().lower() == "true"
        case "timestamp":
            return _time(element.text or "")
        case _:
            return element.text or ""


def _read_members(shape: StructureShape, element: Element) -> Iterator[tuple[str, Any]]:
    _refuse_others(shape, element)
    for member, inner in shape.members.items():
        name = inner.serialization.get("name", member)
        if isinstance(inner, ListShape):
            parent: Element | None = element
            if not inner.serialization.get("flattened"):
                parent, name = element.find(f"{{*}}{name}"), "member"
            own = inner.member.serialization.get("name", name)
            found = [] if parent is None else parent.findall(f"{{*}}{own}")
            if found:
                yield member, [_read(inner.member, one) for one in found]
        elif (child := element.find(f"{{*}}{name}")) is not None:
            yield member, _read(inner, child)


def _refuse_others(shape: StructureShape, element: Element) -> None:
    """Raises S3Error for an element that no such structure has."""
    known = {inner.serialization.get("name", member) for member, inner in shape.members.items()}
    if any(child.tag.rpartition("}")[2] not in known for child in element):
        raise S3Error("MalformedXML")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise S3Error("MalformedXML") from None


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise S3Error("MalformedXML") from None
