"""Small factories of the objects that the admin shows."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from batches.models import Batch, BatchEvent, Job, Webhook
from files import services
from files.models import File
from providers.models import Credential, VirtualKey, Workspace


def workspace(name: str = "default") -> Workspace:
    return Workspace.objects.get_or_create(name=name)[0]


def credential(name: str = "production", secret: str = "sk-kept", **fields: Any) -> Credential:
    made = Credential(**{"provider": "openai", "name": name, **fields})
    if secret:
        made.secret = secret
    made.save()
    return made


def webhook(name: str = "listener", **fields: Any) -> Webhook:
    made = Webhook(
        **{"workspace": workspace(), "name": name, "url": "https://e.example/", **fields}
    )
    made.renew_secret()
    made.save()
    return made


def key(name: str = "notebook", **fields: Any) -> tuple[VirtualKey, str]:
    made = VirtualKey(**{"workspace": workspace(), "name": name, **fields})
    text = made.renew().key
    made.save()
    return made, text


def file(content: bytes | None = None, **fields: Any) -> File:
    """A file, with its bytes in the store if they are given."""
    fields = {"purpose": "batch", "filename": "input.jsonl", "surface": "openai", **fields}
    owner = fields.pop("workspace", None) or workspace()
    if content is None:
        return File.objects.create(workspace=owner, **{"status": "stored", **fields})
    with services.writing(owner) as writer:
        writer.write(content)
    return services.publish(writer.file, **fields)


def batch(**fields: Any) -> Batch:
    owner = fields.pop("workspace", None) or workspace()
    usual: dict[str, Any] = {
        "surface": "openai",
        "provider": "openai",
        "endpoint": "/v1/chat/completions",
        "model": "gpt-4.1-mini",
        "status": "in_progress",
        "total": 100,
        "due_at": None,
    }
    if "input_file" not in fields:
        fields["input_file"] = file(workspace=owner)
    return Batch.objects.create(workspace=owner, **{**usual, **fields})


def job(of: Batch, **fields: Any) -> Job:
    shared = Credential.objects.filter(name="production").first()
    usual: dict[str, Any] = {
        "ordinal": of.jobs.count(),
        "first": 0,
        "records": of.total,
        "status": "running",
        "upstream_id": f"batch_{of.pk}_there_{of.jobs.count()}",
        "upstream_status": "in_progress",
        "submitted_at": timezone.now(),
        "due_at": timezone.now() + timedelta(seconds=30),
    }
    if "credential" not in fields:
        fields["credential"] = shared or credential()
    return Job.objects.create(batch=of, **{**usual, **fields})


def batches(count: int) -> list[Batch]:
    """Many batches of many workspaces, each with two jobs, errors and events."""
    made = []
    for number in range(count):
        one = batch(workspace=workspace(f"team-{number % 7}"), errors=[{"message": "no"}])
        for place in range(2):
            running = job(one, ordinal=place, polled_at=timezone.now())
            BatchEvent.objects.create(batch=one, job=running, kind="submitted")
        made.append(one)
    return made
