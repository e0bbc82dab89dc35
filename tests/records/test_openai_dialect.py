"""An envelope is opened and sealed again, and what it holds stays as it is, byte for byte."""

import json
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.openai.dialect import BODIES, ENDPOINTS, OPENAI
from providers.openai.failures import NEVER_EXECUTED, REFUSED
from providers.records import (
    Failure,
    FailureKind,
    Losses,
    MalformedRecordError,
    Record,
    UnsupportedFeatureError,
)

texts = st.text() | st.sampled_from(["\u2028", '"', "\\", "\0", "🎉", "</script>"])
numbers = (
    st.integers()
    | st.sampled_from([10**40, -(10**40), 2**53 + 1])
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)
bodies = st.dictionaries(texts, values, max_size=5)
# JSON as others write it: with other spaces, escapes and forms of numbers than ours.
raw_values = st.sampled_from(
    [b"1.0", b"1e5", b"-0", b"1E+2", b'"\\u00e4\\/"', b"[ 1 , 2 ]", b"{ }", b"\t9007199254740993"]
)


def dump(value: object, spaces: bool, escapes: bool) -> bytes:
    separators = (", ", " : ") if spaces else (",", ":")
    text = json.dumps(value, separators=separators, ensure_ascii=escapes)
    return text.encode(errors="surrogatepass")


@st.composite
def envelopes(draw) -> tuple[bytes, bytes, dict[str, Any]]:
    """A line, the bytes of its body, and what else it holds. Fields come in any order."""
    spaces, escapes = draw(st.booleans()), draw(st.booleans())
    fields = {
        "custom_id": draw(st.text(min_size=1)),
        "method": "POST",
        "url": draw(texts),
        **draw(st.dictionaries(st.text().filter(lambda name: name not in KNOWN), values)),
    }
    body = dump(draw(bodies.map(lambda one: {**one, "model": "m"})), spaces, escapes)
    parts = [(name, dump(value, spaces, escapes)) for name, value in fields.items()]
    parts = draw(st.permutations([*parts, ("body", body)]))
    line = b",".join(dump(name, spaces, escapes) + b":" + value for name, value in parts)
    return b"{" + line + b"}", body, fields


KNOWN = {"custom_id", "method", "url", "body"}


LINE = b'{"custom_id":"x","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}'
RECORD = OPENAI.open(LINE)


def attempt(read, line: bytes) -> tuple[Any, MalformedRecordError | None]:
    try:
        return read(line), None
    except MalformedRecordError as error:
        return None, error


def opened(line: bytes) -> Record:
    """A record whose model has been looked at, too."""
    record = OPENAI.open(line)
    record.body.model_of(record.content)
    return record


def named(custom_id: str) -> Record:
    return Record(custom_id, RECORD.body, RECORD.content, RECORD.line)


@settings(max_examples=60)
@given(envelopes())
def test_a_request_travels_with_its_body_untouched(made: tuple[bytes, bytes, dict[str, Any]]):
    line, body, fields = made

    record = OPENAI.open(line)
    sent = OPENAI.reseal(record, "r0000000001")

    assert (record.custom_id, record.body.name) == (fields["custom_id"], fields["url"])
    assert record.body.model_of(record.content) == "m"
    assert record.content == body
    assert b'"body":' + body in sent
    assert json.loads(sent) == {**json.loads(line), "custom_id": "r0000000001"}
    assert b"\n" not in sent


