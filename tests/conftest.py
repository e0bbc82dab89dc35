"""What the tests share. `stack` is a whole installation, started as a user starts it."""

from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from httpx2 import Client as HTTPClient
from httpx2 import WSGITransport
from hypothesis import settings
from openai import OpenAI

from providers.calls import tally
from tests.keyed import Keyed, running_keyed
from tests.sandbox.process import start_sandbox
from tests.stack import Stack, running_stack

# How long one example takes says more of the machine than of the code.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"stack", "keyed"}.intersection(item.fixturenames):
            item.add_marker("live")
        marked = any(item.get_closest_marker(name) for name in ("live", "django_db"))
        if not marked and not {"db", "transactional_db"}.intersection(item.fixturenames):
            item.add_marker("once")


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls to providers stay in memory: else a test would write down what another one counted."""
    monkeypatch.setattr(tally, "_flushed", float("inf"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for all tests of the session: leave no faults in its sandbox."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    """One that only lets in who has a virtual key."""
    with running_keyed(tmp_path_factory.mktemp("keyed")) as running:
        yield running


@pytest.fixture(scope="session")
def openai(stack: Stack) -> Iterator[OpenAI]:
    with stack.openai() as client:
        yield client


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of one that answers at once. Tests share it, each with accounts of its own."""
    with start_sandbox(tmp_path_factory.mktemp("upstream"), seconds=0) as url:
        yield url


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of another, which each test has to itself: who uses it makes it forget the ones before."""
    folder = tmp_path_factory.mktemp("forgetful")
    with start_sandbox(folder, seconds=0, bedrock_min_records=1) as url:
        yield url


@pytest.fixture
def inside_one_transaction() -> Iterator[None]:
    """Requests leave the connections of the test as they are."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def http(inside_one_transaction: None) -> Iterator[HTTPClient]:
    """In one process and one transaction with what answers."""
    with HTTPClient(transport=WSGITransport(app=WSGIHandler())) as made:
        yield made
