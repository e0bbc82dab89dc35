"""The audit of dependencies, with a server of our own in place of the advisories."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.audit import SKIPPED
from tests.installation import free_port

ROOT = Path(__file__).resolve().parent.parent
WEAKNESS = {
    "schema_version": "1.7.0",
    "id": "PYSEC-2026-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Lets strangers in.",
    "affected": [{"package": {"name": "requests", "ecosystem": "PyPI"}, "versions": []}],
}


@contextmanager
def advisories(answer: Callable[[dict[str, Any]], bytes]) -> Iterator[str]:
    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer(asked))

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def audit(url: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.audit", url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_all_that_is_installed_is_asked_about():
    asked: set[str] = set()

    def answer(question: dict[str, Any]) -> bytes:
        asked.add(question["package"]["name"])
        return b"{}"

    with advisories(answer) as url:
        code, said = audit(url)
    assert (code, "No known vulnerabilities found" in said) == (0, True), said
    assert {"django", "cryptography", "sqlparse", "openai"} <= asked


def test_a_known_weakness_fails_and_is_named():
    def answer(question: dict[str, Any]) -> bytes:
        weak = question["package"]["name"] == "requests"
        return json.dumps({"vulns": [WEAKNESS]} if weak else {}).encode()

    with advisories(answer) as url:
        code, said = audit(url)
    assert (code, "PYSEC-2026-1" in said) == (1, True), said


def test_where_nobody_answers_it_is_skipped_and_says_so():
    unreachable = f"http://127.0.0.1:{free_port()}/v1/query"
    assert audit(unreachable) == (SKIPPED, "the advisories cannot be reached\n")


def test_a_page_of_a_proxy_is_no_advisory():
    with advisories(lambda _: b"<html>Please log in</html>") as url:
        assert audit(url)[0] == SKIPPED
