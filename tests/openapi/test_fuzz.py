"""Schemathesis asks for what the documents describe, and for what they do not. It never sees a 5xx."""

import random
from http.client import NOT_IMPLEMENTED
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
)

from tests.openapi.surfaces import DOCUMENTS, EVERY, Described, with_examples

# Of two parameters one may forbid the other, which no schema says.
UNSAID = {positive_data_acceptance}
NEGATED = {negative_data_rejection}
# A client of S3 may name the type that it wants to be told, be it none.
WISHED = {content_type_conformance, response_schema_conformance}
# Of up to three hundred, so that all operations have their turn in a minute.
MOST = 50
# What no surface knows, and need not.
UNKNOWN_HEADER = "x-schemathesis-unknown-property"

load_all_checks()


@pytest.fixture
def schema(
    request: pytest.FixtureRequest,
    inside_one_transaction: None,
    accounts: None,
    known: dict[str, str],
) -> Any:
    document = with_examples(DOCUMENTS[request.param], known)
    made = schemathesis.openapi.from_dict(document)
    made.app = WSGIHandler()
    return made


def ask(case: Case, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    response = case.call(headers=headers)
    case.validate_response(
        response,
        headers=headers,
        excluded_checks=list(not_judged(case, response.status_code)),
        transport_kwargs={"headers": headers},
    )


def not_judged(case: Case, status: int) -> set[CheckFunction]:
    """S3 takes XML with more or less in it than is right, and says with a status of its own what it lacks."""
    if not case.operation.base_url.endswith("/bedrock/files"):
        return UNSAID | NEGATED if UNKNOWN_HEADER in case.headers else UNSAID
    lacking = {not_a_server_error} if status == NOT_IMPLEMENTED else set()
    wished = WISHED if "response-content-type" in (case.query or {}) else set()
    return UNSAID | NEGATED | lacking | wished


def edges(operation: APIOperation) -> list[Case]:
    """Limits that are described, from both of their sides, and methods that are not: other ones each time,
    by the seed that pytest-randomly prints.
    """
    found = list(
        CoverageGenerator(
            operation=operation,
            generation_modes=list(GenerationMode),
            generation_config=operation.schema.config.generation,
            auth_storage=None,
            override=Override(),
            feedback=FeedbackSources(),
            hooks=None,
        )
    )
    return random.sample(found, min(MOST, len(found)))


@pytest.mark.parametrize(
    ("schema", "described"),
    [(one.document, one) for one in EVERY],
    indirect=["schema"],
    ids=[str(one) for one in EVERY],
)
def test_what_is_asked_is_answered_as_described(schema: Any, described: Described, key: str):
    operation = schema[described.path][described.method]

    for case in edges(operation):
        ask(case, key)

    @given(
        case=operation.as_strategy()
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    @settings(
        max_examples=4,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def at_random(case: Case) -> None:
        ask(case, key)

    at_random()
