"""The description of this surface, made of AWS's own: https://spec.openapis.org/oas/v3.1.1.html#xml-object

Several of AWS's operations have one path and one method, and differ in a parameter of the query.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

from gateway.choice import HEADER
from gateway.openapi import (
    REFUSED,
    Described,
    answer,
    choice,
    document,
    operation,
    parameter,
    schema,
    text,
)
from gateway.s3 import wire
from gateway.s3.address import LONGEST_BUCKET, LONGEST_KEY, ROOT
from gateway.s3.operations import COPIES, OPERATIONS, Operation
from gateway.s3.operations import operation as of_aws
from gateway.s3.wire import MEDIA_TYPE, NAMESPACE, ROOTS
from providers.registry import UPSTREAMS

STATUSES = (400, 403, 404, 405, 409, 411, 412, 416, 429, 500, 501, 503, 507)
PATHS = {"service": "/", "bucket": "/{bucket}", "object": "/{bucket}/{key}"}
NO_BODY = {"204": "It is gone.", "304": "It is as it was."}
TYPES = {"integer": "integer", "long": "integer", "boolean": "boolean"}
IN_PATHS = {
    "bucket": parameter("path", "bucket", text(least=1, longest=LONGEST_BUCKET)),
    "key": parameter(
        "path", "key", text(least=1, longest=LONGEST_KEY), "Of any characters, slashes among them."
    ),
}
PROVIDER = parameter(
    "header",
    HEADER,
    choice(UPSTREAMS),
    "Where objects lie: in a bucket at AWS for Bedrock, as if none is named; else here.",
)
ERROR: Described = {
    "type": "object",
    "properties": {name: text() for name in ("Code", "Message", "Resource", "RequestId")},
    "required": ["Code", "Message", "Resource", "RequestId"],
    "additionalProperties": text(),
    "xml": {"name": "Error"},
}


def of_shape(shape: Shape) -> Described:
    """What is in an element."""
    match shape:
        case StructureShape():
            return {"type": "object", "properties": dict(_members(shape))}
        case ListShape():
            return {"type": "array", "items": of_shape(shape.member)}
        case _ if shape.type_name == "timestamp":
            return text(format="date-time")
        case _:
            return {"type": TYPES.get(shape.type_name, "string")}


def _members(shape: StructureShape) -> Iterator[tuple[str, Described]]:
    for member, inner in shape.members.items():
        if "location" in inner.serialization:
            continue
        name = inner.serialization.get("name", member)
        described = of_shape(inner)
        if isinstance(inner, ListShape):
            own = inner.member.serialization.get("name", "member")
            wrapped = not inner.serialization.get("flattened")
            described["xml"] = {"wrapped": wrapped}
            described["items"] = described["items"] | {"xml": {"name": own if wrapped else name}}
        yield name, described


def element(name: str, shape: Shape) -> Described:
    """A whole document."""
    return {**of_shape(shape), "xml": {"name": name, "namespace": NAMESPACE}}


def answered(found: Operation) -> Described | None:
    """The document that answers, if one does."""
    shape = found.output
    if shape is None or found.name not in (*ROOTS, "GetBucketLocation"):
        return None
    if payload := shape.serialization.get("payload"):
        return element(ROOTS[found.name], shape.members[payload])
    return element(ROOTS.get(found.name, "LocationConstraint"), shape)


def asked(found: Operation) -> Described | None:
    """The document that is asked with, if one is."""
    shape = found.model.input_shape
    payload = shape.members[found.payload] if shape and found.payload else None
    if payload is None or payload.type_name != "structure":
        return None
    return element(payload.serialization.get("name", payload.name), payload)


def parameters(found: Operation) -> Iterator[Described]:
    """Those of its headers and its query."""
    for place, known in (("query", found.query), ("header", found.headers)):
        for name, (_, shape) in known.items():
            if name not in ("content-type", "content-length"):
                yield parameter(place, name, text(), f"{found.name}: {_type(shape)}")


def _type(shape: Shape) -> str:
    return "one or more words" if shape.type_name == "list" else str(shape.type_name)


def headers(found: Operation) -> Iterator[str]:
    for member, shape in found.output.members.items() if found.output else ():
        if shape.serialization.get("location") == "header":
            yield shape.serialization.get("name", member).lower()


def shared(method: str, level: str) -> dict[str, list[Operation]]:
    """AWS's operations with a path and a method, by the parameter that tells them apart."""
    found: dict[str, list[Operation]] = {}
    for (verb, place, mark), name in OPERATIONS.items():
        if (verb, place) == (method, level):
            names = [name, COPIES[name]] if name in COPIES else [name]
            found[mark] = [of_aws(one) for one in names]
    return found


