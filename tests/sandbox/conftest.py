"""One sandbox for all tests of this folder; every test has an account of its own in it."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from anthropic import Anthropic
from anthropic import DefaultHttpxClient as AnthropicHttpxClient
from openai import DefaultHttpxClient, OpenAI

from tests.sandbox.process import start_sandbox

_accounts = itertools.count()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="session")
def sandbox(data: Path) -> Iterator[str]:
    with start_sandbox(data, seconds=0) as url:
        yield url


@pytest.fixture(scope="session")
def clocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox whose clock any test may put ahead."""
    folder = tmp_path_factory.mktemp("clocked")
    with start_sandbox(folder, seconds=0, bedrock_min_records=2) as url:
        yield url


@pytest.fixture(scope="session")
def http() -> Iterator[DefaultHttpxClient]:
    with DefaultHttpxClient() as client:
        yield client


@pytest.fixture
def connect(sandbox: str, http: DefaultHttpxClient) -> Callable[..., OpenAI]:
    """Makes strict clients, which share their connections."""

    def strict(key: str, *, url: str = sandbox, max_retries: int = 0) -> OpenAI:
        return OpenAI(
            api_key=key,
            base_url=f"{url}/openai/v1",
            max_retries=max_retries,
            http_client=http,
            _strict_response_validation=True,
        )

    return strict


@pytest.fixture
def key() -> str:
    return f"sk-test-{next(_accounts)}"


@pytest.fixture
def client(connect: Callable[..., OpenAI], key: str) -> OpenAI:
    return connect(key)


@pytest.fixture
def control(sandbox: str) -> Iterator[Callable[..., dict[str, Any]]]:
    """Calls the control path; whatever faults a test leaves behind are taken away."""
    session = requests.Session()

    def call(method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = session.request(method, f"{sandbox}/_sandbox/{path}", json=body, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json()

    yield call
    call("DELETE", "faults")
    session.close()


@pytest.fixture(scope="session")
def anthropic_http() -> Iterator[AnthropicHttpxClient]:
    with AnthropicHttpxClient() as client:
        yield client


@pytest.fixture
def connect_anthropic(
    sandbox: str, anthropic_http: AnthropicHttpxClient
) -> Callable[..., Anthropic]:
    """Makes strict clients, which share their connections."""

    def strict(key: str, *, url: str = sandbox, max_retries: int = 0, **more: Any) -> Anthropic:
        return Anthropic(
            api_key=key,
            base_url=f"{url}/anthropic",
            max_retries=max_retries,
            http_client=anthropic_http,
            _strict_response_validation=True,
            **more,
        )

    return strict


@pytest.fixture
def claude(connect_anthropic: Callable[..., Anthropic], key: str) -> Anthropic:
    return connect_anthropic(key)


@pytest.fixture
def older_claude(connect_anthropic: Callable[..., Anthropic], key: str) -> Anthropic:
    """A client that speaks the version of the API in which sampling parameters exist."""
    return connect_anthropic(key, default_headers={"anthropic-version": "2023-06-01"})
