"""What a request asks of S3, and with which parameters, by AWS's own description of the service."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape
from botocore.utils import parse_timestamp
from django.http import HttpRequest, QueryDict

from gateway.s3.address import Address
from gateway.s3.checksums import ALGORITHMS
from gateway.s3.chunked import own_encoding
from gateway.s3.refusals import S3Error, invalid, not_implemented

# By method, what is addressed, and the query parameter that tells it from its neighbours.
OPERATIONS: dict[tuple[str, str, str], str] = {
    ("GET", "service", ""): "ListBuckets",
    ("GET", "bucket", ""): "ListObjects",
    ("GET", "bucket", "list-type"): "ListObjectsV2",
    ("GET", "bucket", "location"): "GetBucketLocation",
    ("GET", "bucket", "uploads"): "ListMultipartUploads",
    ("GET", "bucket", "versioning"): "GetBucketVersioning",
    ("HEAD", "bucket", ""): "HeadBucket",
    ("PUT", "bucket", ""): "CreateBucket",
    ("DELETE", "bucket", ""): "DeleteBucket",
    ("POST", "bucket", "delete"): "DeleteObjects",
    ("GET", "object", ""): "GetObject",
    ("GET", "object", "tagging"): "GetObjectTagging",
    ("GET", "object", "uploadId"): "ListParts",
    ("HEAD", "object", ""): "HeadObject",
    ("PUT", "object", ""): "PutObject",
    ("PUT", "object", "uploadId"): "UploadPart",
    ("DELETE", "object", ""): "DeleteObject",
    ("DELETE", "object", "uploadId"): "AbortMultipartUpload",
    ("POST", "object", "uploads"): "CreateMultipartUpload",
    ("POST", "object", "uploadId"): "CompleteMultipartUpload",
}
# Beside those of Amazon's own, what boto3 moves from the headers into a presigned URL.
IN_QUERIES = ("content-type", "content-md5")
COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
SOURCE = "x-amz-copy-source"
# The parameters of a query that are headers of the answer.
ANSWERED = "response-"
# What signs a request, what SDKs say of themselves, and what belongs to the body: payload.py reads that.
HARMLESS = re.compile(
    r"x-amz-(date|content-sha256|security-token|user-agent|trailer|te|decoded-content-length"
    r"|algorithm|credential|signedheaders|signature|expires|request-payer|sdk-checksum-algorithm"
    rf"|checksum-({'|'.join(ALGORITHMS)}|algorithm|mode|type))"
    r"|x-id|awsaccesskeyid|signature|expires|content-type|content-md5"
)
# The vendor's own are checked here and not by botocore: it would say so in Python's words.
_WHOLE = re.compile(r"-?[0-9]{1,18}")
# A query says what no header could, and most of it comes back as a header.
_NOT_IN_HEADERS = re.compile(r"[\x00-\x1f\x7f]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
BOOLEANS = {"true": True, "false": False}


def methods_of(level: str) -> list[str]:
    return sorted({method for method, place, _ in OPERATIONS if place == level})


class Parameter(NamedTuple):
    member: str
    shape: Shape


class Operation(NamedTuple):
    """`headers` and `query` are its parameters by what they are called in a request."""

    name: str
    model: OperationModel
    headers: Mapping[str, Parameter]
    query: Mapping[str, Parameter]
    metadata: str
    payload: str

    @property
    def output(self) -> StructureShape | None:
        return self.model.output_shape


@lru_cache(maxsize=1)
def _service() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")


@lru_cache(maxsize=64)
def operation(name: str) -> Operation:
    model = _service().operation_model(name)
    places: dict[str, dict[str, Parameter]] = {"header": {}, "querystring": {}, "headers": {}}
    for member, shape in model.input_shape.members.items() if model.input_shape else ():
        place = shape.serialization.get("location", "")
        called = shape.serialization.get("name", member)
        called = called if place == "querystring" else called.lower()
        places.get(place, {})[called] = Parameter(member, shape)
    payload = model.input_shape.serialization.get("payload", "") if model.input_shape else ""
    return Operation(
        name,
        model,
        places["header"],
        places["querystring"],
        next(iter(places["headers"]), ""),
        payload,
    )


def asked(request: HttpRequest, address: Address, headers: Mapping[str, str]) -> Operation:
    """The operation. Raises S3Error for one that is not there, and for what it does not know."""
    method, level = request.method or "", address.level
    marks = [mark for _, _, mark in OPERATIONS if mark in request.GET]
    mark = next((mark for mark in (*marks, "") if (method, level, mark) in OPERATIONS), None)
    if mark is None:
        raise S3Error("MethodNotAllowed", Method=method, ResourceType=level.upper())
    name = OPERATIONS[method, level, mark]
    found = operation(COPIES.get(name, name) if SOURCE in headers else name)
    _refuse_others(found, mark, request.GET, headers)
    return found


def all_headers(request: HttpRequest) -> dict[str, str]:
    """Those of the request by their lower-case names, and those in the query of a presigned URL."""
    presigned = {
        name.lower(): str(value)
        for name, value in request.GET.items()
        if name.lower().startswith("x-amz-") or name in IN_QUERIES
    }
    own = {name.lower(): value for name, value in request.headers.items()}
    # How the body travelled says nothing of the object in it.
    own["content-encoding"] = own_encoding(own.get("content-encoding", ""))
    return presigned | {name: value for name, value in own.items() if value}


def parameters(
    found: Operation, request: HttpRequest, address: Address, headers: Mapping[str, str]
) -> dict[str, Any]:
    """What was given, by AWS's names, without the body. Raises S3Error."""
    given: dict[str, Any] = {}
    if address.bucket:
        given["Bucket"] = address.bucket
    if address.key:
        given["Key"] = address.key
    for name, (member, shape) in found.headers.items():
        if name in headers:
            given[member] = _read(shape, name, _header(name, headers[name]))
    for name, (member, shape) in found.query.items():
        if name in request.GET:
            text = request.GET[name]
            checked = _header(name, text) if name.startswith(ANSWERED) else _kept(name, text)
            given[member] = _read(shape, name, checked)
    if metadata := dict(_metadata(found, headers)):
        given["Metadata"] = metadata
    return given


