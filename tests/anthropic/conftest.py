"""What the tests of this surface share: Anthropic's SDK without a server, and raw calls."""

from collections.abc import Callable
from typing import Any

import pytest
from anthropic import Anthropic
from botocore.retries.standard import ExponentialBackoff
from django.test import Client
from httpx2 import Client as HTTPClient

from providers.models import Credential, Workspace
from providers.services import SANDBOX_PATHS, default_workspace
from tests.accounts import drain_all, simulated, unreachable
from tests.anthropic.asking import HEADER, Raw


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


@pytest.fixture
def credentials(
    workspace: Workspace, sandbox_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Credential]:
    """An account of its own at each provider, which is asked again without a pause."""
    settings.POLL_SECONDS = settings.SWEEP_SECONDS = 0.01
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda backoff, context: 0)
    drain_all()
    return simulated(sandbox_url)


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
