"""The documents are what OpenAPI 3.1 allows, and describe what is there and nothing else."""

import json
from itertools import chain
from typing import Any

import pytest
from django.urls import URLPattern, resolve
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from gateway import urls
from gateway.openapi import SECURITY, DescriptionView
from gateway.s3.operations import OPERATIONS
from gateway.s3.views import Storage
from tests.openapi.surfaces import DOCUMENTS, EVERY, Described

pytestmark = pytest.mark.once
CATCH_ALL = "Unknown"
# What no SDK calls: providers do.
UNDESCRIBED = "Incoming"


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_one_of_openapi(path):
    Draft202012Validator(OPENAPI_31).validate(DOCUMENTS[path])


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_is_published_without_a_key(client, settings, path):
    settings.AUTH = "keys"

    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENTS[path]))


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_schema_is_one_and_every_reference_leads_somewhere(path):
    for schema in all_of(DOCUMENTS[path], "schema"):
        Draft202012Validator.check_schema(schema)
    for name, schema in DOCUMENTS[path]["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert name in json.dumps(DOCUMENTS[path]["paths"]) + json.dumps(
            DOCUMENTS[path]["components"]
        )
    for reference in all_of(DOCUMENTS[path], "$ref"):
        found: Any = DOCUMENTS[path]
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def all_of(value: Any, name: str) -> list[Any]:
    """What is called so, anywhere."""
    if isinstance(value, list):
        return list(chain.from_iterable(all_of(one, name) for one in value))
    if not isinstance(value, dict):
        return []
    own = [value[name]] if name in value else []
    return own + list(chain.from_iterable(all_of(one, name) for one in value.values()))


@pytest.mark.parametrize("described", EVERY, ids=str)
def test_every_operation_tells_what_a_refused_key_and_a_limit_look_like(described: Described):
    refused = "403" if described.document.startswith("/bedrock") else "401"
    silent = described.root.endswith("/files") and described.method == "head"

    responses = described.operation["responses"]

    assert {refused, "429"} <= responses.keys()
    if not silent:
        components = DOCUMENTS[described.document]["components"]
        assert "retry-after" in components["responses"]["429"]["headers"]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_way_to_show_a_key_is_there(path):
    assert DOCUMENTS[path]["components"]["securitySchemes"] == SECURITY
    assert [*chain.from_iterable(DOCUMENTS[path]["security"])] == [*SECURITY]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_operations_are_called_each_by_a_name_of_its_own(path):
    names = [one.operation["operationId"] for one in EVERY if one.document == path]

    assert len(names) == len(set(names))


def test_every_route_and_method_is_described_and_nothing_else_is():
    described = {
        (pattern_of(address), one.method.lower()) for one in EVERY for address in one.addresses()
    }

    assert described == {
        (str(pattern.pattern), method)
        for pattern in urls.urlpatterns
        if has_operations(pattern)
        for method in methods_of(pattern)
    }


def pattern_of(address: str) -> str:
    """Which route answers it. That of the whole server begins with nothing."""
    return resolve(address).route


def has_operations(pattern: URLPattern) -> bool:
    view = pattern.callback.cls
    return view.__name__ not in (CATCH_ALL, UNDESCRIBED) and not issubclass(view, DescriptionView)


def methods_of(pattern: URLPattern) -> set[str]:
    """Where there is a GET there is a HEAD, which needs no description. S3 has one of its own."""
    actions = pattern.callback.actions
    return {name for name in actions if name != "head" or pattern.callback.cls is Storage}


def test_every_operation_of_s3_is_described():
    described = {
        name
        for one in EVERY
        if one.document == "/bedrock/openapi-s3.json"
        for name in one.operation["operationId"].split("-")
    }

    assert described == {*OPERATIONS.values(), "CopyObject", "UploadPartCopy"}
