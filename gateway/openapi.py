"""What the surfaces' descriptions of themselves are made of: https://spec.openapis.org/oas/v3.1.1.html"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from gateway.surface import JSONRenderer, SurfaceView

Described = dict[str, Any]

JSON, OCTETS, LINES = "application/json", "application/octet-stream", "application/x-jsonl"
NO_NUL = "^[^\\u0000]*$"
SECURITY: dict[str, Described] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A virtual key, where OpenAI's SDK puts its key.",
    },
    "x-api-key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A virtual key, where Anthropic's SDK puts its key.",
    },
    "x-goog-api-key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-goog-api-key",
        "description": "A virtual key, where Google's SDK puts its key.",
    },
    "x-bf-vk": {
        "type": "apiKey",
        "in": "header",
        "name": "x-bf-vk",
        "description": "A virtual key, for clients that send another key besides.",
    },
    "sigv4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4, in this header or in the query of a presigned URL.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
}
REFUSED = {
    "400": "Something in the request is wrong: the error says what to change.",
    "401": "The key is missing, unknown or revoked.",
    "402": "The budget of the month is used up.",
    "403": "What the key or the credential may not do.",
    "404": "It does not exist in the workspace of the key.",
    "405": "What is addressed knows no such method.",
    "409": "What exists stands against it.",
    "411": "The length of the body was not said.",
    "412": "A condition does not hold.",
    "413": "It is larger than allowed.",
    "415": "The body is compressed.",
    "416": "No such part of it exists.",
    "429": "The key is over one of its limits: try again after the seconds in `retry-after`. Without these "
    "the budget of the month is used up.",
    "500": "The server failed.",
    "501": "What is asked for is not implemented.",
    "503": "A part of the server is down. Try again.",
    "507": "The server has no room left for files.",
}


class DescriptionView(SurfaceView):
    """Publishes the `document` of a surface, to everyone. A surface puts it before its own view."""

    authentication_classes = []
    renderer_classes = [JSONRenderer]
    document: Described = {}

    def describe(self, request: Request) -> Response:
        return Response(self.document)


def text(
    *, longest: int | None = None, least: int | None = None, pattern: str = "", **more: Any
) -> Described:
    limits = {"minLength": least, "maxLength": longest, "pattern": pattern or None}
    return {"type": "string"} | {
        name: value for name, value in {**limits, **more}.items() if value is not None
    }


def whole(least: int | None = None, most: int | None = None, **more: Any) -> Described:
    limits = {"minimum": least, "maximum": most, **more}
    return {"type": "integer"} | {
        name: value for name, value in limits.items() if value is not None
    }


def choice(words: Iterable[str]) -> Described:
    return {"type": "string", "enum": [str(word) for word in words]}


def array(items: Described, **more: Any) -> Described:
    return {"type": "array", "items": items, **more}


def texts(*, key: Described, value: Described, most: int) -> Described:
    """An object of texts by names that the client chooses."""
    return {
        "type": "object",
        "maxProperties": most,
        "propertyNames": key,
        "additionalProperties": value,
    }


def fields(
    required: Mapping[str, Described], optional: Mapping[str, Described] | None = None
) -> Described:
    """An object that has no fields but these."""
    written = {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }
    return {**written, "required": list(required)} if required else written


def anything(**more: Any) -> Described:
    """An object that is for others to judge."""
    return {"type": "object", **more}


def or_null(schema: Described) -> Described:
    return {"anyOf": [schema, {"type": "null"}]}


def schema(name: str) -> Described:
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(
    place: str,
    name: str,
    schema: Described,
    about: str = "",
    *,
    examples: Sequence[str] = (),
    required: bool = False,
) -> Described:
    written: Described = {"name": name, "in": place, "schema": schema}
    if about:
        written["description"] = about
    if required or place == "path":
        written["required"] = True
    if examples:
        written["examples"] = {f"number {n}": {"value": one} for n, one in enumerate(examples, 1)}
    return written


def body(
    schema: Described, media_type: str = JSON, *, required: bool = True, **more: Any
) -> Described:
    return {"content": {media_type: {"schema": schema, **more}}, "required": required}


def answer(
    about: str,
    schema: Described | None = None,
    media_type: str = JSON,
    headers: Iterable[str] = (),
) -> Described:
    """No schema: there is no body."""
    written: Described = {"description": about}
    if schema is not None:
        written["content"] = {media_type: {"schema": schema}}
    if named := {name: {"schema": {"type": "string"}} for name in headers}:
        written["headers"] = named
    return written


def octets(about: str) -> Described:
    return answer(about, {}, OCTETS)


def operation(
    name: str,
    summary: str,
    *parameters: Described,
    answers: Mapping[str, Described],
    refused: Iterable[int],
    body: Described | None = None,
    **more: Any,
) -> Described:
    """`refused` are the statuses of errors, whose shape is the surface's."""
    written = {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": dict(answers)
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in refused},
        **more,
    }
    return {**written, "requestBody": body} if body else written


def document(
    title: str,
    root: str,
    paths: Mapping[str, Mapping[str, Described]],
    *,
    schemas: Mapping[str, Described],
    media_type: str = JSON,
) -> Described:
    """The description of a surface at the path `root`, whose errors are the schema `Error`."""
    refused = {
        status: answer(about, schema("Error"), media_type) for status, about in REFUSED.items()
    }
    refused["429"]["headers"] = {"retry-after": {"schema": whole(0), "description": "Seconds."}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": settings.VERSION},
        "servers": [{"url": root}],
        "security": [{name: []} for name in SECURITY],
        "paths": {path: dict(operations) for path, operations in paths.items()},
        "components": {
            "schemas": dict(schemas),
            "responses": refused,
            "securitySchemes": SECURITY,
        },
    }
