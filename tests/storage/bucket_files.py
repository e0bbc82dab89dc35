"""What tests do to files in a client's bucket, and how they look at what is left."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from batches import services as batches
from batches.models import Batch
from files import objects
from files import services as files
from files.buckets import (
    Bucket,
)
from files.models import File
from files.storage import PART_BYTES, FolderStore, store
from providers.models import Credential, Workspace
from providers.services import default_workspace

_names = count()
BIG = b"x" * (PART_BYTES + 100)


def made(url: str, **options: Any) -> Credential:
    given = {"endpoint_url_s3": url, "access_key_id": "test", "region": "eu-west-1", **options}
    credential = Credential(provider="bedrock", name=f"aws-{next(_names)}", options=given)
    credential.secret = "very-secret"
    credential.save()
    return credential


def written(workspace: Workspace, content: bytes = b"content") -> File:
    with files.writing(workspace) as writer:
        writer.write(content)
    return writer.file


def moved(workspace: Workspace, bucket: Bucket, content: bytes = b"content", **fields: Any) -> File:
    file = written(workspace, content)
    files.move_to_bucket(file, bucket, f"in/{file.folder}a.jsonl")
    return files.publish(file, purpose="batch", filename="a.jsonl", surface="openai", **fields)


def put(s3, bucket: Bucket, key: str, content: bytes = b"of others") -> File:
    """What others put there, adopted."""
    s3.put_object(Bucket=bucket.name, Key=key, Body=content)
    return objects.adopt(objects.find(default_workspace(), bucket, key))


def lies_in(s3, bucket: Bucket) -> list[str]:
    found = s3.list_objects_v2(Bucket=bucket.name).get("Contents", [])
    begun = s3.list_multipart_uploads(Bucket=bucket.name).get("Uploads", [])
    return [one["Key"] for one in (*found, *begun)]


def lies_here(path: str) -> bool:
    own = store()
    assert isinstance(own, FolderStore)
    return own.exists(path)


def read(file: File) -> bytes:
    return b"".join(files.stream(file))


def batch_of(file: File) -> Batch:
    return Batch.objects.create(workspace=file.workspace, input_file=file, provider="bedrock")


def sweep(*, days: float = 0) -> None:
    File.objects.update(created_at=timezone.now() - timedelta(days=days))
    batches.expire()
