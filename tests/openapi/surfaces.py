"""The documents, by where they are published, and what is in them."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.anthropic import openapi as anthropic
from gateway.bedrock import openapi as bedrock
from gateway.estimate import openapi as estimate
from gateway.genai import openapi as genai
from gateway.openai import openapi as openai
from gateway.s3 import openapi as s3

DOCUMENTS = {
    "/openai/openapi.json": openai.DOCUMENT,
    "/anthropic/openapi.json": anthropic.DOCUMENT,
    "/bedrock/openapi.json": bedrock.DOCUMENT,
    "/bedrock/openapi-s3.json": s3.DOCUMENT,
    "/genai/openapi.json": genai.DOCUMENT,
    "/bifrost/openapi.json": estimate.DOCUMENT,
}


class Described(NamedTuple):
    """An operation of a document."""

    document: str
    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.root}{self.path}"

    @property
    def root(self) -> str:
        return DOCUMENTS[self.document]["servers"][0]["url"]

    @property
    def operation(self) -> dict[str, Any]:
        return DOCUMENTS[self.document]["paths"][self.path][self.method]

    def addresses(self) -> list[str]:
        """The path with the examples of its parameters filled in, or their own names."""
        found = [self.root + self.path]
        for one in self.operation["parameters"]:
            if one["in"] == "path":
                values = [example["value"] for example in one.get("examples", {}).values()]
                found = [
                    path.replace(f"{{{one['name']}}}", value)
                    for path in found
                    for value in values or [one["name"]]
                ]
        return found


EVERY = [
    Described(document, path, method)
    for document, described in DOCUMENTS.items()
    for path, operations in described["paths"].items()
    for method in operations
]


def with_examples(document: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """A copy, in which parameters with these names have these examples alone."""
    copy = json.loads(json.dumps(document))
    for operations in copy["paths"].values():
        for operation in operations.values():
            for one in operation["parameters"]:
                if one["name"] in known:
                    one["examples"] = {"known": {"value": known[one["name"]]}}
    return copy
