"""An account at the real sandbox, and one at a server that says what a test wants it to say."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from typing import Any

import pytest
import requests
from botocore.retries.standard import ExponentialBackoff

from providers import http
from providers.services import SANDBOX_PATHS
from tests.providers.steps import Client
from tests.providers.vendors import VENDORS, Vendor
from tests.sandbox import bedrock
from tests.sandbox.process import start_sandbox

SECRET = "sk-very-secret-5d41402abc"
_accounts = count()


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("provider")
    with start_sandbox(folder, seconds=0, bedrock_min_records=1) as url:
        yield url


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    """Every provider; a test of one vendor parametrises this indirectly."""
    return VENDORS[request.param]


@pytest.fixture
def control(sandbox_url: str) -> Iterator[Callable[..., dict[str, Any]]]:
    def call(method: str, path: str, **json: object) -> dict[str, Any]:
        url = f"{sandbox_url}/_sandbox/{path}"
        answer = requests.request(method, url, json=json or None, timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    yield call
    call("DELETE", "faults")


@pytest.fixture
def fault(control: Callable[..., dict[str, Any]]) -> Callable[..., object]:
    """Orders a fault. Nobody else calls the sandbox meanwhile."""
    return lambda **fault: control("POST", "faults", **fault)


@pytest.fixture
def force(control: Callable[..., dict[str, Any]]) -> Callable[[str, str], object]:
    """Bring a job to a status."""

    def bring(upstream_id: str, status: str) -> object:
        return control("POST", f"batches/{upstream_id.rpartition('/')[2]}", status=status)

    return bring


@pytest.fixture
def calls(control: Callable[..., dict[str, Any]]) -> Callable[[str], list[dict[str, Any]]]:
    """The calls of an operation that came in during the test."""
    before = sum(control("GET", "calls")["counts"].values())

    def since(operation: str) -> list[dict[str, Any]]:
        found = control("GET", f"calls?operation={operation}")["calls"]
        return [call for call in found if call["number"] > before]

    return since


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once where nobody asks to wait."""
    monkeypatch.setattr(http, "RETRY", http.RETRY.new(backoff_factor=0, backoff_jitter=0))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda backoff, context: 0)


@pytest.fixture
def client(vendor: Vendor, sandbox_url: str, control: object, impatient: None) -> Client:
    # An account of its own; the part behind the dot is one key of it.
    secret = f"sk-{next(_accounts)}.{SECRET}"
    return Client.of(vendor, secret, sandbox_url + SANDBOX_PATHS[vendor.name])


@pytest.fixture
def aws(sandbox_url: str, client: Client) -> Iterator[bedrock.Clients]:
    """What AWS itself knows of the account."""
    with bedrock.connected(
        sandbox_url, client.upstream.account.options["access_key_id"]
    ) as clients:
        yield clients


class Server(HTTPServer):
    """Answers every request with the next of its answers, the last one again and again."""

    def __init__(self, vendor: Vendor | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.vendor = vendor
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def say(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, names, body))

    def be_asked_to_submit(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        """Say what a submission needs to hear first, then this."""
        assert self.vendor is not None
        for before in self.vendor.before_submit:
            self.say(200, before)
        self.say(status, body, **headers)

    def client(self, secret: str = SECRET, *, path: str = "/base", **options: object) -> Client:
        assert self.vendor is not None
        return Client.of(self.vendor, secret, f"{self.url}{path}", **options)


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers))
        answers = self.server.answers
        status, names, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **names}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(vendor: Vendor, impatient: None) -> Iterator[Server]:
    with Server(vendor) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
