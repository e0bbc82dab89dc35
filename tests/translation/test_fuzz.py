"""Whatever the bytes: a result, or an error that says what is wrong with this record. Never anything else."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.records import MalformedRecordError, Record, RecordError, UnsupportedFeatureError
from providers.translation import Translation
from tests.translation import golden
from tests.translation.bodies import BODIES, CHAT, DIALECTS, Spoken, question_of

# Derandomised: a finding is a bug for every run, and the suite must not depend on luck.
few = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
STRANGE = [
    b"",
    b"\xff",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b'"\\ud800"',
    b"-0",
    b"1e999",
    b"1" * 5000,
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b'{"a":NaN}',
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"messages":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    b'{"contents":[{"parts":' + b"[" * 50_000 + b"]" * 50_000 + b"}]}",
    b'{"messages":[{"role":"user","content":"\\ud800"}]}',
    b'{"messages":[{"role":"user","content":"\xff"}]}',
    b'{"messages":[{"role":"user","content":"\\ud800 \\u0000"}],"x":"url"}',
    b'{"messages":"\\ud800","url":1,"stream":[],"anthropic_beta":{},"service_tier":{}}',
    b'{"messages":' + b'{"content":' * 50_000 + b'"url"' + b"}" * 50_000 + b"}",
    b'{"messages":[],"messages":[]}',
    b'{"messages":[{}]}',
    b'{"messages":[null]}',
    b'{"messages":[{"role":"user","content":[null]}]}',
    b'{"messages":[{"role":"user","content":[{}]}]}',
    b'{"contents":[{"parts":[{}]}]}',
    b'{"contents":[{}]}',
    b'{"content":[{}]}',
    b'{"candidates":[{}]}',
    b'{"candidates":[null]}',
    b'{"choices":[{}]}',
    b'{"output":{"message":{"content":[{}]}}}',
    b'{"model":"\\u0000"}',
    b'{"max_tokens":1e400}',
    b'{"max_tokens":99999999999999999999999999999}',
    b'{"temperature":"hot"}',
    b'{"inputText":"","texts":[],"input":[]}',
]

wild = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["auto", "user", "assistant", "text", "model", "data:,", "data:;base64,"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def orderly(work: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """The result, or None for an error that names what is wrong."""
    try:
        return work(*given, **more)
    except (MalformedRecordError, UnsupportedFeatureError) as error:
        wrong = error
    assert wrong.message
    assert wrong.code
    return None


@pytest.mark.parametrize("content", STRANGE, ids=lambda content: repr(content[:30]))
@pytest.mark.parametrize("spoken", BODIES, ids=str)
def test_strange_bodies(spoken: Spoken, content: bytes):
    lost = golden.losses()
    orderly(spoken.body.parse_request, content, lost)
    orderly(spoken.body.model_of, content)
    if spoken.provider:
        orderly(spoken.provider_body.parse_answer, content, lost)
    if spoken.body.family:
        orderly(spoken.body.dress, content, "a-model", lost)


@pytest.mark.parametrize("content", STRANGE, ids=lambda content: repr(content[:30]))
@pytest.mark.parametrize("spoken", DIALECTS, ids=str)
def test_strange_lines(spoken: Spoken, content: bytes):
    template = golden.request_line(spoken.folder, "text")
    result = golden.read(spoken.folder, "text", "result").line
    for line in (content, *with_each_value_replaced(template, content)):
        record = orderly(spoken.dialect.open, line)
        if record is not None:
            orderly(spoken.dialect.reseal, record, "r1")
            orderly(spoken.dialect.reseal, record, "r1", model="a-model")
    for line in (content, *with_each_value_replaced(result, content)):
        orderly(spoken.dialect.open_result, line)


def with_each_value_replaced(line: bytes, content: bytes) -> list[bytes]:
    whole = json.loads(line)
    holes = [json.dumps({**whole, key: "HERE"}).encode() for key in whole]
    return [hole.replace(b'"HERE"', content) for hole in holes]


def paths_of(value: Any) -> list[tuple[Any, ...]]:
    return [path for path in paths_inside(value, ()) if path]


def paths_inside(value: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths_inside(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += paths_inside(inner, (*path, number))
    return found


def mutated(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value at the path, or without one there."""
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = mutated(value[key], tuple(rest), new)
    elif new is GONE:
        del copy[key]
    else:
        copy[key] = new
    return copy


GONE = object()


def lines_of(spoken: Spoken, side: str) -> list[bytes]:
    return [said.line for said in golden.cases(spoken.folder, side).values() if said.line]


@st.composite
def spoilt(draw: Any, spoken: Spoken, side: str) -> bytes:
    """A golden line in which one or two values are others, or gone, or strange."""
    value = json.loads(draw(st.sampled_from(lines_of(spoken, side))))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(paths_of(value)))
        value = mutated(value, path, draw(st.just(GONE) | wild))
        if not paths_of(value):
            break
    return json.dumps(value).encode()


