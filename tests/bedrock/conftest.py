"""What the tests of this surface share: boto3 without a server, and a provider of each kind."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from django.test import Client

from files import services as files
from files.models import File
from providers.models import Credential, Workspace
from providers.services import SANDBOX_OPTIONS, SANDBOX_PATHS, default_workspace
from tests.bedrock.client import boto
from tests.sandbox.process import start_sandbox

_names = count()


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of one that answers at once."""
    with start_sandbox(tmp_path_factory.mktemp("upstream"), seconds=0) as url:
        yield url


@pytest.fixture
def credentials(workspace: Workspace, sandbox_url: str, settings: Any) -> dict[str, Credential]:
    """An account of its own at each provider."""
    settings.POLL_SECONDS = settings.SWEEP_SECONDS = 0.01
    made = {}
    for provider in SANDBOX_PATHS:
        key = f"key-{next(_names)}"
        options = SANDBOX_OPTIONS.get(provider, {})
        options = options and {**options, "access_key_id": key}
        made[provider] = Credential(provider=provider, name="sandbox", options=options)
        made[provider].secret = key
        made[provider].base_url = sandbox_url + SANDBOX_PATHS[provider]
        made[provider].save()
    return made


@pytest.fixture
def jobs(client: Client, credentials: dict[str, Credential]) -> Callable[..., Any]:
    """Makes clients, of any provider: `jobs("gemini")`."""
    return lambda provider="", **more: boto(client, provider, **more)


@pytest.fixture
def put(workspace: Workspace) -> Callable[..., File]:
    """Stores a file as an S3 client would have."""

    def store(content: bytes, key: str = "in/questions.jsonl", bucket: str = "any") -> File:
        with files.writing(workspace) as writer:
            writer.write(content)
        name = key.rpartition("/")[2]
        described = {"filename": name, "purpose": File.Purpose.BATCH, "surface": "bedrock"}
        return files.publish(writer.file, bucket=bucket, key=key, **described)

    return store
