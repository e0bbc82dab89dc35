"""Stands between a client and the application, and lets nothing pass that is not as it is described."""

import io
import json
import re
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from jsonschema import Draft202012Validator

from tests.openapi.surfaces import DOCUMENTS, EVERY, Described

JSON = "application/json"
PARAMETER = re.compile(r"\{\w+\}")


class Judge:
    """A WSGI application. `seen` are the statuses of what was asked of it, by operation."""

    def __init__(self) -> None:
        self.application = WSGIHandler()
        self.seen: dict[str, list[int]] = {}

    def __call__(self, environ: dict[str, Any], start: Any) -> io.BytesIO:
        asked = b"".join(iter(lambda: environ["wsgi.input"].read(65536), b""))
        environ = {**environ, "wsgi.input": io.BytesIO(asked)}
        told: list[Any] = []
        answer = self.application(environ, lambda *given: told.extend(given))
        body = b"".join(answer)
        answer.close()
        status, headers = int(told[0].split()[0]), {name.lower(): text for name, text in told[1]}
        described = described_at(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        self.seen.setdefault(described.operation["operationId"], []).append(status)
        if status < 300 and asked:
            content = described.operation["requestBody"]["content"]
            # boto3 does not say what its XML is.
            media_type = environ.get("CONTENT_TYPE") or next(iter(content))
            check(described.document, content, media_type, asked)
        check_answer(described, status, headers.get("content-type", ""), body)
        start(*told)
        return io.BytesIO(body)


def described_at(method: str, path: str) -> Described:
    """The one whose path is the most literal of those that fit."""
    fitting = [one for one in EVERY if one.method.upper() == method and fits(one, path)]
    assert fitting, f"{method} {path} is not described"
    return max(fitting, key=lambda one: len(PARAMETER.sub("", one.root + one.path)))


def fits(described: Described, path: str) -> bool:
    literal = PARAMETER.split(described.root + described.path)
    # boto3 asks for all buckets without the last slash, which a document cannot do.
    path = path if path != described.root else f"{path}/"
    return re.fullmatch("(?s:.+)".join(map(re.escape, literal)), path) is not None


def check_answer(described: Described, status: int, media_type: str, body: bytes) -> None:
    response = described.operation["responses"][str(status)]
    if reference := response.get("$ref"):
        name = reference.rpartition("/")[2]
        response = DOCUMENTS[described.document]["components"]["responses"][name]
    # Of S3's operations with one path and method some answer with a document and some do not.
    if "content" in response and (media_type or body):
        check(described.document, response["content"], media_type, body)
    else:
        assert body == b""


def check(document: str, content: dict[str, Any], media_type: str, body: bytes) -> None:
    """That a body is one of those that are described."""
    kind = media_type.partition(";")[0]
    wanted = content.get(kind, content.get("*/*"))
    assert wanted is not None, f"{media_type} is not among {[*content]}"
    if kind == JSON and wanted.get("schema"):
        schema = {**DOCUMENTS[document], **wanted["schema"]}
        checker = Draft202012Validator.FORMAT_CHECKER
        Draft202012Validator(schema, format_checker=checker).validate(json.loads(body))
