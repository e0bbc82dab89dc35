"""Clients that stop in the middle, or trickle, are let go: thread and connection are free again."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.stack import Stack, running_stack

pytestmark = [pytest.mark.live, pytest.mark.once]
SECONDS = 1
# Long enough for any machine, and far from for ever.
PATIENCE = 60
# More than have a turn at once in all web processes together.
CROWD = 16


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An installation that waits no longer than a second for anyone."""
    folder = tmp_path_factory.mktemp("hasty")
    with running_stack(folder, BIFROST_STALL_SECONDS=str(SECONDS)) as stack:
        yield stack


@pytest.fixture
def begin(hasty: Stack) -> Iterator[Callable[..., socket.socket]]:
    """Opens a connection and sends the beginning of a request."""
    address = urlsplit(hasty.url)
    with ExitStack() as connections:

        def send(start: str, body: bytes = b"", **headers: str) -> socket.socket:
            made = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
            names = {"host": address.netloc, "authorization": "Bearer any", **headers}
            lines = [f"{name.replace('_', '-')}: {text}" for name, text in names.items()]
            head = "\r\n".join([f"{start} HTTP/1.1", *lines, "", ""]).encode()
            connections.enter_context(made).sendall(head + body)
            return made

        yield send


def rest_of(connection: socket.socket) -> bytes:
    """All that comes until the server ends it."""
    said = b""
    try:
        while piece := connection.recv(1 << 16):
            said += piece
    except ConnectionResetError:
        pass
    return said


def stored(stack: Stack) -> set[Path]:
    return {path for path in (stack.data / "files").rglob("*") if path.is_file()}


@pytest.fixture
def before(hasty: Stack) -> set[Path]:
    """What other tests have left in the store."""
    return stored(hasty)


def is_cleared(stack: Stack, before: set[Path]) -> bool:
    """Whether nothing has come to the store, or soon nothing will have."""
    deadline = time.monotonic() + PATIENCE
    while stored(stack) - before:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}'
UPLOADS = {
    "POST /openai/files": {"content_type": "multipart/form-data; boundary=x"},
    "POST /anthropic/v1/files": {"content_type": "multipart/form-data; boundary=x"},
    "POST /openai/batches": {},
    "PUT /bedrock/files/b/k": {"x_model_provider": "openai"},
    "POST /admin/login/": {"content_type": "application/x-www-form-urlencoded"},
}


@pytest.mark.parametrize("start", UPLOADS)
def test_a_body_that_stops_coming_ends_the_connection(
    hasty: Stack, before: set[Path], begin, start: str
):
    connection = begin(start, FORM, content_length="100000", **UPLOADS[start])

    assert not rest_of(connection).startswith(b"HTTP/1.1 200")
    assert is_cleared(hasty, before)


def test_forms_that_stop_coming_keep_no_turn_from_others(hasty: Stack, begin):
    kind = "application/x-www-form-urlencoded"
    for _ in range(CROWD):
        begin("POST /admin/login/", b"csrf", content_length="1000", content_type=kind)

    with hasty.openai(timeout=PATIENCE) as client:
        assert client.files.list().object == "list"


def test_a_body_that_trickles_is_given_up(hasty: Stack, before: set[Path], begin):
    connection = begin("PUT /bedrock/files/b/k", x_model_provider="openai", content_length="100000")

    assert any(is_ended(connection, b"x") for _ in range(300))
    assert is_cleared(hasty, before)


def is_ended(connection: socket.socket, more: bytes) -> bool:
    """Whether the server takes no more."""
    time.sleep(0.2 * SECONDS)
    try:
        connection.sendall(more)
    except OSError:
        return True
    return False


def test_an_answer_that_nobody_reads_is_given_up(hasty: Stack, begin):
    size = 20 * 10**6
    with hasty.openai(timeout=PATIENCE) as client:
        file = client.files.create(file=("a.jsonl", b"x" * size), purpose="batch")
        connection = begin(f"GET /openai/files/{file.id}/content")
        time.sleep(5 * SECONDS)

        assert 0 < len(rest_of(connection)) < size
        client.files.delete(file.id)


def test_a_slow_client_that_goes_on_is_served(hasty: Stack, begin):
    pieces = [b"x" * 5000] * 8
    connection = begin(
        "PUT /bedrock/files/b/slow",
        x_model_provider="openai",
        content_length=str(sum(map(len, pieces))),
        connection="close",
    )
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(0.4 * SECONDS)

    assert rest_of(connection).startswith(b"HTTP/1.1 200")