def _metadata(found: Operation, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        if found.metadata and name.startswith(found.metadata):
            if not _HEADER_NAME.fullmatch(name):
                raise invalid(
                    name, value, "The name of the metadata is none that a header can have."
                )
            yield name.removeprefix(found.metadata), _header(name, value)


def _header(name: str, text: str) -> str:
    """Raises S3Error for what would end a header, and begin another one, in the answer."""
    if _NOT_IN_HEADERS.search(text):
        raise invalid(name, text, f"{name} holds control characters, which no header can.")
    return text


def _kept(name: str, text: str) -> str:
    """Raises S3Error for a character that PostgreSQL cannot keep, nor look for."""
    if "\0" in text:
        raise invalid(name, text, f"{name} holds the character U+0000.")
    return text


def _refuse_others(
    found: Operation, mark: str, query: QueryDict, headers: Mapping[str, str]
) -> None:
    """Raises S3Error: a sub-resource or a header that is not known asks for what is not there."""
    for name in query:
        known = name in found.query or name == mark or HARMLESS.fullmatch(name.lower())
        if not known and not _is_header(found, name.lower()):
            raise not_implemented("query parameter", name[:100])
    for name in headers:
        if name.startswith("x-amz-") and not (HARMLESS.fullmatch(name) or _is_header(found, name)):
            raise not_implemented("header", name[:100])


def _is_header(found: Operation, name: str) -> bool:
    return name in found.headers or bool(found.metadata and name.startswith(found.metadata))


def _read(shape: Shape, name: str, text: str) -> Any:
    """Raises S3Error."""
    match shape.type_name:
        case "integer" | "long":
            if not _WHOLE.fullmatch(text):
                raise invalid(name, text, f"Provided {name} not an integer or within integer range")
            return int(text)
        case "boolean":
            return _boolean(name, text)
        case "timestamp":
            return _time(name, text)
        case "list":
            return [one.strip() for one in text.split(",")]
        case _:
            return text


def _boolean(name: str, text: str) -> bool:
    try:
        return BOOLEANS[text.lower()]
    except KeyError:
        raise invalid(name, text, f"{name} is neither true nor false.") from None


def _time(name: str, text: str) -> datetime:
    try:
        found: datetime = parse_timestamp(text)
    except (ValueError, OverflowError, RuntimeError):
        # The last is what botocore makes of an OverflowError of its own.
        raise invalid(name, text, f"{name} is no time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def named(names: Collection[str], found: Operation) -> Iterator[str]:
    """What a client calls the parameters with these names of AWS's API."""
    for called, (member, _) in (*found.headers.items(), *found.query.items()):
        if member in names:
            yield called
    if "Metadata" in names:
        yield found.metadata
