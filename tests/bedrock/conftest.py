"""What the tests of this surface share: boto3 without a server, and a provider of each kind."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from files import services as files
from files.models import File
from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.accounts import simulated
from tests.bedrock.client import boto


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture
def credentials(workspace: Workspace, sandbox_url: str, settings: Any) -> dict[str, Credential]:
    """An account of its own at each provider."""
    settings.POLL_SECONDS = settings.SWEEP_SECONDS = 0.01
    return simulated(sandbox_url)


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
