"""Why a record has no answer, said in every dialect and read back."""

import json
from typing import Any, get_args

import pytest
from anthropic.types import messages as anthropic
from google.genai import types as genai

from providers.records import Failure, FailureKind
from providers.translation import Translation
from tests.translation import golden, strict
from tests.translation.bodies import BODIES, BY_FOLDER, DIALECTS, Spoken, question_of

KINDS = get_args(FailureKind)
MESSAGE = 'It is not to be: "quoted", 東京, and a\nnew line.'
SURVIVES: dict[str, set[str]] = {
    "anthropic": {
        "invalid_request",
        "authentication",
        "permission",
        "billing",
        "not_found",
        "rate_limit",
        "overloaded",
        "timeout",
        "server_error",
        "expired",
        "cancelled",
    },
    "openai": {"expired", "cancelled"},
}
"""Kinds for which the vendor has a word in its lines. Without a status the others have none there."""

WITHOUT_A_MESSAGE = {("anthropic", "expired"), ("anthropic", "cancelled")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spoken", BODIES, ids=str)
def test_a_failure_is_told(spoken: Spoken, kind: FailureKind):
    line = sealed(spoken, Failure(kind, MESSAGE))

    told = spoken.dialect.open_result(line)

    assert b"\n" not in line
    assert told.id == golden.CUSTOM_ID
    assert not told.succeeded
    assert isinstance(told.outcome, Failure)
    if (spoken.dialect_name, kind) not in WITHOUT_A_MESSAGE:
        assert MESSAGE in told.outcome.message
    if kind in SURVIVES.get(spoken.dialect_name, ()):
        assert told.outcome.kind == kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", [None, "a_code"])
@pytest.mark.parametrize("status", [None, 400, 404, 413, 429, 500, 529])
@pytest.mark.parametrize("spoken", DIALECTS, ids=str)
def test_a_failure_with_a_code_and_a_status_is_told(
    spoken: Spoken, kind: FailureKind, code: str | None, status: int | None
):
    line = sealed(spoken, Failure(kind, MESSAGE, code, status))
    told = spoken.dialect.open_result(line)

    assert not told.succeeded
    assert told.id == golden.CUSTOM_ID


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", DIALECTS, ids=str)
@pytest.mark.parametrize("source", DIALECTS, ids=str)
def test_a_providers_failure_reaches_the_client(source: Spoken, target: Spoken, kind: FailureKind):
    said = sealed(target, Failure(kind, MESSAGE))
    translation = Translation(source.dialect, target.dialect, model=target.model)
    record = source.dialect.open(golden.request_line(source.folder, "text"), model=source.model)

    answered, line = translation.result(record, "41", said)

    told = source.dialect.open_result(line)
    assert not answered
    assert not told.succeeded
    assert told.id == golden.CUSTOM_ID
    silent = {(source.dialect_name, kind), (target.dialect_name, kind)} & WITHOUT_A_MESSAGE
    if not silent:
        assert MESSAGE in told.outcome.message
    if all(kind in SURVIVES.get(name, ()) for name in (source.dialect_name, target.dialect_name)):
        assert told.outcome.kind == kind


@pytest.mark.parametrize("kind", KINDS)
def test_anthropics_types_take_its_failures(kind: FailureKind):
    line = sealed(BY_FOLDER["anthropic"], Failure(kind, MESSAGE))

    strict.typed(anthropic.MessageBatchIndividualResponse)(json.loads(line))


@pytest.mark.parametrize("kind", KINDS)
def test_googles_types_take_its_failures(kind: FailureKind):
    error = json.loads(sealed(BY_FOLDER["gemini"], Failure(kind, MESSAGE)))["error"]

    strict.typed(genai.JobError)(error)
    assert isinstance(error["code"], int)


@pytest.mark.parametrize("kind", KINDS)
def test_openai_tells_a_failure_beside_the_response_or_in_it(kind: FailureKind):
    line = json.loads(sealed(BY_FOLDER["openai"], Failure(kind, MESSAGE)))

    error = line["error"] or line["response"]["body"]["error"]
    assert error["message"] == MESSAGE
    assert isinstance(error["code"], str)
    assert line["id"]


@pytest.mark.parametrize("kind", KINDS)
def test_amazon_tells_a_failure_with_a_status(kind: FailureKind):
    error = json.loads(sealed(BY_FOLDER["bedrock"], Failure(kind, MESSAGE)))["error"]

    assert 400 <= error["errorCode"] < 600
    assert error["errorMessage"] == MESSAGE


def sealed(spoken: Spoken, failure: Failure) -> bytes:
    case = question_of(spoken)
    record: Any = spoken.dialect.open(golden.request_line(spoken.folder, case), model=spoken.model)
    return spoken.dialect.seal_failure(record, "41", failure)