@given(values=st.dictionaries(st.sampled_from("abcde"), raw_values))
def test_another_model_changes_nothing_else_in_the_body(values: dict[str, bytes]):
    fields = {name.encode(): value for name, value in values.items()}
    inner = b",".join(b'"%s":%s' % pair for pair in [*fields.items(), (b"model", b'"old"')])
    line = b'{"custom_id":"x","method":"POST","url":"/","body":{' + inner + b"}}"

    sent = OPENAI.reseal(OPENAI.open(line), "r0000000001", model="new")

    assert json.loads(sent)["body"] == {**json.loads(line)["body"], "model": "new"}
    assert all(b'"%s":%s' % (name, value.strip()) in sent for name, value in fields.items())


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"custom_id":' * 50_000)
@example(b'{"custom_id":"\\ud800","method":"POST","url":"/","body":{}}')
@example(b'{"custom_id":"x","method":"POST","url":"/","body":{"a":"\xff"}}')
@example(b'{"custom_id":"x","method":"POST","url":"/","body":[]}')
def test_any_bytes_are_a_request_or_malformed(line: bytes):
    record, error = attempt(opened, line)

    if error:
        assert error.code in CODES
        assert error.message
    else:
        assert OPENAI.reseal(record, "r0000000001")


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("custom_id", "method", "url", "body"), values)
    )
)
def test_any_envelope_is_a_request_or_malformed(fields: dict[str, Any]):
    _, error = attempt(opened, json.dumps(fields).encode())

    if error:
        assert error.code in CODES
    else:
        assert set(fields) == {"custom_id", "method", "url", "body"}


CODES = {
    "missing_required_parameter",
    "invalid_type",
    "invalid_method",
    "invalid_value",
    "invalid_json_line",
}


@settings(max_examples=60)
@given(
    body=bodies,
    status=st.integers(100, 599),
    custom_id=st.text(),
    more=st.dictionaries(st.sampled_from(["id", "error", "x", "y"]), values),
)
def test_a_result_keeps_everything_but_its_name(
    body: dict, status: int, custom_id: str, more: dict
):
    response = {"status_code": status, "request_id": "req_1", "body": body}
    said = {"custom_id": "r0000000001", "response": response, **more}
    line = json.dumps(said, separators=(",", ":")).encode()

    result = OPENAI.open_result(line)
    written = OPENAI.reseal_result(named(custom_id), result.line)

    assert (result.id, result.succeeded) == ("r0000000001", 200 <= status < 300)
    assert json.loads(written) == {**said, "custom_id": custom_id}
    assert json.dumps(response, separators=(",", ":")).encode() in written
    if result.succeeded:
        assert bytes(result.outcome) == json.dumps(body, separators=(",", ":")).encode()
    else:
        assert result.outcome.status == status
    assert b"\n" not in written


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
@example(b'{"custom_id":"r0000000001"' + b',"a":[' * 50_000)
def test_any_bytes_are_a_result_or_malformed(line: bytes):
    _, error = attempt(OPENAI.open_result, line)

    assert error is None or error.code == "malformed_result"


@pytest.mark.parametrize(
    "response",
    ["null", '{"status_code":400}', '{"status_code":199}', '{"status_code":200}'],
)
def test_what_was_not_answered_did_not_succeed(response: str):
    line = f'{{"custom_id":"r0000000001","response":{response}}}'.encode()

    assert not OPENAI.open_result(line).succeeded


@given(custom_id=st.text(), message=st.text(), kind=st.sampled_from(sorted(NEVER_EXECUTED)))
def test_what_was_never_executed_is_an_error_without_a_response(
    custom_id: str, message: str, kind: FailureKind
):
    line = OPENAI.seal_failure(named(custom_id), "x1", Failure(kind, message))

    assert json.loads(line) == {
        "id": "batch_req_x1",
        "custom_id": custom_id,
        "response": None,
        "error": {"code": NEVER_EXECUTED[kind], "message": message},
    }


