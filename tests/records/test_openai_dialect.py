"""An envelope is opened and sealed again, and what it holds stays as it is, byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from providers.base import MalformedRecordError
from providers.openai import dialect
from providers.records import Failure

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


def attempt(read, line: bytes) -> tuple[Any, MalformedRecordError | None]:
    try:
        return read(line), None
    except MalformedRecordError as error:
        return None, error


@settings(max_examples=60)
@given(envelopes())
def test_a_request_travels_with_its_body_untouched(made: tuple[bytes, bytes, dict[str, Any]]):
    line, body, fields = made

    request = dialect.read_request(line)
    sent = dialect.write_request(request, "r0000000001")

    assert (request.custom_id, request.url, request.model) == (
        fields["custom_id"],
        fields["url"],
        "m",
    )
    assert b'"body":' + body in sent
    assert json.loads(sent) == {**json.loads(line), "custom_id": "r0000000001"}
    assert b"\n" not in sent


@given(values=st.dictionaries(st.sampled_from("abcde"), raw_values))
def test_another_model_changes_nothing_else_in_the_body(values: dict[str, bytes]):
    fields = {name.encode(): value for name, value in values.items()}
    inner = b",".join(b'"%s":%s' % pair for pair in [*fields.items(), (b"model", b'"old"')])
    line = b'{"custom_id":"x","method":"POST","url":"/","body":{' + inner + b"}}"

    sent = dialect.write_request(dialect.read_request(line), "r0000000001", model="new")

    assert json.loads(sent)["body"] == {**json.loads(line)["body"], "model": "new"}
    assert all(b'"%s":%s' % (name, value.strip()) in sent for name, value in fields.items())


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"custom_id":' * 50_000)
@example(b'{"custom_id":"\\ud800","method":"POST","url":"/","body":{}}')
@example(b'{"custom_id":"x","method":"POST","url":"/","body":{"a":"\xff"}}')
@example(b'{"custom_id":"x","method":"POST","url":"/","body":[]}')
def test_any_bytes_are_a_request_or_malformed(line: bytes):
    request, error = attempt(dialect.read_request, line)

    if error:
        assert error.code in CODES
        assert error.message
    else:
        assert dialect.write_request(request, "r0000000001")


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("custom_id", "method", "url", "body"), values)
    )
)
def test_any_envelope_is_a_request_or_malformed(fields: dict[str, Any]):
    _, error = attempt(dialect.read_request, json.dumps(fields).encode())

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

    result = dialect.read_result(line)
    written = dialect.write_result(result, custom_id)

    assert (result.id, result.succeeded) == ("r0000000001", 200 <= status < 300)
    assert json.loads(written) == {**said, "custom_id": custom_id}
    assert json.dumps(response, separators=(",", ":")).encode() in written
    assert b"\n" not in written


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()))
@example(b'{"custom_id":"r0000000001"' + b',"a":[' * 50_000)
def test_any_bytes_are_a_result_or_malformed(line: bytes):
    _, error = attempt(dialect.read_result, line)

    assert error is None or error.code == "malformed_result"


@pytest.mark.parametrize("response", ["null", '{"status_code":400}', '{"status_code":199}'])
def test_what_was_not_answered_did_not_succeed(response: str):
    line = f'{{"custom_id":"r0000000001","response":{response}}}'.encode()

    assert not dialect.read_result(line).succeeded


@given(custom_id=st.text(), message=st.text())
def test_a_failure_is_a_line_of_the_vendors(custom_id: str, message: str):
    line = dialect.write_failure(Failure("some_code", message), custom_id, "x1")

    assert json.loads(line) == {
        "id": "batch_req_x1",
        "custom_id": custom_id,
        "response": None,
        "error": {"code": "some_code", "message": message},
    }
