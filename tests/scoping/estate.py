"""What another workspace owns: a row of every model, and bytes in both stores."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import ForeignKey, Model
from django.test import Client
from django.utils import timezone

from batches.models import (
    Batch,
    CustomIds,
    Delivery,
    Job,
    OutsideJob,
    Sample,
    UsageHour,
    Webhook,
)
from files import services as files
from files import uploads
from files.models import File, UpstreamFile
from gateway.bedrock.asked import Where, idempotency_key, write_where
from gateway.genai.wire import write_page
from providers.models import (
    AuditEvent,
    Credential,
    CredentialHealth,
    Membership,
    VirtualKey,
    Workspace,
)

BUCKET, KEY = "their-bucket", "their-input.jsonl"
NAME = "their-own-name"
TOKEN = "their-token"
CONTENT = b'{"custom_id": "theirs"}\n'
OURS = ("batches", "files", "providers")


class Asked(NamedTuple):
    """What a request names that is theirs, and something of the same form that never was."""

    theirs: str
    absent: str


@dataclass
class Estate:
    """`kinds` are what a request may name of it. `keys` are those of its objects in the shared bucket."""

    workspace: Workspace
    bucket: str
    kinds: dict[str, list[Asked]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    aws_uploads: list[str] = field(default_factory=list)

    def rows(self) -> dict[tuple[str, Any], dict[str, Any]]:
        """Every row that is theirs, as it stands in the database."""
        found: dict[tuple[str, Any], dict[str, Any]] = {}
        for model, path in owned_models():
            rows = model._default_manager.filter(**{path: self.workspace})
            found |= {(model.__name__, row["pk"]): row for row in rows.values(*columns(model))}
        return found

    def words(self) -> set[str]:
        """What nobody else may be told."""
        kinds = {asked.theirs for kind in self.kinds.values() for asked in kind}
        return {*kinds, *self.keys, self.workspace.pk}

    def bytes(self, aws: Any) -> list[bytes]:
        stored = File.objects.filter(
            workspace=self.workspace, status=File.Status.STORED, credential=None
        )
        lying = [aws.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self.keys]
        return [b"".join(files.stream(file)) for file in stored.order_by("pk")] + lying


def columns(model: type[Model]) -> list[str]:
    return ["pk", *(one.attname for one in model._meta.concrete_fields)]


def owned_models() -> Iterator[tuple[type[Model], str]]:
    """Every model that belongs to a workspace, and the way there."""
    for model in apps.get_models():
        if model._meta.app_label in OURS and (path := way(model)):
            yield model, path


def way(model: type[Model], seen: tuple[type[Model], ...] = ()) -> str:
    links = [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]
    if any(link.name == "workspace" for link in links):
        return "workspace"
    for link in links:
        target = link.remote_field.model
        if target not in (model, *seen) and (rest := way(target, (*seen, model))):
            return f"{link.name}__{rest}"
    return ""


def settle(shared: Credential, client: Client, bucket: str) -> Estate:
    """Make one. They share the credential, and so a bucket at AWS, with whoever asks."""
    workspace = Workspace.objects.create(name="theirs", buckets=[bucket])
    key, text = make_key(workspace)
    estate = Estate(workspace, bucket)
    stored = store(workspace)
    batches = list(make_batches(key, stored, shared))
    begun = uploads.begin(
        workspace,
        "s3",
        {"bucket": BUCKET, "key": KEY, "algorithm": "", "checksum_type": ""},
    )
    with uploads.writing_part(begun, 1) as part:
        part.write(b"part")
    lay_in_bucket(estate, client, text)
    own = own_accounts(workspace)
    operators(workspace, batches[0], own)
    # Ids that somebody may see; longer ones are told in pieces.
    rows = [row for row in estate.rows() if len(str(row[1])) == 12]
    estate.kinds |= {
        "row": [asked(pk) for _, pk in rows],
        # What is listed behind a name depends on the name: so this is the next to theirs.
        "place": [Asked(one, one[:-1] + "0") for _, one in rows if one[-1:] != "0"],
        "key": [Asked(KEY, "never-there.jsonl")],
        "their_bucket": [Asked(BUCKET, "never-there1")],
        "name": [Asked(NAME, "never-was-name")],
        "upload": [asked(begun.pk)],
        "token": [Asked(TOKEN, "other-token")],
        "object": [Asked(key, key[:-3] + "zzz") for key in estate.keys],
        "part": [Asked(one, one[:-3] + "zzz") for one in estate.aws_uploads],
        "file_page": [pages(stored["named"])],
        "batch_page": [pages(batches[0])],
        "job_page": [job_pages(batches[0])],
    }
    return estate


def make_key(workspace: Workspace) -> tuple[VirtualKey, str]:
    key = VirtualKey(workspace=workspace, name=f"a key of {workspace}")
    text = key.renew().key
    key.save()
    return key, text


def asked(pk: str) -> Asked:
    return Asked(pk, "0" * len(pk))


def pages(row: File | Batch) -> Asked:
    """Google's tokens hold the id of the last row."""
    absent = type(row)(pk="0" * 12, created_at=row.created_at)
    theirs, other = (write_page("rows", [], one)["nextPageToken"] for one in (row, absent))
    return Asked(theirs, other)


