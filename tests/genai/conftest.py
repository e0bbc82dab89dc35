"""What the tests of this surface share: Google's SDK without a server, and raw calls."""

from collections.abc import Callable
from typing import Any

import pytest
from google import genai
from httpx2 import Client as HTTPClient

from batches.models import Batch
from files import services as files
from files.models import File
from providers import http as providers_http
from providers.anthropic import upstream
from providers.models import Credential, Workspace
from providers.services import SANDBOX_PATHS, default_workspace
from tests.accounts import drain_all, simulated, unreachable
from tests.genai.asking import Raw, connected, lines


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture
def views(http: HTTPClient, workspace: Workspace) -> Raw:
    """Raw calls, for which every provider has an account that nobody reaches."""
    unreachable(workspace, *SANDBOX_PATHS)
    return Raw(http)


@pytest.fixture
def credentials(
    workspace: Workspace, sandbox_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Credential]:
    """An account of its own at each provider."""
    settings.POLL_SECONDS = settings.SWEEP_SECONDS = 0.01
    monkeypatch.setattr(upstream, "LOOK_AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(
        providers_http, "RETRY", providers_http.RETRY.new(backoff_factor=0, backoff_jitter=0)
    )
    drain_all()
    return simulated(sandbox_url)


@pytest.fixture
def google(http: HTTPClient, workspace: Workspace) -> Callable[..., genai.Client]:
    """Makes clients of any provider and version: `google("openai")`, `google(version="v1beta")`."""
    return lambda provider="", **more: connected("http://testserver", provider, http=http, **more)


@pytest.fixture
def gemini(google: Callable[..., genai.Client], credentials: object) -> genai.Client:
    return google()


@pytest.fixture
def store(workspace: Workspace) -> Callable[..., File]:
    def keep(content: bytes = lines("One"), **fields: Any) -> File:
        with files.writing(workspace) as writer:
            writer.write(content)
        return files.publish(writer.file, **{"purpose": "batch", "filename": "in.jsonl", **fields})

    return keep


@pytest.fixture
def make(workspace: Workspace, store: Callable[..., File]) -> Callable[..., Batch]:
    """A batch as it may stand, whoever made it."""

    def batch(**fields: Any) -> Batch:
        given = {
            "surface": "openai",
            "provider": "openai",
            "endpoint": "/v1/chat/completions",
            "due_at": None,
            **fields,
        }
        return Batch.objects.create(workspace=workspace, input_file=store(), **given)

    return batch
