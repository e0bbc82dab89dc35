"""Everything that a workspace is, written into a folder or a tar file as it is read.

rows/<table>.jsonl   every row, without hashes and secrets
files/<id>           the bytes of every stored file
SHA256SUMS           of all of these, as `sha256sum --check` reads it
manifest.json        how many there are
"""

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils import timezone

from batches.models import Batch, BatchEvent, Delivery, Job, Spend, UsageHour, Webhook
from files import services as files
from files.models import File
from providers.models import AuditEvent, Credential, Membership, VirtualKey, Workspace

AT_ONCE = 500
BLOCK_BYTES = 256 * 1024
IN_MEMORY = 2**20
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
# What stands for a secret, or is one that only we can read.
SECRET = ("digest", "encrypted_")


class Target(Protocol):
    """Where members are written to. It is there as a whole, once it is finished, or not at all."""

    def add(self, name: str, size: int, content: BinaryIO) -> None:
        """Raises OSError, also if there is less content than was said."""

    def finish(self) -> None: ...

    def abandon(self) -> None: ...


class Folder:
    def __init__(self, path: Path) -> None:
        """Raises FileExistsError."""
        self.path = path
        self.part = _beside(path)
        self.part.mkdir(mode=PRIVATE_FOLDER, parents=True)

    def add(self, name: str, size: int, content: BinaryIO) -> None:
        path = self.part / name
        path.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        path.touch(PRIVATE_FILE, exist_ok=False)
        with path.open("wb") as target:
            shutil.copyfileobj(content, target, BLOCK_BYTES)
            if target.tell() != size:
                raise OSError(f"{name} has {target.tell()} bytes, not {size}")

    def finish(self) -> None:
        self.part.rename(self.path)

    def abandon(self) -> None:
        shutil.rmtree(self.part)


class Tar:
    def __init__(self, path: Path) -> None:
        """Raises FileExistsError."""
        self.path = path
        self.part = _beside(path)
        self.part.touch(PRIVATE_FILE, exist_ok=False)
        self.tar = tarfile.open(self.part, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 -- see finish

    def add(self, name: str, size: int, content: BinaryIO) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, PRIVATE_FILE, int(time.time())
        self.tar.addfile(member, content)

    def finish(self) -> None:
        self.tar.close()
        self.part.rename(self.path)

    def abandon(self) -> None:
        self.tar.close()
        self.part.unlink()


def target_at(path: Path) -> Target:
    """A tar file if its name says so, else a folder. Raises FileExistsError and other kinds of OSError."""
    if path.exists():
        raise FileExistsError(f"{path} is there already: name another place.")
    return Tar(path) if path.suffix == ".tar" else Folder(path)


def export(workspace: Workspace, target: Target, *, say: Callable[[str], object]) -> dict[str, int]:
    """Write everything, and `say` how far it is; returns how many of what there are.

    Needs no more memory for more rows or larger files. Raises OSError and StoreError.
    """
    with tempfile.TemporaryFile() as sums:
        counts = dict(_write_rows(workspace, target, sums, say))
        counts |= _write_files(workspace, target, sums, say)
        _add(target, "SHA256SUMS", sums)
    manifest = {
        "workspace": {"id": workspace.pk, "name": workspace.name},
        "made_at": timezone.now(),
        "counts": counts,
    }
    text = json.dumps(manifest, cls=DjangoJSONEncoder, indent=2).encode()
    target.add("manifest.json", len(text), io.BytesIO(text))
    target.finish()
    return counts


def _tables(workspace: Workspace) -> dict[str, QuerySet[Any]]:
    keys = VirtualKey.objects.filter(workspace=workspace)
    return {
        "workspace": Workspace.objects.filter(pk=workspace.pk),
        "keys": keys,
        "credentials": Credential.objects.filter(workspace=workspace),
        "batches": Batch.objects.filter(workspace=workspace),
        "jobs": Job.objects.filter(batch__workspace=workspace),
        "events": BatchEvent.objects.filter(batch__workspace=workspace),
        "files": File.objects.filter(workspace=workspace),
        "webhooks": Webhook.objects.filter(workspace=workspace),
        "deliveries": Delivery.objects.filter(webhook__workspace=workspace),
        "usage_hours": UsageHour.objects.filter(workspace=workspace),
        "spend": Spend.objects.filter(owner__in=[workspace.pk, *keys.values_list("pk", flat=True)]),
        "memberships": Membership.objects.filter(workspace=workspace),
        "audit_events": AuditEvent.objects.filter(workspace=workspace),
    }


def _write_rows(
    workspace: Workspace, target: Target, sums: BinaryIO, say: Callable[[str], object]
) -> Iterator[tuple[str, int]]:
    for name, rows in _tables(workspace).items():
        count = 0
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
            for row in rows.order_by("pk").iterator(AT_ONCE):
                spool.write(_line(row))
                count += 1
            _add(target, f"rows/{name}.jsonl", spool, sums)  # type: ignore[arg-type]
        say(f"{count} {name.replace('_', ' ')}")
        yield name, count


def _line(row: Model) -> bytes:
    told = {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not field.name.startswith(SECRET)
    }
    return json.dumps(told, cls=DjangoJSONEncoder).encode() + b"\n"


def _write_files(
    workspace: Workspace, target: Target, sums: BinaryIO, say: Callable[[str], object]
) -> dict[str, int]:
    stored = File.objects.filter(workspace=workspace, status=File.Status.STORED)
    counts = {"stored_files": 0, "bytes": 0, "lost_files": 0}
    for file in stored.select_related("credential", "copy").order_by("pk").iterator(AT_ONCE):
        chunks = files.stream(file)
        try:
            content = _Content(chain((next(chunks, b""),), chunks))
        except FileNotFoundError:
            say(f"the bytes of file {file.pk} are gone")
            counts["lost_files"] += 1
            continue
        name = f"files/{file.pk}"
        target.add(name, file.size, io.BufferedReader(content, BLOCK_BYTES))
        sums.write(_sum(content.digest.hexdigest(), name))
        counts["stored_files"] += 1
        counts["bytes"] += file.size
        if counts["stored_files"] % AT_ONCE == 0:
            say(f"{counts['stored_files']} files")
    return counts


class _Content(io.RawIOBase):
    """Chunks as a file to read, and their hash."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = iter(chunks)
        self.rest = b""
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self.rest = chunk
            self.digest.update(chunk)
        part, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _add(target: Target, name: str, spool: BinaryIO, sums: BinaryIO | None = None) -> None:
    """Add what was written before."""
    size = spool.tell()
    spool.seek(0)
    if sums:
        digest = hashlib.file_digest(spool, "sha256")  # type: ignore[arg-type]
        sums.write(_sum(digest.hexdigest(), name))
        spool.seek(0)
    target.add(name, size, spool)


def _sum(digest: str, name: str) -> bytes:
    return f"{digest}  {name}\n".encode()


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
