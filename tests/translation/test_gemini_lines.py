"""The envelopes of Gemini's batches, and their errors."""

import msgspec
import pytest
from google.genai import types
from msgspec import Raw

from providers.gemini.dialect import EMBED, GEMINI, GENERATE
from providers.gemini.failures import CODES, KINDS, NUMBERS, STATUSES, WORDS
from providers.records import Failure, FailureKind, MalformedRecordError

CHAT = b'{"contents":[{"parts":[{"text":"Hi"}]}]}'
OURS = "r0000000007"
FILE_LINE = b'{"key":"mine","request":%b}' % CHAT
INLINED = b'{"request":%b,"metadata":{"key":"mine","team":"red"}}' % CHAT
BARE = b'{"request":%b}' % CHAT


def decoded(line: bytes) -> dict:
    return msgspec.json.decode(line)


@pytest.mark.parametrize(
    ("line", "custom_id"), [(FILE_LINE, "mine"), (INLINED, "mine"), (BARE, None)]
)
def test_a_key_may_stand_beside_the_request_or_in_metadata_or_nowhere(line, custom_id):
    record = GEMINI.open(line)

    assert record.custom_id == custom_id
    assert record.body is GENERATE
    assert record.content == CHAT


def test_a_request_with_one_content_is_for_a_vector():
    assert GEMINI.open(b'{"request":{"content":{"parts":[{"text":"Hi"}]}}}').body is EMBED


def test_a_key_comes_before_that_of_the_metadata():
    line = b'{"key":"outer","request":%b,"metadata":{"key":"inner"}}' % CHAT

    assert GEMINI.open(line).custom_id == "outer"


@pytest.mark.parametrize(
    ("line", "code", "param"),
    [
        (b"{", "invalid_json_line", None),
        (b'{"key":"\xff","request":{}}', "invalid_json_line", None),
        (b'{"key":"a"}', "missing_required_parameter", "request"),
        (b'{"key":"a","request":null}', "missing_required_parameter", "request"),
        (b'{"key":1,"request":{"contents":[]}}', "invalid_type", "key"),
        (b'{"metadata":{"key":1},"request":{"contents":[]}}', "invalid_type", "metadata.key"),
        (b'{"metadata":7,"request":{"contents":[]}}', "invalid_type", "metadata"),
        (b'{"key":"a","request":7}', "invalid_type", "request"),
        (b'{"key":"a","request":{"model":7}}', "invalid_type", "request.model"),
        (b'{"key":"a","request":{"model":"a\\u0000"}}', "invalid_value", "request.model"),
        (b"[]", "invalid_json_line", None),
    ],
)
def test_a_line_that_is_no_record_says_why(line, code, param):
    with pytest.raises(MalformedRecordError) as error:
        GEMINI.open(line)

    assert (error.value.code, error.value.param) == (code, param)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (FILE_LINE, {"key": OURS}),
        (INLINED, {"key": OURS, "metadata": {"key": OURS, "team": "red"}}),
        (BARE, {"key": OURS}),
        (b'{"key":"mine","x":[1],"request":%b}' % CHAT, {"key": OURS, "x": [1]}),
        (b'{"metadata":{"a":"b"},"request":%b}' % CHAT, {"key": OURS, "metadata": {"a": "b"}}),
    ],
)
def test_our_id_goes_upstream_as_key_and_wherever_the_client_had_its_own(line, expected):
    sealed = GEMINI.reseal(GEMINI.open(line), OURS)

    assert decoded(sealed) == {**expected, "request": decoded(CHAT)}
    assert CHAT in sealed


