"""What the tests of the descriptions share: a key, a provider of each kind, and what a client has made."""

import pytest
from django.utils import timezone

from batches.models import Batch
from files import services as files
from files.models import File
from providers.models import Credential, VirtualKey, Workspace
from providers.services import SANDBOX_PATHS, default_workspace

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture
def key(workspace: Workspace, settings) -> str:
    """The only one that opens."""
    settings.AUTH = "keys"
    made = VirtualKey(workspace=workspace, name="fuzz")
    text = made.renew().key
    made.save()
    return text


@pytest.fixture
def accounts(workspace: Workspace) -> None:
    """Every provider but the one whose buckets would have to be there."""
    for provider in SANDBOX_PATHS.keys() - {"bedrock"}:
        Credential.objects.create(provider=provider, name="nobody", base_url=NOWHERE)


@pytest.fixture
def file(workspace: Workspace) -> File:
    with files.writing(workspace) as writer:
        writer.write(b"{}\n")
    return files.publish(
        writer.file, purpose="batch", filename="in.jsonl", bucket="known", key="known"
    )


@pytest.fixture
def batch(workspace: Workspace, file: File) -> Batch:
    return Batch.objects.create(
        workspace=workspace,
        surface="openai",
        provider="openai",
        endpoint="/v1/chat/completions",
        input_file=file,
        expires_at=timezone.now(),
    )


@pytest.fixture
def known(file: File, batch: Batch) -> dict[str, str]:
    """Examples that are there, by the names of parameters."""
    return {
        "file_id": f"file-{file.pk}",
        "file": file.pk,
        "bucket": "known",
        "key": "known",
        "batch_id": f"batch_{batch.pk}",
        "batch": batch.pk,
        "jobIdentifier": batch.pk,
    }
