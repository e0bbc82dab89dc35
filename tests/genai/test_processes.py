"""An upload whose parts reach different web processes and hosts, one of which dies meanwhile."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.genai.asking import Raw
from tests.installation import APART, free_port
from tests.stack import ROOT, Stack

CHUNK = 8 * 2**20
CONTENT = os.urandom(2 * CHUNK + 4 * 2**20 + 5)
PARTS = [(at, CONTENT[at : at + CHUNK]) for at in range(0, len(CONTENT), CHUNK)]


class Server:
    """Another web server of the same installation."""

    def __init__(self, stack: Stack, log: Path) -> None:
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--factory", "bifrost.wsgi:served"],
                cwd=ROOT,
                env={**os.environ, **APART, **stack.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.url = f"http://127.0.0.1:{port}"

    def wait(self, http: httpx2.Client) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if http.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx2.ConnectError:
                pass
            time.sleep(0.1)
        raise AssertionError("not ready")

    def kill(self) -> None:
        """As power loss would, with the process that serves for it."""
        with suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self.process.pid).children(recursive=True):
                one.kill()
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    """Every call on a connection of its own, so that any process may take it."""
    with httpx2.Client(timeout=60, headers={"connection": "close"}) as client:
        yield client


@pytest.fixture
def other(stack: Stack, http: httpx2.Client, tmp_path: Path) -> Iterator[Server]:
    server = Server(stack, tmp_path / "other.log")
    try:
        server.wait(http)
        yield server
    finally:
        server.kill()


def test_parts_reach_whichever_process(stack: Stack, other: Server, http: httpx2.Client):
    raw = Raw(http, stack.url)
    headers = {
        "x_goog_upload_header_content_length": str(len(CONTENT)),
        "x_goog_upload_file_name": "big.bin",
    }
    url = raw.begin(**headers)
    there = url.replace(stack.url, other.url)
    assert raw.begin().startswith(stack.url)

    assert raw.send(there, "upload", PARTS[0][1], 0).upload_status == "active"
    assert raw.send(url, "upload", PARTS[1][1], CHUNK).upload_status == "active"
    other.kill()
    assert raw.send(url, "query").headers["x-goog-upload-size-received"] == str(2 * CHUNK)
    answer = raw.send(url, "upload, finalize", PARTS[2][1], 2 * CHUNK)

    assert answer.upload_status == "final"
    file = answer.json["file"]
    assert file["displayName"] == "big.bin"
    content = raw.get(f"{file['name']}:download?alt=media").content
    assert hashlib.sha256(content).digest() == hashlib.sha256(CONTENT).digest()


def test_the_same_parts_and_ends_at_once(stack: Stack, other: Server, http: httpx2.Client):
    raw = Raw(http, stack.url)
    url = raw.begin(x_goog_upload_header_content_length=str(len(CONTENT)))
    urls = [url, url.replace(stack.url, other.url)] * 2

    with ThreadPoolExecutor(4) as pool:
        for at, part in PARTS[:-1]:
            answers = list(pool.map(lambda one: raw.send(one, "upload", part, at), urls))  # noqa: B023
            assert {answer.upload_status for answer in answers} == {"active"}
        at, part = PARTS[-1]
        answers = list(pool.map(lambda one: raw.send(one, "upload, finalize", part, at), urls))

    assert {answer.upload_status for answer in answers} == {"final"}
    names = {answer.json["file"]["name"] for answer in answers}
    assert len(names) == 1
    content = raw.get(f"{names.pop()}:download?alt=media").content
    assert content == CONTENT