def job_pages(row: Batch) -> Asked:
    return Asked(*(write_where(Where(row.created_at, pk)) for pk in (row.pk, "0" * 12)))


def written(workspace: Workspace, **fields: Any) -> File:
    with files.writing(workspace) as writer:
        writer.write(CONTENT)
    return files.publish(writer.file, **{"purpose": "batch", "filename": "theirs.jsonl", **fields})


def store(workspace: Workspace) -> dict[str, File]:
    """Files as they may stand."""
    now = timezone.now()
    made = {
        "plain": written(workspace, surface="openai"),
        "named": written(workspace, name=NAME, surface="genai"),
        "keyed": written(workspace, bucket=BUCKET, key=KEY, surface="bedrock"),
        "expired": written(workspace, expires_at=now - timedelta(days=1)),
        "output": written(workspace, purpose=File.Purpose.BATCH_OUTPUT),
        "errors": written(workspace, purpose=File.Purpose.BATCH_OUTPUT),
        "results": written(workspace, purpose=File.Purpose.BATCH_OUTPUT),
        "raw": written(workspace, purpose=File.Purpose.RAW_RESULTS),
        "deleted": written(workspace),
    }
    files.delete(made["deleted"])
    return made


def make_batches(
    key: VirtualKey, stored: dict[str, File], credential: Credential
) -> Iterator[Batch]:
    """One that has ended, one at work, one that is deleted, and one whose requests came inline."""
    now = timezone.now()
    ended = {
        "status": Batch.Status.COMPLETED,
        "completed_at": now,
        "due_at": None,
        "total": 1,
        "completed": 1,
        "output_file": stored["output"],
        "error_file": stored["errors"],
        "results_file": stored["results"],
    }
    kinds: list[dict[str, Any]] = [
        {**ended, "idempotency_key": TOKEN},
        {"status": Batch.Status.IN_PROGRESS, "idempotency_key": idempotency_key(TOKEN)},
        {**ended, "deleted_at": now},
        {**ended, "inline": True, "surface": "genai"},
    ]
    for fields in kinds:
        yield Batch.objects.create(
            **{
                "workspace": key.workspace,
                "virtual_key": key,
                "surface": "openai",
                "provider": "openai",
                "endpoint": "/v1/chat/completions",
                "input_file": stored["plain"],
                **fields,
            }
        )
    batch = Batch.objects.filter(workspace=key.workspace).latest("created_at")
    sent = UpstreamFile.objects.create(
        file=stored["plain"], credential=credential, role="input", upstream_id="file-at-provider"
    )
    job = Job.objects.create(
        batch=batch,
        credential=credential,
        ordinal=0,
        first=0,
        records=1,
        status=Job.Status.COLLECTED,
        upstream_id="batch-at-provider",
        upstream_input=sent,
        raw_results=stored["raw"],
    )
    batch.note("collected", job=job)


def lay_in_bucket(estate: Estate, client: Client, key: str) -> None:
    """Two objects, of which one is a batch's input, and an upload that is under way: all through S3."""
    headers = {"x-bf-vk": key}
    folder = f"/bedrock/files/{estate.bucket}/theirs"
    for name in ("input.jsonl", "other.jsonl"):
        answer = client.put(f"{folder}/{name}", CONTENT, headers=headers)
        assert answer.status_code == 200
        estate.keys.append(f"theirs/{name}")
    answer = client.post(f"{folder}/parts.jsonl?uploads", headers=headers)
    (begun,) = re.findall(r"<UploadId>(.+)</UploadId>", answer.content.decode())
    estate.aws_uploads.append(begun)


def own_accounts(workspace: Workspace) -> Credential:
    own = Credential(workspace=workspace, provider="openai", name="their account")
    own.secret = "their secret"
    own.save()
    AuditEvent.objects.create(
        workspace=workspace, actor_kind="key", actor="their key", action="batch.cancelled"
    )
    return own


def operators(workspace: Workspace, batch: Batch, own: Credential) -> None:
    """What only operators see of it."""
    CredentialHealth.objects.create(credential=own, ok_at=timezone.now())
    OutsideJob.objects.create(
        credential=own, upstream_id="batch-made-elsewhere", upstream_status="completed"
    )
    UsageHour.objects.create(
        hour=timezone.now().replace(minute=0, second=0, microsecond=0),
        workspace=workspace,
        surface=batch.surface,
        provider=batch.provider,
        status=batch.status,
        length=4,
    )
    Sample.objects.create(
        at=timezone.now(), workspace=workspace, provider=batch.provider, status="running", jobs=1
    )
    CustomIds.objects.create(batch=batch, digests=b"1234")
    webhook = Webhook.objects.create(
        workspace=workspace, name="their listener", url="https://their.example/", enabled=False
    )
    event = Webhook.Event.COMPLETED
    Delivery.objects.create(webhook=webhook, batch=batch, event=event, due_at=None)
    user = User.objects.create(username="their-operator")
    Membership.objects.create(user=user, workspace=workspace, role=Membership.Role.VIEWER)
