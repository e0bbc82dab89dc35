"""Clients that take their time must not keep others waiting."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from openai import OpenAI

from tests.stack import Stack

# More than all web processes together may have connections to the database.
READERS = 48
# More than the buffers between server and client hold.
FILE_BYTES = 20 * 10**6


def test_clients_that_do_not_read_hold_nobody_up(stack: Stack, openai: OpenAI):
    content = b"x" * FILE_BYTES
    file = openai.files.create(file=("large.jsonl", content), purpose="batch")
    address = urlsplit(stack.url)
    request = (
        f"GET /openai/files/{file.id}/content HTTP/1.1\r\n"
        f"host: {address.netloc}\r\nauthorization: Bearer any\r\n\r\n"
    )

    with ExitStack() as open_connections:
        for _ in range(READERS):
            reader = socket.create_connection((address.hostname, address.port), timeout=10)
            open_connections.enter_context(reader).sendall(request.encode())
            assert reader.recv(12) == b"HTTP/1.1 200"

        assert openai.with_options(timeout=5).files.retrieve(file.id).bytes == FILE_BYTES


def test_clients_that_do_not_finish_what_is_refused_hold_nobody_up(stack: Stack, openai: OpenAI):
    address = urlsplit(stack.url)
    request = (
        f"POST /openai/files HTTP/1.1\r\nhost: {address.netloc}\r\nauthorization: Bearer any\r\n"
        "content-type: text/plain\r\ncontent-length: 1000000\r\n\r\nno form"
    )

    with ExitStack() as open_connections:
        for _ in range(READERS):
            sender = socket.create_connection((address.hostname, address.port), timeout=10)
            open_connections.enter_context(sender).sendall(request.encode())

        for _ in range(20):
            assert openai.with_options(timeout=5).files.list(limit=1) is not None
