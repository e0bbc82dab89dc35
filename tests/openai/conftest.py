"""What the tests of this surface share: raw requests, faults, and the views without a server."""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from httpx2 import WSGITransport
from openai import DefaultHttpxClient, OpenAI

from files.models import File
from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.accounts import drain_all, simulated, unreachable
from tests.openai.buckets import ACCOUNT, lies_in
from tests.sandbox import bedrock
from tests.sandbox.process import start_sandbox
from tests.stack import Stack

BOUNDARY = "a-boundary-of-our-own"


@pytest.fixture
def fault(stack: Stack) -> Iterator[Callable[..., dict]]:
    """Orders a fault at the provider; what is left of it is taken away."""
    yield lambda **fault: stack.sandbox("POST", "faults", **fault)
    stack.sandbox("DELETE", "faults")


@pytest.fixture
def raw(stack: Stack) -> Callable[..., tuple[int, dict]]:
    """Sends a request as it is written here, which no SDK would help with."""

    def send(
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        *,
        key: str = "sk-any",
        **headers: str,
    ) -> tuple[int, dict]:
        connection = http.client.HTTPConnection(urlsplit(stack.url).netloc, timeout=30)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names |= {"authorization": f"Bearer {key}"} if key else {}
        # An iterable goes out in chunks, without a Content-Length.
        connection.request(method, path, body, names)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content)

    return send


def form(
    *parts: tuple[str, str] | tuple[str, str, bytes], boundary: str = BOUNDARY
) -> tuple[bytes, str]:
    """A multipart body, its parts in this order, and its content type."""
    body = b""
    for name, text, *content in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if content:
            body += f'; filename="{text}"\r\nContent-Type: application/octet-stream'.encode()
        body += b"\r\n\r\n" + (content[0] if content else text.encode()) + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Views:
    """The surface without a server: each call returns the status and the JSON of the answer."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str) -> tuple[int, dict]:
        answer = self.client.get(f"/openai{path}", headers={"authorization": "Bearer sk-any"})
        return answer.status_code, answer.json()

    def post(
        self, path: str, body: object, content_type: str = "application/json", **headers: str
    ) -> tuple[int, dict]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {"authorization": "Bearer sk-any"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        answer = self.client.post(f"/openai{path}", data, content_type, headers=names)
        return answer.status_code, answer.json()

    def upload(self, *parts: tuple[str, str] | tuple[str, str, bytes]) -> tuple[int, dict]:
        body, content_type = form(*parts)
        return self.post("/files", body, content_type)


@pytest.fixture
def workspace(db) -> Workspace:
    return default_workspace()


@pytest.fixture
def views(client: Client, workspace: Workspace) -> Views:
    unreachable(workspace, "openai")
    return Views(client)


@pytest.fixture
def input_file(workspace: Workspace) -> File:
    return File.objects.create(
        workspace=workspace, purpose="batch", filename="in.jsonl", status=File.Status.STORED
    )


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of one that answers at once, and whose clock tests may put ahead."""
    with start_sandbox(tmp_path_factory.mktemp("upstream"), seconds=0) as url:
        yield url


@pytest.fixture
def credentials(workspace: Workspace, sandbox_url: str, settings: Any) -> dict[str, Credential]:
    settings.POLL_SECONDS = settings.SWEEP_SECONDS = 0.01
    drain_all()
    return simulated(sandbox_url)


@pytest.fixture
def inside(credentials: dict[str, Credential], inside_one_transaction: None) -> Iterator[OpenAI]:
    """The real SDK, in one process and one transaction with what answers it."""
    with DefaultHttpxClient(transport=WSGITransport(app=WSGIHandler())) as http:
        yield OpenAI(
            base_url="http://testserver/openai",
            api_key="sk-any",
            max_retries=0,
            http_client=http,
            _strict_response_validation=True,
        )


@pytest.fixture(scope="session")
def storage(sandbox_url: str) -> Iterator[Any]:
    with bedrock.connected(sandbox_url, ACCOUNT) as clients:
        yield clients.storage


@pytest.fixture
def s3(credentials, storage: Any) -> Iterator[Any]:
    """The account of this module's tests, which share AWS's clients: these take long to make."""
    credential = credentials["bedrock"]
    credential.secret = "secret"
    credential.options = {"access_key_id": ACCOUNT, "role_arn": bedrock.ROLE}
    credential.save()
    yield storage
    for bucket in ("of-a-client", "own"):
        for key in lies_in(storage, bucket):
            storage.delete_object(Bucket=bucket, Key=key)


@pytest.fixture
def options(credentials, s3: Any) -> Callable[..., None]:
    """Gives the credential more options."""

    def give(**more: Any) -> None:
        credentials["bedrock"].options |= more
        credentials["bedrock"].save()

    return give
