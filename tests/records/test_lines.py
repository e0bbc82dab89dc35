"""Any bytes, cut anywhere, are the same lines."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import MalformedRecordError
from providers.records import (
    BYTE_ORDER_MARK,
    LineTooLongError,
    lines,
    placed_lines,
    record_number,
    upstream_id,
)

# Bytes in which everything that a line reader can stumble over is frequent.
pieces = st.sampled_from([b"\n", b"\r\n", b"\r", b" ", b"\t", BYTE_ORDER_MARK, b"a", b"{}", b"\0"])
contents = st.lists(pieces | st.binary(max_size=5), max_size=30).map(b"".join)


@st.composite
def cut(draw, content: bytes) -> list[bytes]:
    places = draw(st.lists(st.integers(0, len(content)), max_size=20))
    return [content[start:end] for start, end in pairwise([0, *sorted(places), len(content)])]


@st.composite
def contents_in_chunks(draw) -> tuple[bytes, list[bytes]]:
    content = draw(contents)
    return content, draw(cut(content))


def reference(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The same with the whole content at hand."""
    for number, line in enumerate(content.removeprefix(BYTE_ORDER_MARK).split(b"\n"), 1):
        line = line.removesuffix(b"\r")
        if line.strip():
            yield number, line


@given(contents_in_chunks())
def test_any_chunks_give_the_lines_of_the_whole(given_: tuple[bytes, list[bytes]]):
    content, chunks = given_

    assert list(lines(chunks)) == list(reference(content))


@given(contents_in_chunks())
def test_lines_stand_where_they_are_said_to(given_: tuple[bytes, list[bytes]]):
    content, chunks = given_

    placed = list(placed_lines(chunks, longest=1000))

    assert [line for _, line in placed] == [line for _, line in lines(chunks)]
    for place, line in placed:
        assert content[place : place + len(line)] == line
    assert placed == sorted(placed)


@given(contents_in_chunks(), st.integers(1, 12))
def test_a_line_beyond_the_limit_is_found_in_any_chunks(
    given_: tuple[bytes, list[bytes]], longest: int
):
    content, chunks = given_
    sizes = enumerate(map(len, content.split(b"\n")), 1)
    first = next((number for number, size in sizes if size > longest), None)

    if first:
        with pytest.raises(LineTooLongError, match="longer than") as caught:
            list(lines(chunks, longest=longest))
        assert caught.value.line == first
    else:
        assert list(lines(chunks, longest=longest)) == list(reference(content))


def test_a_line_without_end_is_given_up_before_it_fills_the_memory():
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1000

    with pytest.raises(MalformedRecordError):
        list(lines(endless(), longest=10_000))
    assert taken == 11


def test_lines_come_as_soon_as_they_are_whole():
    def chunks() -> Iterator[bytes]:
        yield b"a\nb"
        raise AssertionError("the first line was there")

    assert next(lines(chunks())) == (1, b"a")


@given(st.integers(0, 10**10 - 1))
def test_a_records_name_upstream_tells_its_number(number: int):
    assert record_number(upstream_id(number)) == number


@given(st.text(max_size=12) | st.from_regex(r"r\d{9,11}", fullmatch=True))
def test_any_other_name_is_none_of_ours(name: str):
    try:
        number = record_number(name)
    except MalformedRecordError:
        return
    assert upstream_id(number) == name
