"""What the tests of this surface share: clients of both stores, without a server."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from providers.models import Workspace
from providers.services import default_workspace
from tests.s3.client import Server, boto

_names = count()


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture
def server(workspace: Workspace) -> Iterator[Server]:
    """In the test's own transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Server()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def own(server: Server) -> Any:
    """A client of the gateway's own store."""
    return boto(server, "openai")
