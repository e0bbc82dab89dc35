"""Requests whose lengths contradict one another: the web server leaves no room for a second one inside."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.stack import Stack

pytestmark = pytest.mark.once
CHUNKED = "transfer-encoding: chunked"
INSIDE = b"GET /openai/files HTTP/1.1\r\nhost: localhost\r\n\r\n"


def statuses(stack: Stack, *headers: str, body: bytes) -> list[int]:
    """Of all answers that come to what is sent at once."""
    address = urlsplit(stack.url)
    lines = [
        "POST /openai/batches HTTP/1.1",
        f"host: {address.netloc}",
        "authorization: Bearer any",
    ]
    head = "\r\n".join([*lines, *headers, "", ""]).encode()
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(head + body)
        said = b""
        while piece := connection.recv(1 << 16):
            said += piece
    return [int(line.split()[1]) for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize(
    "headers",
    [
        ["content-length: 2", "content-length: 3"],
        ["content-length: 2, 3"],
        ["content-length: -1"],
        ["content-length: +2"],
        ["content-length: 0x2"],
        ["content-length: 99999999999999999999999"],
        ["transfer-encoding: gzip"],
        ["transfer-encoding: chunked, identity"],
        ["transfer-encoding: xchunked"],
    ],
)
def test_a_length_that_nobody_can_tell_is_refused(stack: Stack, headers: list[str]):
    assert statuses(stack, *headers, body=b"{}" + INSIDE) == [400]


@pytest.mark.parametrize("length", [0, 2, 999])
def test_of_a_length_and_chunks_the_chunks_count(stack: Stack, length: int):
    headers = [f"content-length: {length}", CHUNKED, "connection: close"]

    assert statuses(stack, *headers, body=b"2\r\n{}\r\n0\r\n\r\n" + INSIDE) == [400]


@pytest.mark.parametrize("size", [b"-2", b"0x2", b"2 2", b"", b"f" * 17, b"\xc2\xb2"])
def test_a_chunk_of_no_size_ends_the_request(stack: Stack, size: bytes):
    found = statuses(stack, CHUNKED, body=size + b"\r\n{}\r\n0\r\n\r\n" + INSIDE)

    assert len(found) <= 1
    assert all(400 <= status < 500 for status in found)