@pytest.mark.parametrize("spoken", BODIES, ids=str)
def test_spoilt_requests(spoken: Spoken):
    targets = [
        Translation(spoken.dialect, target.dialect, model=target.model)
        for target in BODIES
        if target.provider and target.dialect_name != spoken.dialect_name
    ]

    @few
    @given(line=spoilt(spoken, "request"))
    def check(line: bytes) -> None:
        record = orderly(spoken.dialect.open, line, model=spoken.model)
        if not isinstance(record, Record):
            return
        for translation in targets:
            sent = orderly(translation.request, record, "r1")
            assert sent is None or json.loads(sent)

    check()


@pytest.mark.parametrize("spoken", [one for one in BODIES if one.provider], ids=str)
def test_spoilt_answers(spoken: Spoken):
    clients = [one for one in BODIES if one.subject == spoken.subject and one is not spoken]
    clients = [one for one in clients if one.dialect_name != spoken.dialect_name]
    case = question_of(spoken)
    asked = [
        (
            Translation(one.dialect, spoken.dialect, model=spoken.model),
            one.dialect.open(golden.request_line(one.folder, case), model=one.model),
        )
        for one in clients
    ]

    @few
    @given(line=spoilt(spoken, "result"))
    def check(line: bytes) -> None:
        for translation, record in asked:
            told = orderly(translation.result, record, "1", line)
            assert told is None or json.loads(told[1])

    check()


@pytest.mark.parametrize("spoken", BODIES, ids=str)
@few
@given(junk=st.binary(max_size=40), at=st.integers(0, 10_000))
def test_junk_inside_a_line(spoken: Spoken, junk: bytes, at: int):
    case = question_of(spoken)
    line = golden.request_line(spoken.folder, case)
    at %= len(line)
    record = orderly(spoken.dialect.open, line[:at] + junk + line[at:], model=spoken.model)
    if record is not None:
        orderly(record.body.parse_request, record.content, golden.losses())


@pytest.mark.parametrize("spoken", CHAT, ids=str)
def test_a_field_at_fault_is_named(spoken: Spoken):
    """Each field of a request, in turn, is something that it cannot be."""
    cases = golden.cases(spoken.folder, "request")
    value = json.loads(cases["tool_call"].line or cases["conversation"].line)
    inside = spoken.dialect.holds
    for path in paths_of(value[inside]):
        line = json.dumps(mutated(value, (inside, *path), [[{"x": 1}]])).encode()
        wrong = fault_of(spoken, line)
        assert wrong is None or wrong.param, f"{path}: {wrong}"


def fault_of(spoken: Spoken, line: bytes) -> RecordError | None:
    try:
        record = spoken.dialect.open(line, model=spoken.model)
        record.body.parse_request(record.content, golden.losses())
    except RecordError as error:
        return error
    return None


LARGE = [
    ("messages", lambda n: [{"role": "user", "content": "Hello"}] * n),
    ("messages", lambda n: [{"role": "user", "content": [{"type": "text", "text": "a"}] * n}]),
    (
        "messages",
        lambda n: [
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": f"c{number}",
                        "type": "function",
                        "function": {"name": "f", "arguments": "{}"},
                    }
                    for number in range(n)
                ],
            },
            *(
                {"role": "tool", "tool_call_id": f"c{number}", "content": "a"}
                for number in range(n)
            ),
        ],
    ),
    ("stop", lambda n: ["a"] * n),
    ("metadata", lambda n: {f"a{number}": "b" for number in range(n)}),
    (
        "tools",
        lambda n: [{"type": "function", "function": {"name": f"f{k}"}} for k in range(n)],
    ),
]


@pytest.mark.parametrize(("field", "make"), LARGE)
@pytest.mark.parametrize("target", DIALECTS[1:], ids=str)
def test_time_grows_with_the_record_and_not_with_its_square(target: Spoken, field: str, make: Any):
    translation = Translation(DIALECTS[0].dialect, target.dialect, model=target.model)

    def seconds(count: int) -> float:
        body = {
            "model": "gpt-5-mini",
            "messages": [{"role": "user", "content": "Hello"}],
            "max_completion_tokens": 10,
            field: make(count),
        }
        line = json.dumps(
            {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
        ).encode()
        record = translation.open(line)
        began = time.process_time()
        orderly(translation.request, record, "r1")
        return time.process_time() - began

    small = max(min(seconds(500) for _ in range(3)), 0.0005)
    # Forty times as much: a quadratic way would take sixteen hundred times as long.
    assert min(seconds(20_000) for _ in range(2)) < small * 400
