"""What the tests of keys share: a workspace in which only keys work, and keys with limits."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.test import Client
from httpx2 import Client as HTTPClient

from providers.models import Credential, VirtualKey, Workspace
from providers.services import SANDBOX_PATHS, default_workspace
from tests.keys.asking import EVERY, WITH_BATCHES, Asking


class Made(NamedTuple):
    row: VirtualKey
    text: str


@pytest.fixture
def workspace(db: None, settings: Any) -> Workspace:
    """Every provider has an account that nobody reaches."""
    settings.AUTH = "keys"
    for provider in SANDBOX_PATHS:
        Credential.objects.create(provider=provider, name="none")
    return default_workspace()


@pytest.fixture
def make_key(workspace: Workspace) -> Callable[..., Made]:
    def make(**fields: Any) -> Made:
        key = VirtualKey(**{"workspace": workspace, "name": "laptop", **fields})
        text = key.renew().key
        key.full_clean()
        key.save()
        return Made(key, text)

    return make


@pytest.fixture(params=EVERY)
def surface(request: pytest.FixtureRequest) -> type[Asking]:
    return EVERY[request.param]


@pytest.fixture(params=WITH_BATCHES)
def batching(request: pytest.FixtureRequest) -> type[Asking]:
    return WITH_BATCHES[request.param]


@pytest.fixture
def connect(http: HTTPClient, client: Client) -> Callable[..., Asking]:
    """An SDK with a key: `connect(OpenAI, made.text)`."""
    return lambda kind, key: kind(key, http, client)
