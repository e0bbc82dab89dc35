"""What the tests of this folder share: two workspaces, of which one asks for what the other has."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from providers.models import Credential, Workspace
from providers.services import default_workspace
from tests.s3 import conftest as s3
from tests.scoping.estate import Estate, make_key, settle, written

s3_url, aws, bucket, credential = s3.s3_url, s3.aws, s3.bucket, s3.credential


@pytest.fixture
def workspace(db: None, settings: Any, bucket: str) -> Workspace:
    """Of whoever asks. Every provider has an account, which nobody reaches but S3's."""
    settings.AUTH = "keys"
    for provider in ("openai", "anthropic", "gemini"):
        Credential.objects.create(provider=provider, name="shared by all")
    workspace = default_workspace()
    workspace.buckets = [bucket]
    workspace.save()
    return workspace


@pytest.fixture
def key(workspace: Workspace) -> str:
    key, text = make_key(workspace)
    # Else some of the requests would note when it was used, and some not.
    key.last_used_at = timezone.now() + timedelta(days=1)
    key.save()
    return text


@pytest.fixture
def estate(client: Client, credential: Credential, bucket: str) -> Estate:
    return settle(credential, client, bucket)


@pytest.fixture
def constants(workspace: Workspace, bucket: str) -> dict[str, str]:
    """What a request may name rightly."""
    return {"bucket": bucket, "mine": written(workspace, surface="openai").pk}
