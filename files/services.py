"""Store bytes, read them, and let go of them."""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO

from django.conf import settings
from django.utils import timezone

from files.models import File, FileQuerySet
from files.storage import STORE_FAILURES, store
from providers.models import Workspace

WRITING_LASTS = timedelta(days=1)
FULL = {errno.ENOSPC, errno.EDQUOT}


class FileTooLargeError(Exception):
    """More bytes came than a file may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is larger than {limit} bytes")
        self.limit = limit


class StoreError(Exception):
    """The store cannot be used now."""


class StoreFullError(StoreError):
    """The store has no room left."""


class Writer:
    """Takes the bytes of one file, once, from the first to the last."""

    def __init__(self, file: File, target: BinaryIO, limit: int | None) -> None:
        self.file = file
        self.target = target
        self.limit = limit
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes | bytearray) -> None:
        """Raises FileTooLargeError."""
        self.file.size += len(chunk)
        if self.limit is not None and self.file.size > self.limit:
            raise FileTooLargeError(self.limit)
        self.digest.update(chunk)
        written = self.target.write(chunk)
        while written < len(chunk):
            written += self.target.write(chunk[written:])


@contextmanager
def writing(workspace: Workspace, *, limit: int | None = None) -> Iterator[Writer]:
    """A new file to write to; `publish` it afterwards. If the block raises, nothing is left of it.

    Raises StoreError when the store fails.
    """
    file = File.objects.create(workspace=workspace, purpose=File.Purpose.BATCH)
    with _named_failures(), ExitStack() as undo:
        undo.callback(file.delete)
        target = store().create(file.path)
        undo.callback(store().discard, file.path, target)
        writer = Writer(file, target, limit)
        yield writer
        target.close()
        undo.pop_all()
    file.sha256 = writer.digest.hexdigest()


def publish(file: File, **fields: Any) -> File:
    """Make a written file one that can be seen, with the fields that describe it."""
    file.status = File.Status.STORED
    for name, value in fields.items():
        setattr(file, name, value)
    file.save()
    return file


def upload_limit() -> int:
    limit: int = settings.MAX_FILE_BYTES
    return limit


def stream(file: File) -> Iterator[bytes]:
    """The file's bytes. Raises FileNotFoundError if they are gone, StoreError if the store fails."""
    with _named_failures():
        yield from store().stream(file.path)


def opened(file: File) -> Iterator[bytes]:
    """As `stream`, but what is wrong is raised at once and not with the first chunk."""
    chunks = stream(file)
    first = next(chunks, b"")
    return chain((first,), chunks)


def delete(file: File) -> None:
    """Take a file from its clients' sight; `purge` removes the bytes."""
    File.objects.filter(pk=file.pk, status=File.Status.STORED).update(
        status=File.Status.DELETING, deleted_at=timezone.now()
    )


def expire() -> int:
    """Delete what has outlived its `expires_at`; returns how many."""
    return File.objects.expired().update(status=File.Status.DELETING, deleted_at=timezone.now())


def purge(files: FileQuerySet) -> int:
    """Remove the bytes of deleted files; returns how many."""
    count = 0
    for file in files.unwanted()[:1000]:
        store().delete(file.path)
        count += File.objects.filter(pk=file.pk).update(status=File.Status.DELETED)
    return count


def sweep_broken_off(now: datetime) -> int:
    """Remove what a process left that died while it wrote; returns how many."""
    count = 0
    for file in File.objects.broken_off(now - WRITING_LASTS)[:1000]:
        discard(file)
        count += 1
    return count


def discard(file: File) -> None:
    """Leave nothing of a file that was not published, neither bytes nor row. Raises StoreError."""
    with _named_failures():
        store().delete(file.path)
    file.delete()


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except STORE_FAILURES as error:
        full = isinstance(error, OSError) and error.errno in FULL
        kind = StoreFullError if full else StoreError
        raise kind(f"the store failed: {type(error).__name__}") from error
