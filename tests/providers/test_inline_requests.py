"""The body that a message batch is made of, as it is streamed from the lines of a job."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.anthropic.upstream import InlineRequests
from providers.http import CHUNK_BYTES


def read(body: InlineRequests) -> bytes:
    """As an HTTP client does."""
    content = b""
    while chunk := body.read(8192):
        content += chunk
    return content


def told(content: bytes) -> list[object]:
    body = InlineRequests(io.BytesIO(content))
    sent = read(body)
    assert len(sent) == len(body)
    return json.loads(sent)["requests"]


@given(texts=st.lists(st.text(max_size=20), max_size=5), ends=st.booleans())
def test_the_lines_become_an_array(texts: list[str], ends: bool):
    lines = [json.dumps({"custom_id": text}) for text in texts]
    content = "\n".join(lines) + "\n" * (ends and bool(lines))

    assert told(content.encode()) == [{"custom_id": text} for text in texts]


@pytest.mark.parametrize("more", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("chunks", [1, 2])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_an_edge_of_a_chunk_changes_nothing(more: int, chunks: int, end: bytes):
    size = chunks * CHUNK_BYTES + more - len(b'{"a":1}\n{"b":""}' + end)

    content = b'{"a":1}\n{"b":"%b"}%b' % (b"x" * size, end)

    assert len(content) == chunks * CHUNK_BYTES + more
    assert told(content) == [{"a": 1}, {"b": "x" * size}]


def test_a_line_end_at_the_edge_of_a_chunk_is_a_comma():
    first = b'{"b":"%b"}\n' % (b"x" * (CHUNK_BYTES - 9))

    assert len(first) == CHUNK_BYTES
    assert len(told(first + b'{"a":1}\n')) == 2


def test_it_begins_at_the_beginning_of_its_file():
    file = io.BytesIO(b"{}\n")
    file.read()

    assert read(InlineRequests(file)) == b'{"requests":[{}]}'