@given(custom_id=st.text(), message=st.text(), kind=st.sampled_from(sorted(REFUSED)))
def test_what_a_provider_refused_is_a_response_with_a_status(
    custom_id: str, message: str, kind: FailureKind
):
    refused = REFUSED[kind]

    line = OPENAI.seal_failure(named(custom_id), "x1", Failure(kind, message))

    error = {"message": message, "type": refused.type, "param": None, "code": refused.code}
    assert json.loads(line) == {
        "id": "batch_req_x1",
        "custom_id": custom_id,
        "response": {
            "status_code": refused.status,
            "request_id": "x1",
            "body": {"error": error},
        },
        "error": None,
    }


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_every_failure_can_be_told_and_read_again(kind: FailureKind):
    line = OPENAI.seal_failure(RECORD, "x1", Failure(kind, "Why"))

    told = OPENAI.open_result(line).outcome

    assert (told.kind, told.message) == (kind, "Why")
    assert (kind in REFUSED) is not (kind in NEVER_EXECUTED)


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_a_more_exact_word_is_kept_but_for_the_ends_of_batches(kind: FailureKind):
    line = json.loads(OPENAI.seal_failure(RECORD, "x1", Failure(kind, "Why", "exact")))

    error = line["error"] or line["response"]["body"]["error"]
    expected = {"expired": "batch_expired", "cancelled": "batch_cancelled"}.get(kind, "exact")
    assert error["code"] == expected


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "content_filter"}, "content_refused"),
        (400, {"code": "context_length_exceeded"}, "invalid_request"),
        (429, {"type": "insufficient_quota", "code": None}, "billing"),
        (429, {"type": "tokens", "code": "rate_limit_exceeded"}, "rate_limit"),
        (404, {"code": "model_not_found"}, "not_found"),
        (418, {}, "invalid_request"),
        (502, {}, "server_error"),
        (302, {}, "malformed"),
        (400, {"code": ["no", "word"], "type": 5}, "invalid_request"),
    ],
)
def test_a_refusal_is_known_by_its_code_then_its_status(status: int, error: dict, kind: str):
    body = {"error": {**error, "message": "Said the provider"}}
    said = {"custom_id": "r1", "response": {"status_code": status, "body": body}, "error": None}

    failure = OPENAI.open_result(json.dumps(said).encode()).outcome

    assert (failure.kind, failure.message, failure.status) == (kind, "Said the provider", status)


@pytest.mark.parametrize("body", ["null", '"text"', "[]", "{}", '{"error":null}'])
def test_a_refusal_that_says_nothing_is_told_by_its_status(body: str):
    line = f'{{"custom_id":"r1","response":{{"status_code":500,"body":{body}}}}}'.encode()

    failure = OPENAI.open_result(line).outcome

    assert (failure.kind, failure.status) == ("server_error", 500)
    assert "500" in failure.message


def test_an_answer_is_put_into_an_envelope():
    line = OPENAI.seal_result(named("x"), "id1", b'{"a": 1}')

    assert b'{"a": 1}' in line
    assert json.loads(line) == {
        "id": "batch_req_id1",
        "custom_id": "x",
        "response": {"status_code": 200, "request_id": "id1", "body": {"a": 1}},
        "error": None,
    }


def test_fields_of_an_envelope_that_are_unknown_stay():
    line = LINE.replace(b'"custom_id"', b'"note": { "a" : 1.0 },"custom_id"')

    sent = OPENAI.reseal(OPENAI.open(line), "r0000000001")

    assert json.loads(sent) == {**json.loads(line), "custom_id": "r0000000001"}
    assert b'{ "a" : 1.0 }' in sent


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"method": "GET"}, "invalid_method", "method"),
        ({"custom_id": ""}, "missing_required_parameter", "custom_id"),
        ({"custom_id": 5}, "invalid_type", "custom_id"),
        ({"url": None}, "missing_required_parameter", "url"),
        ({"body": []}, "invalid_type", "body"),
        ({"body": "{}"}, "invalid_type", "body"),
        ({"body": {"model": 5}}, "invalid_type", "body.model"),
        ({"body": {"model": "a\0b"}}, "invalid_value", "body.model"),
    ],
)
def test_an_error_says_what_is_wrong(change: dict, code: str, param: str):
    line = json.dumps({**json.loads(LINE), **change}).encode()

    with pytest.raises(MalformedRecordError) as error:
        opened(line)

    assert (error.value.code, error.value.param) == (code, param)


def test_every_endpoint_has_a_body():
    assert set(BODIES) == set(ENDPOINTS)
    assert all(body.name == url for url, body in BODIES.items())


@pytest.mark.parametrize("url", ["/v1/moderations", "/v1/other", ""])
def test_other_endpoints_go_through_or_nowhere(url: str):
    record = OPENAI.open(LINE.replace(b"/v1/chat/completions", url.encode()))

    assert (record.body.name, record.body.subject) == (url, None)
    assert json.loads(OPENAI.reseal(record, "r1"))["url"] == url
    with pytest.raises(UnsupportedFeatureError, match="has no translation"):
        record.body.parse_request(record.content, Losses("Somebody", {}))
