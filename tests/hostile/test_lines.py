"""Files of any bytes: each line is a record, or is said to be none by its number."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.translate import Input
from providers.dialects import DIALECTS
from providers.records import MAX_LINE_BYTES, LineTooLongError, MalformedRecordError, RecordError

MANY = settings(max_examples=40)
RECORDS = {
    "openai": b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions",'
    b'"body":{"model":"m","messages":[{"role":"user","content":"x"}]}}',
    "anthropic": b'{"custom_id":"a","params":{"model":"m","max_tokens":1,"messages":[]}}',
    "bedrock": b'{"recordId":"a","modelInput":{"messages":[]}}',
    "gemini": b'{"key":"a","request":{"contents":[{"parts":[{"text":"x"}]}]}}',
}
NO_RECORDS = {
    "NUL": b"\0",
    "NUL in a text": b'{"custom_id":"\0"}',
    "UTF-16": '{"custom_id":"a"}'.encode("utf-16"),
    "another mark at the front": b"\xfe\xff",
    "not UTF-8": b'{"custom_id":"\xff"}',
    "half of a character": b'{"custom_id":"\\ud800"}',
    "half of a character in bytes": b'{"custom_id":"\xed\xa0\x80"}',
    "arrays without end": b"[" * 100_000,
    "objects without end": b'{"body":' * 100_000,
    "arrays, ended": b"[" * 100_000 + b"]" * 100_000,
    "a long number": b"1" * 5000,
    "NaN": b'{"custom_id":NaN}',
    "a number beyond all": b'{"custom_id":1e999}',
    "two in one": b"{}{}",
    "a carriage return alone": b'{"custom_id":"a"}\r{"custom_id":"b"}',
    "no JSON": b"nonsense",
}


def read(*chunks: bytes, provider: str = "openai") -> list[tuple[int, bool]]:
    """The numbers of the lines, and whether each is a record."""
    opened = Input(iter(chunks), provider=provider).opened()
    return [(number, not isinstance(record, RecordError)) for number, _, record in opened]


@pytest.mark.parametrize("dialect", RECORDS)
@pytest.mark.parametrize("why", NO_RECORDS)
def test_what_is_no_record_is_told_by_its_number(dialect: str, why: str):
    good = RECORDS[dialect]
    content = b"\xef\xbb\xbf" + b"\r\n".join([good, NO_RECORDS[why], b"", good])

    assert read(content) == [(1, True), (2, False), (4, True)]


@pytest.mark.parametrize("why", NO_RECORDS)
def test_a_file_that_begins_with_no_record_is_read_on(why: str):
    assert read(NO_RECORDS[why] + b"\n" + RECORDS["openai"]) == [(1, False), (2, True)]


@MANY
@given(
    st.lists(
        st.sampled_from([*RECORDS.values(), *(one for one in NO_RECORDS.values() if len(one) < 99)])
        | st.binary(max_size=30)
        | st.sampled_from([b"\n", b"\r\n"]),
        max_size=8,
    ),
    st.sampled_from(sorted(DIALECTS)),
)
def test_any_lines(chunks: list[bytes], provider: str):
    numbers = [number for number, _ in read(*chunks, provider=provider)]

    assert numbers == sorted(set(numbers))


def test_a_line_that_is_too_long_ends_the_reading_with_its_number():
    good = RECORDS["openai"] + b"\n"

    with pytest.raises(LineTooLongError) as caught:
        read(good, good, b'{"custom_id":"', *[b"x" * 2**20] * 17)

    assert isinstance(caught.value, MalformedRecordError)
    assert (caught.value.line, caught.value.code) == (3, "line_too_long")
    assert str(MAX_LINE_BYTES) in caught.value.message