def test_a_model_is_replaced_only_where_a_request_names_one():
    named = b'{"key":"a","request":{"model":"models/gemini-2.5-pro","contents":[ ]}}'

    changed = GEMINI.reseal(GEMINI.open(named), OURS, model="gemini-3.8-flash")
    unchanged = GEMINI.reseal(GEMINI.open(FILE_LINE), OURS, model="gemini-3.8-flash")

    assert GEMINI.open(named).body.model_of(GEMINI.open(named).content) == "gemini-2.5-pro"
    assert decoded(changed)["request"]["model"] == "models/gemini-3.8-flash"
    assert b'"contents":[ ]' in changed
    assert decoded(unchanged)["request"] == decoded(CHAT)


@pytest.mark.parametrize(
    ("line", "beside"),
    [
        (FILE_LINE, {"key": "mine"}),
        (INLINED, {"metadata": {"key": "mine", "team": "red"}}),
        (BARE, {}),
    ],
)
def test_results_say_the_key_where_the_client_did(line, beside):
    record = GEMINI.open(line)
    result = GEMINI.open_result(
        b'{"response":{"x":1.0e1},"key":"r0000000007","metadata":{"key":"r0000000007"}}'
    )

    assert decoded(GEMINI.seal_result(record, "1", b'{"y":1}')) == {**beside, "response": {"y": 1}}
    again = GEMINI.reseal_result(record, result.line)
    assert decoded(again) == {**beside, "response": {"x": 10.0}}
    assert b"1.0e1" in again


@pytest.mark.parametrize("where", [b'"key":"a"', b'"metadata":{"key":"a"}'])
def test_a_result_is_found_by_either_key(where):
    result = GEMINI.open_result(b'{%b,"response":{"candidates":[]}}' % where)

    assert result.id == "a"
    assert result.outcome == Raw(b'{"candidates":[]}')


@pytest.mark.parametrize(
    "line", [b"{", b"7", b'{"response":{}}', b'{"key":"a"}', b'{"key":1,"response":{}}']
)
def test_a_result_without_its_parts_is_malformed(line):
    with pytest.raises(MalformedRecordError):
        GEMINI.open_result(line)


@pytest.mark.parametrize(
    ("error", "kind", "code", "status"),
    [
        ({"code": 3, "message": "No"}, "invalid_request", "INVALID_ARGUMENT", 400),
        ({"code": 400, "message": "No"}, "invalid_request", "INVALID_ARGUMENT", 400),
        ({"code": 8, "message": "No"}, "rate_limit", "RESOURCE_EXHAUSTED", 429),
        (
            {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "No"},
            "rate_limit",
            "RESOURCE_EXHAUSTED",
            429,
        ),
        ({"code": 14, "message": "No"}, "overloaded", "UNAVAILABLE", 503),
        ({"code": 418, "message": "No"}, "invalid_request", "INVALID_ARGUMENT", 418),
        ({"code": 599, "message": "No"}, "server_error", "UNKNOWN", 599),
        ({"code": "NOT_FOUND", "message": "No"}, "not_found", "NOT_FOUND", 404),
        ({"status": "NEW_WORD", "message": "No"}, "server_error", "NEW_WORD", 500),
    ],
)
def test_a_code_is_a_number_of_google_rpc_or_of_http(error, kind, code, status):
    line = msgspec.json.encode({"key": "a", "error": {**error, "details": [{"@type": "x"}]}})

    assert GEMINI.open_result(line).outcome == Failure(kind, "No", code, status)


def test_tables_of_failures_are_complete():
    kinds = set(FailureKind.__args__)

    assert set(WORDS) == kinds
    assert set(KINDS) == set(STATUSES) == set(NUMBERS.values())
    assert set(KINDS.values()) <= kinds
    assert set(WORDS.values()) <= set(CODES)


@pytest.mark.parametrize("kind", FailureKind.__args__)
def test_googles_sdk_reads_each_failure(kind):
    record = GEMINI.open(INLINED)

    line = decoded(GEMINI.seal_failure(record, "1", Failure(kind, "Why", "a_code", 500)))

    told = types.InlinedResponse.model_validate(line)
    assert told.error.message == "Why"
    assert 0 < told.error.code <= 16
    assert told.metadata == {"key": "mine", "team": "red"}
