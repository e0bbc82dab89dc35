"""What the tests of this surface share: Anthropic's SDK without a server, and raw calls."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from anthropic import Anthropic
from botocore.retries.standard import ExponentialBackoff
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from httpx2 import Client as HTTPClient
from httpx2 import WSGITransport

from providers.models import Credential, Workspace
from providers.services import SANDBOX_OPTIONS, SANDBOX_PATHS, default_workspace
from tests.accounts import drain_all, unreachable
from tests.anthropic.asking import HEADER, Raw
from tests.sandbox.process import start_sandbox

_names = count()


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture
def accounts(workspace: Workspace) -> None:
    """Every provider has one, which nobody reaches."""
    unreachable(workspace, *SANDBOX_PATHS)


@pytest.fixture
def raw(client: Client, accounts: None) -> Raw:
    return Raw(client)


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of one that answers at once."""
    with start_sandbox(tmp_path_factory.mktemp("upstream"), seconds=0) as url:
        yield url


@pytest.fixture
def credentials(
    workspace: Workspace, sandbox_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Credential]:
    """An account of its own at each provider, which is asked again without a pause."""
    settings.POLL_SECONDS = settings.SWEEP_SECONDS = 0.01
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda backoff, context: 0)
    drain_all()
    made = {}
    for provider in SANDBOX_PATHS:
        made[provider] = Credential(provider=provider, name="sandbox")
        made[provider].secret = f"key-{next(_names)}"
        made[provider].base_url = sandbox_url + SANDBOX_PATHS[provider]
        made[provider].options = SANDBOX_OPTIONS.get(provider, {})
        made[provider].save()
    return made


@pytest.fixture
def http() -> Iterator[HTTPClient]:
    """In one process and one transaction with what answers."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with HTTPClient(transport=WSGITransport(app=WSGIHandler())) as made:
        yield made
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def connect(http: HTTPClient, workspace: Workspace) -> Callable[..., Anthropic]:
    """Makes strict clients of any provider: `connect("openai")`."""

    def make(provider: str = "", **more: Any) -> Anthropic:
        headers = {HEADER: provider} if provider else {}
        return Anthropic(
            base_url="http://testserver/anthropic",
            **{"api_key": "any-key", "max_retries": 0, "http_client": http, **more},
            default_headers=headers,
            _strict_response_validation=True,
        )

    return make


@pytest.fixture
def inside(connect: Callable[..., Anthropic], credentials: object) -> Anthropic:
    """The real SDK, of which every provider can be reached."""
    return connect()


@pytest.fixture
def alone(connect: Callable[..., Anthropic], accounts: None) -> Anthropic:
    """The real SDK, where batches stay what they were when they were made."""
    return connect()
