"""What no client should send is refused in the words of the surface, and never with a 5xx."""

import json
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from django.test import Client

from tests.openapi.surfaces import DOCUMENTS, EVERY, Described

JSON_SURFACES = [one for one in EVERY if one.document != "/bedrock/openapi-s3.json"]
PATHS = {one.root + one.path: one for one in JSON_SURFACES}
HEADERS = [
    "accept",
    "authorization",
    "anthropic-beta",
    "idempotency-key",
    "x-api-key",
    "x-goog-upload-command",
    "x-goog-upload-header-content-length",
    "x-model-provider",
    "x-request-id",
    "x-stainless-retry-count",
]
# After the path of a surface, as it is sent.
ODD = [
    "%00",
    "%ff%fe",
    "%0a",
    "%0d%0aX: 1",
    "%F0%9F%8E%89",
    "%ED%A0%80",
    "..%2f..",
    "//",
    "%2e%2e/",
    "a" * 5000,
    "?%00=%00",
    "?limit=1&limit=2",
    "?limit=" + "9" * 400,
    "?limit=%D9%A3",
    "?after=%00",
    "?=",
    "?a=%",
]


def refused(document: str, answer: Any) -> dict[str, Any]:
    """An error as the surface says it."""
    assert 400 <= answer.status_code < 500, answer.content
    told = json.loads(answer.content)
    described = DOCUMENTS[document]
    schema = {**described, "$ref": "#/components/schemas/Error"}
    jsonschema.Draft202012Validator(schema).validate(told)
    return told


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "BREW", "PATCH"])
@pytest.mark.parametrize("described", PATHS.values(), ids=str)
def test_a_method_that_is_not_there_is_a_405_that_names_the_others(
    client: Client, key: str, described: Described, method: str
):
    same = [one for one in JSON_SURFACES if one[:2] == described[:2]]
    known = {one.method.upper() for one in same}
    address = described.addresses()[0]

    answer = client.generic(method, address, headers={"authorization": f"Bearer {key}"})

    assert answer.status_code == 405
    refused(described.document, answer)
    allowed = set(answer.headers["allow"].split(", "))
    assert allowed == known | ({"HEAD"} if "GET" in known else set())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("document", {one.document for one in JSON_SURFACES})
def test_an_address_that_is_not_there_is_a_404(
    client: Client, key: str, document: str, method: str
):
    address = document.replace("openapi.json", "nowhere")

    answer = client.generic(method, address, headers={"authorization": f"Bearer {key}"})

    assert answer.status_code == 404
    refused(document, answer)


@pytest.mark.parametrize("described", JSON_SURFACES, ids=str)
def test_an_odd_address_breaks_nothing(client: Client, key: str, described: Described):
    method, address = described.method.upper(), described.addresses()[0]

    for odd in ODD:
        path, _, query = f"{address}{odd}".partition("?")
        answer = client.generic(
            method,
            headers={"authorization": f"Bearer {key}"},
            path="/",
            # As a server decodes it.
            PATH_INFO=unquote_to_bytes(path).decode("latin-1"),
            QUERY_STRING=query,
        )
        assert answer.status_code < 500, odd


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", b"{}"),
        ("\xff", b"{}"),
        ("application/json; charset=utf-16", "{}".encode("utf-16")),
        ("application/json", b"\xef\xbb\xbf{}"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"a":' * 100_000),
        ("application/json", b'{"endpoint": "\\ud800"}'),
        ("application/json", b'{"\\u0000": "\\u0000"}'),
        ("application/json", b'{"jobName": 1e999, "batch": -0, "requests": [1e999]}'),
        ("application/json", b'{"timeoutDurationInHours": ' + b"9" * 5000 + b"}"),
        ("application/xml", b"<a>&b;</a>"),
        ("multipart/form-data", b"{}"),
        ("multipart/form-data; boundary=a", b"--a\r\n\r\n--a--"),
        ("multipart/form-data; boundary=" + "a" * 300, b"--a--"),
        ("text/plain", b"\x00\xff"),
    ],
    ids=range(15),
)
def test_an_odd_body_breaks_nothing(client: Client, key: str, content_type: str, body: bytes):
    for described in (one for one in JSON_SURFACES if "requestBody" in one.operation):
        answer = client.generic(
            described.method.upper(),
            described.addresses()[0],
            body,
            content_type,
            headers={"authorization": f"Bearer {key}"},
        )
        assert answer.status_code < 500, described


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("value", ["", "\x7f", "\xff\xfe", "a" * 9000, "%00"], ids=range(5))
def test_an_odd_header_breaks_nothing(client: Client, key: str, header: str, value: str):
    for described in (one for one in JSON_SURFACES if "{" not in one.path):
        answer = client.generic(
            described.method.upper(),
            described.addresses()[0],
            b"{}",
            headers={"authorization": f"Bearer {key}", header: value},
        )
        assert answer.status_code < 500, described
