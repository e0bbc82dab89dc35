"""Golden files: each dialect says each case as its vendor documents it, and reads it back."""

from typing import Any

import msgspec
import pytest

from providers.records import UnsupportedFeatureError
from tests.golden import neutral
from tests.translation import golden
from tests.translation.bodies import BODIES, Spoken, question_of
from tests.translation.golden import (
    CUSTOM_ID,
    as_json,
    asked,
    dropped,
    losses,
    plain,
)

QUESTIONS: dict[str, dict[str, Any]] = {"chat": neutral.REQUESTS, "embeddings": neutral.EMBEDDINGS}
ANSWERS: dict[str, dict[str, Any]] = {"chat": neutral.ANSWERS, "embeddings": neutral.VECTORS}


def every(side: str, *, said: bool | None = None, provider: bool | None = None) -> Any:
    """Parameters: each body with each of its cases that is said, or refused."""
    found = [
        pytest.param(spoken, case, id=f"{spoken}-{case}")
        for spoken in BODIES
        if provider is None or spoken.provider is provider
        for case, one in golden.cases(spoken.folder, side).items()
        if said is None or bool(one.line) is said
    ]
    return pytest.mark.parametrize(("spoken", "case"), found)


@pytest.mark.parametrize("spoken", BODIES, ids=str)
@pytest.mark.parametrize("side", golden.SIDES)
def test_there_is_a_file_for_every_case(spoken: Spoken, side: str):
    table = (QUESTIONS if side == "request" else ANSWERS)[spoken.subject]

    found = set(golden.cases(spoken.folder, side))
    assert found == set(table) or (spoken.few and "text" in found <= set(table))


@every("request", provider=True)
def test_a_request_is_said_as_in_the_file(spoken: Spoken, case: str):
    expected, lost = golden.read(spoken.folder, case, "request"), losses()
    if expected.refused:
        with pytest.raises(UnsupportedFeatureError) as error:
            spoken.provider_body.render_request(spoken.requests[case], lost)
        assert error.value.param == expected.refused
        return

    rendered = spoken.provider_body.render_request(spoken.requests[case], lost)

    assert as_json(rendered) == content(spoken, case)
    assert dropped(lost) == expected.dropped


@every("request", said=True)
def test_a_request_in_a_file_is_read_as_what_it_means(spoken: Spoken, case: str):
    lost = losses()
    record = spoken.dialect.open(golden.request_line(spoken.folder, case), model=spoken.model)

    parsed = record.body.parse_request(record.content, lost)

    assert record.custom_id == CUSTOM_ID
    assert record.body is spoken.body
    assert not dropped(lost)
    assert parsed.model in (None, spoken.model)
    expected = meant(spoken.requests[case], golden.read(spoken.folder, case, "request"))
    if expected is not None:
        parsed = msgspec.structs.replace(parsed, model=spoken.model)
        assert plain(parsed) == plain(expected)


@every("request", said=True, provider=True)
def test_a_request_survives_being_read_and_said_again(spoken: Spoken, case: str):
    lost = losses()
    record = spoken.dialect.open(golden.request_line(spoken.folder, case), model=spoken.model)
    parsed = record.body.parse_request(record.content, lost)

    parsed = msgspec.structs.replace(parsed, model=spoken.model)
    rendered = spoken.provider_body.render_request(parsed, lost)

    assert as_json(rendered) == content(spoken, case)
    assert not dropped(lost)


@every("request", said=True, provider=True)
def test_a_request_is_sealed_as_in_the_file(spoken: Spoken, case: str):
    line = golden.request_line(spoken.folder, case)
    record = spoken.dialect.open(line, model=spoken.model)

    sealed = spoken.dialect.seal(CUSTOM_ID, spoken.provider_body, record.content)

    assert msgspec.json.decode(sealed) == msgspec.json.decode(line)


@every("result")
def test_an_answer_is_said_as_in_the_file(spoken: Spoken, case: str):
    expected, lost = golden.read(spoken.folder, case, "result"), losses()
    asking = asked_of(spoken, case)
    if expected.refused:
        with pytest.raises(UnsupportedFeatureError) as error:
            spoken.body.render_answer(spoken.answers[case], asking, lost)
        assert error.value.param == expected.refused
        return

    rendered = spoken.body.render_answer(spoken.answers[case], asking, lost)

    assert as_json(rendered) == outcome(spoken, case)
    assert dropped(lost) == expected.dropped


@every("result", said=True, provider=True)
def test_an_answer_in_a_file_is_read_as_what_it_means(spoken: Spoken, case: str):
    lost = losses()
    raw = spoken.dialect.open_result(golden.read(spoken.folder, case, "result").line).outcome

    parsed = spoken.provider_body.parse_answer(raw, lost)

    assert not dropped(lost)
    expected = meant(spoken.answers[case], golden.read(spoken.folder, case, "result"))
    if expected is not None:
        assert plain(parsed) == plain(expected)


@every("result", said=True, provider=True)
def test_an_answer_survives_being_read_and_said_again(spoken: Spoken, case: str):
    lost = losses()
    raw = spoken.dialect.open_result(golden.read(spoken.folder, case, "result").line).outcome

    parsed = spoken.provider_body.parse_answer(raw, lost)
    rendered = spoken.body.render_answer(parsed, asked_of(spoken, case), lost)

    assert as_json(rendered) == outcome(spoken, case)
    assert not dropped(lost)


@every("result", said=True)
def test_an_answer_is_sealed_as_in_the_file(spoken: Spoken, case: str):
    line = golden.read(spoken.folder, case, "result").line
    request = golden.request_line(spoken.folder, question_of(spoken, case))
    record = spoken.dialect.open(request, model=spoken.model)
    result = spoken.dialect.open_result(line)

    sealed = spoken.dialect.seal_result(record, "answer-1", bytes(result.outcome))

    assert result.id == CUSTOM_ID
    again = spoken.dialect.open_result(sealed)
    assert again.id == CUSTOM_ID
    assert bytes(again.outcome) == bytes(result.outcome)
    assert set(msgspec.json.decode(sealed)) == set(msgspec.json.decode(line))


def meant(value: Any, said: golden.Golden) -> Any | None:
    """What a file must be read as; None where it says itself that it is not the case."""
    return None if said.changed else golden.what_is_left(value, said.dropped)


def asked_of(spoken: Spoken, case: str) -> Any:
    request = golden.request_line(spoken.folder, question_of(spoken, case))
    return asked(spoken.model, spoken.dialect.open(request, model=spoken.model).content)


def content(spoken: Spoken, case: str) -> Any:
    line = golden.request_line(spoken.folder, case)
    return msgspec.json.decode(spoken.dialect.open(line, model=spoken.model).content)


def outcome(spoken: Spoken, case: str) -> Any:
    line = golden.read(spoken.folder, case, "result").line
    return msgspec.json.decode(spoken.dialect.open_result(line).outcome)
