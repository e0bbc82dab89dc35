"""What the tests of this surface share: raw requests, faults, and the views without a server."""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from urllib.parse import urlsplit

import pytest
from django.test import Client

from files.models import File
from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.stack import Stack

BOUNDARY = "a-boundary-of-our-own"
_names = count()


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
    Credential.objects.create(provider="openai", name=f"none-{next(_names)}")
    return Views(client)


@pytest.fixture
def input_file(workspace: Workspace) -> File:
    return File.objects.create(
        workspace=workspace, purpose="batch", filename="in.jsonl", status=File.Status.STORED
    )