def described(method: str, level: str) -> Described:
    marked = shared(method, level)
    found = [one for several in marked.values() for one in several]
    written = operation(
        "-".join(one.name for one in found),
        ", ".join(one.name for one in found),
        *[IN_PATHS[name] for name in IN_PATHS if f"{{{name}}}" in PATHS[level]],
        PROVIDER,
        *_all_parameters(marked),
        answers=_answers(method, level, found),
        refused=() if method == "HEAD" else STATUSES,
    )
    if content := _content(method, level, found):
        written["requestBody"] = {"content": content}
    return written


def _all_parameters(marked: Mapping[str, Iterable[Operation]]) -> list[Described]:
    """Each once, those that tell operations apart first. Without the only one nothing is asked for."""
    all_of: dict[tuple[str, str], Described] = {}
    for mark, found in marked.items():
        if mark:
            about = f"Asks for {' or '.join(one.name for one in found)}."
            all_of["query", mark] = parameter(
                "query", mark, text(), about, required=len(marked) == 1
            )
    for one in chain.from_iterable(map(parameters, chain.from_iterable(marked.values()))):
        all_of.setdefault((one["in"], one["name"]), one)
    return list(all_of.values())


def _answers(method: str, level: str, found: Iterable[Operation]) -> dict[str, Described]:
    names = sorted({name for one in found for name in headers(one)})
    if method == "HEAD":
        statuses = {status: answer(REFUSED[str(status)]) for status in STATUSES}
        silent = {str(status): one for status, one in statuses.items()}
        return {**silent, **_silent("304"), "200": answer("It is there.", headers=names)}
    if method == "DELETE":
        return {**_silent("204")}
    said = [one.name for one in found if answered(one)]
    done: Described = {**answer("It is done.", headers=names)}
    if said:
        done["content"] = {MEDIA_TYPE: {"schema": {"anyOf": [schema(name) for name in said]}}}
    if (method, level) != ("GET", "object"):
        return {"200": done}
    # The content of an object has the type that its client gave it.
    done["content"]["*/*"] = {}
    part = answer("A part of the object.", {}, "*/*", names)
    return {"200": done, "206": part, **_silent("304")}


def _silent(status: str) -> dict[str, Described]:
    return {status: answer(NO_BODY[status])}


def _content(method: str, level: str, found: Iterable[Operation]) -> dict[str, Any]:
    content = [one for one in map(asked, found) if one]
    if (method, level) == ("PUT", "object"):
        return {"*/*": {}}
    return {MEDIA_TYPE: {"schema": {"anyOf": content}}} if content else {}


def _paths() -> dict[str, dict[str, Described]]:
    known = list(dict.fromkeys((method, level) for method, level, _ in OPERATIONS))
    return {
        path: {
            method.lower(): described(method, level)
            for method, level in known
            if PATHS[level] == path
        }
        for path in PATHS.values()
    }


def _schemas() -> dict[str, Described]:
    names = [*OPERATIONS.values(), *COPIES.values()]
    found = {name: answered(of_aws(name)) for name in names}
    return {"Error": ERROR} | {name: one for name, one in found.items() if one}


DOCUMENT = document(
    "Bifrost for clients of S3", ROOT, _paths(), schemas=_schemas(), media_type=wire.MEDIA_TYPE
)
