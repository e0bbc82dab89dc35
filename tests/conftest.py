"""What the tests share. `stack` is a whole installation, started as a user starts it."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from openai import OpenAI

from providers.calls import tally
from tests.keyed import Keyed, running_keyed
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
