"""Anthropic's envelopes: the lines of its message batches."""

import json
from typing import Any, get_args

import pytest
from anthropic import types
from anthropic.types.shared import ErrorObject

from providers.anthropic.dialect import ANTHROPIC, ENDS, ERRORS, KINDS
from providers.anthropic.messages import MESSAGES
from providers.anthropic.messages.answer import FINISHES, STOP_REASONS, UNSAYABLE
from providers.records import Failure, FailureKind, MalformedRecordError
from providers.records.chat import Finish

PARAMS = '{"model": "claude-opus-4-6","max_tokens":1e1, "messages":[ ],"new":[1.50,"é"]}'
LINE = f'{{"custom_id": "one_1-A", "params": {PARAMS}}}'.encode()


def error_of(line: bytes) -> MalformedRecordError:
    with pytest.raises(MalformedRecordError) as error:
        ANTHROPIC.open(line)
    return error.value


def test_a_line_is_opened():
    record = ANTHROPIC.open(LINE)

    assert record.custom_id == "one_1-A"
    assert record.body is MESSAGES
    assert record.content == PARAMS.encode()
    assert MESSAGES.model_of(record.content) == "claude-opus-4-6"


@pytest.mark.parametrize(
    ("line", "code", "param"),
    [
        (b"", "invalid_json_line", None),
        (b"{", "invalid_json_line", None),
        (b"[]", "invalid_json_line", None),
        (b'{"custom_id":"a","params":{"x":"\xff"}}', "invalid_json_line", None),
        (b'{"params":{}}', "missing_required_parameter", "custom_id"),
        (b'{"custom_id":null,"params":{}}', "missing_required_parameter", "custom_id"),
        (b'{"custom_id":"","params":{}}', "missing_required_parameter", "custom_id"),
        (b'{"custom_id":7,"params":{}}', "invalid_type", "custom_id"),
        (b'{"custom_id":"a"}', "missing_required_parameter", "params"),
        (b'{"custom_id":"a","params":null}', "missing_required_parameter", "params"),
        (b'{"custom_id":"a","params":[]}', "invalid_type", "params"),
        (b'{"custom_id":"a","params":"{}"}', "invalid_type", "params"),
        (b'{"custom_id":"a b","params":{}}', "invalid_value", "custom_id"),
        ('{"custom_id":"ä","params":{}}'.encode(), "invalid_value", "custom_id"),
        (b'{"custom_id":"' + b"a" * 65 + b'","params":{}}', "invalid_value", "custom_id"),
    ],
)
def test_what_is_wrong_with_a_line_is_told(line: bytes, code: str, param: str | None):
    error = error_of(line)

    assert (error.code, error.param) == (code, param)


def test_a_custom_id_may_have_64_characters():
    line = json.dumps({"custom_id": "a" * 64, "params": {}}).encode()

    assert ANTHROPIC.open(line).custom_id == "a" * 64


def test_the_body_stays_byte_for_byte():
    sealed = ANTHROPIC.reseal(ANTHROPIC.open(LINE), "r0000000042")

    assert sealed == f'{{"custom_id":"r0000000042","params":{PARAMS}}}'.encode()


def test_only_the_model_is_replaced():
    sealed = ANTHROPIC.reseal(ANTHROPIC.open(LINE), "r0000000042", model="claude-haiku-4-5")

    assert b'"model":"claude-haiku-4-5"' in sealed
    assert b'"max_tokens":1e1' in sealed
    assert '[1.50,"é"]'.encode() in sealed


def test_further_keys_of_the_line_are_kept():
    line = b'{"note":{"n":1.0},"params":{"model":"a"},"custom_id":"one"}'
    record = ANTHROPIC.open(line)

    assert ANTHROPIC.reseal(record, "r1") == (
        b'{"note":{"n":1.0},"params":{"model":"a"},"custom_id":"r1"}'
    )
    assert json.loads(ANTHROPIC.reseal(record, "r1", model="b")) == {
        "note": {"n": 1.0},
        "params": {"model": "b"},
        "custom_id": "r1",
    }


def result(outcome: dict[str, Any]) -> bytes:
    return json.dumps({"custom_id": "r1", "result": outcome}).encode()


def test_a_message_is_opened_as_it_is():
    line = b'{"custom_id":"r1","result":{"type":"succeeded","message":{"id": "x", "n":1.0}}}'
    opened = ANTHROPIC.open_result(line)

    assert opened.succeeded
    assert bytes(opened.outcome) == b'{"id": "x", "n":1.0}'
    assert ANTHROPIC.reseal_result(ANTHROPIC.open(LINE), opened.line) == line.replace(
        b"r1", b"one_1-A"
    )


@pytest.mark.parametrize("nested", [True, False])
def test_an_error_is_found_nested_or_flat(nested: bool):
    error: dict[str, Any] = {"type": "overloaded_error", "message": "Overloaded"}
    if nested:
        error = {"type": "error", "error": error, "request_id": "req_1"}

    opened = ANTHROPIC.open_result(result({"type": "errored", "error": error}))

    assert opened.outcome == Failure("overloaded", "Overloaded", "overloaded_error")


def test_an_error_of_an_unknown_type_is_the_servers():
    error = {"type": "error", "error": {"type": "new_error", "message": "Oh"}}

    opened = ANTHROPIC.open_result(result({"type": "errored", "error": error}))

    assert opened.outcome == Failure("server_error", "Oh", "new_error")


@pytest.mark.parametrize(("word", "kind"), [("expired", "expired"), ("canceled", "cancelled")])
def test_some_records_were_never_tried(word: str, kind: str):
    opened = ANTHROPIC.open_result(result({"type": word}))

    assert isinstance(opened.outcome, Failure)
    assert opened.outcome.kind == kind


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"custom_id":"r1"}',
        b'{"custom_id":"r1","result":{"type":"new"}}',
        b'{"custom_id":"r1","result":{"type":"succeeded"}}',
        b'{"custom_id":"r1","result":{"type":"succeeded","message":[]}}',
        b'{"custom_id":"r1","result":{"type":"errored"}}',
        b'{"custom_id":"r1","result":{"type":"errored","error":7}}',
        b'{"custom_id":"r1","result":{"type":"expired","x":"\xff"}}',
    ],
)
def test_what_is_no_result_is_told(line: bytes):
    with pytest.raises(MalformedRecordError) as error:
        ANTHROPIC.open_result(line)

    assert error.value.code == "malformed_result"


def test_every_kind_of_failure_has_a_word():
    kinds = set(get_args(FailureKind))
    members = get_args(get_args(ErrorObject)[0])
    known = {get_args(member.model_fields["type"].annotation)[0] for member in members}

    assert ERRORS.keys() | ENDS.keys() == kinds
    assert not ERRORS.keys() & ENDS.keys()
    assert set(ERRORS.values()) <= known <= KINDS.keys()


def test_every_stop_reason_has_a_meaning():
    assert set(FINISHES) == set(get_args(types.StopReason))
    assert set(STOP_REASONS.values()) == set(get_args(types.StopReason))
    assert STOP_REASONS.keys() | UNSAYABLE == set(get_args(Finish))
    assert {"malformed_tool_call", "error"} == UNSAYABLE
