"""Store bytes, read them, and let go of them."""

import errno
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from files.buckets import (
    TRIES,
    Bucket,
    BucketError,
    NoSuchBucketError,
    NoSuchKeyError,
)
from files.models import File, FileQuerySet
from files.storage import STORE_FAILURES, store
from files.storage import StoreError as StoreError
from providers import rows, tracing
from providers.models import VirtualKey, Workspace

logger = logging.getLogger(__name__)

WRITING_LASTS = timedelta(days=1)
DELETING_LASTS = timedelta(days=7)
FULL = {errno.ENOSPC, errno.EDQUOT}


class FileTooLargeError(Exception):
    """More bytes came than a file may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the file is larger than {limit} bytes")
        self.limit = limit


class StoreFullError(StoreError):
    """The store has no room left."""


class Writer:
    """Takes the bytes of one file, once, from the first to the last.

    Counting lines takes a third as long as all the rest, so it is only done where somebody wants to know.
    """

    def __init__(
        self, file: File, target: BinaryIO, limit: int | None, *, counts: bool = False
    ) -> None:
        self.file = file
        self.target = target
        self.limit = limit
        self.digest = hashlib.sha256()
        self._counts = counts
        self._lines = 0
        self._whole = True

    def write(self, chunk: bytes | bytearray) -> None:
        """Raises FileTooLargeError."""
        self.file.size += len(chunk)
        if self.limit is not None and self.file.size > self.limit:
            raise FileTooLargeError(self.limit)
        self.digest.update(chunk)
        if self._counts and chunk:
            self._lines += chunk.count(b"\n")
            self._whole = chunk.endswith(b"\n")
        written = self.target.write(chunk)
        while written < len(chunk):
            written += self.target.write(chunk[written:])

    @property
    def lines(self) -> int | None:
        """The last one counts without an end as well. None if they were not counted."""
        return self._lines + (not self._whole) if self._counts else None


@contextmanager
def writing(workspace: Workspace, *, limit: int | None = None) -> Iterator[Writer]:
    """A new file to write to; `publish` it afterwards. If the block raises, nothing is left of it.

    Raises StoreError when the store fails.
    """
    file = File(workspace=workspace, purpose=File.Purpose.BATCH, traceparent=tracing.current())
    rows.insert(file)
    with _named_failures(), ExitStack() as undo:
        undo.callback(file.delete)
        target = store().create(file.path)
        undo.callback(store().discard, file.path, target)
        writer = Writer(file, target, limit, counts=VirtualKey.any_counts(workspace))
        yield writer
        target.close()
        undo.pop_all()
    file.sha256 = writer.digest.hexdigest()
    file.lines = writer.lines


def publish(file: File, **fields: Any) -> File:
    """Make a written file one that can be seen, with the fields that describe it."""
    file.status = File.Status.STORED
    for name, value in fields.items():
        setattr(file, name, value)
    file.save()
    return file


def move_to_bucket(file: File, bucket: Bucket, key: str) -> None:
    """Bring a written file into a client's bucket; `publish` it afterwards. If that fails, it is gone.

    The row says first where the bytes go, so that the sweep finds what a process leaves that dies meanwhile.
    Raises StoreError.
    """
    file.credential, file.region = bucket.credential, bucket.region
    file.bucket, file.key = bucket.name, key
    file.save()
    try:
        with _named_failures():
            chunks = store().stream(file.path)
            file.etag = bucket.put(key, chunks, content_type=file.content_type)
            store().delete(file.path)
    except BaseException as error:
        if isinstance(error, BucketError) and error.permanent:
            # S3 took nothing, and would not let us look for it either.
            file.credential = None
        # What cannot be removed now is left to the sweep.
        with suppress(StoreError):
            discard(file)
        raise


def upload_limit() -> int:
    limit: int = settings.MAX_FILE_BYTES
    return limit


def stream(file: File, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The file's bytes, from `start` up to `end`, if it has any there; those of its copy, if there is one.

    Raises FileNotFoundError if they are gone, StoreError if the store fails. What lies in a client's
    bucket is gone, too, once another object has its key.
    """
    yield from _lying(_copy_of(file) or file, start, end)


def _lying(file: File, start: int, end: int | None) -> Iterator[bytes]:
    with _named_failures():
        if file.credential:
            bucket = _bucket_of(file)
            yield from bucket.stream(file.key, start=start, end=end, etag=file.etag)
        else:
            yield from store().stream(file.path, start=start, end=end)


def opened(file: File, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """As `stream`, but of the file itself, and what is wrong is raised at once."""
    chunks = _lying(file, start, end)
    first = next(chunks, b"")
    return chain((first,), chunks)


def at_hand(file: File) -> BinaryIO | None:
    """The file itself, to be read at any place, if it lies on this machine.

    Raises FileNotFoundError and StoreError.
    """
    if file.credential:
        return None
    with _named_failures():
        return store().at_hand(file.path)


def _copy_of(file: File) -> File | None:
    copy = file.copy
    return copy if copy and copy.status == File.Status.STORED else None


def keep_copy(file: File, *, keep: Callable[[], None]) -> None:
    """Copy what lies in a client's bucket, for a batch that must read the same bytes again and again.

    Calls `keep` now and then. Raises FileNotFoundError if it is another object by now, and StoreError.
    """
    if file.credential is None or _copy_of(file):
        return
    with writing(file.workspace) as writer:
        for chunk in stream(file):
            keep()
            writer.write(chunk)
    with transaction.atomic():
        publish(writer.file, purpose=File.Purpose.COPY, filename=file.filename)
        if File.objects.filter(pk=file.pk, copy=file.copy_id).update(copy=writer.file):
            file.copy = writer.file
            return
    # Another batch was faster. Should its copy be gone by now, this makes one after all.
    delete(writer.file)
    file.refresh_from_db(fields=["copy"])
    keep_copy(file, keep=keep)


def delete(file: File) -> bool:
    """Take a file from its clients' sight; `purge` removes the bytes. Whether it was there."""
    deleted = File.objects.filter(pk=file.pk, status=File.Status.STORED).update(
        status=File.Status.DELETING, deleted_at=timezone.now()
    )
    return bool(deleted)


def delete_at_once(file: File) -> None:
    """Delete a file and its bytes. If that fails, the file is as it was before. Raises StoreError.

    No batch may be reading it.
    """
    delete(file)
    try:
        _remove(file)
    except StoreError:
        File.objects.filter(pk=file.pk, status=File.Status.DELETING).update(
            status=File.Status.STORED, deleted_at=None
        )
        raise


def delete_all(files: FileQuerySet) -> int:
    """Delete those of the files that are stored; returns how many."""
    stored = files.filter(status=File.Status.STORED)
    return stored.update(status=File.Status.DELETING, deleted_at=timezone.now())


def expire() -> int:
    """Delete what has outlived its `expires_at`; returns how many."""
    return delete_all(File.objects.expired())


def purge(files: FileQuerySet) -> int:
    """Remove the bytes of deleted files; returns how many.

    A bucket that fails once is let alone, until the next time.
    """
    orphans = files.filter(status=File.Status.DELETED, copy__status=File.Status.STORED)
    for file in orphans.select_related("copy")[:1000]:
        delete(cast(File, file.copy))
    count = 0
    failing: set[tuple[str | None, str]] = set()
    for file in files.unwanted().select_related("credential")[:1000]:
        where = (file.credential_id, file.bucket)
        if where in failing:
            continue
        try:
            count += _remove(file, tries=1)
        except BucketError as error:
            failing.add(where)
            count += _give_up(file, error)
    return count


def _remove(file: File, *, tries: int = TRIES) -> int:
    """Remove the bytes of a deleted file; says of how many rows. Raises StoreError."""
    with _named_failures():
        if file.credential is None:
            store().delete(file.path)
        elif not _sharing(file).exists():
            _delete_object(_bucket_of(file, tries=tries), file)
    gone = File.objects.filter(pk=file.pk, status=File.Status.DELETING)
    return gone.update(status=File.Status.DELETED)


def _sharing(file: File) -> FileQuerySet:
    """Files that came through Bifrost later, and whose bytes the same object holds by now."""
    wanted = File.objects.filter(status__in=(File.Status.WRITING, File.Status.STORED))
    same = wanted.filter(credential=file.credential, bucket=file.bucket, key=file.key)
    return same.exclude(Q(pk=file.pk) | Q(status=File.Status.STORED, sha256="", surface=""))


def _delete_object(bucket: Bucket, file: File) -> None:
    """Another object may have the key by now, which is not ours to delete."""
    with suppress(NoSuchKeyError, NoSuchBucketError):
        if bucket.head(file.key).etag == file.etag:
            bucket.delete(file.key)


def _give_up(file: File, error: BucketError) -> int:
    """What its owner does not let us delete for long stays."""
    if not error.permanent or file.deleted_at is None:
        return 0
    if file.deleted_at > timezone.now() - DELETING_LASTS:
        return 0
    logger.error("file %s stays in its bucket: %s", file.pk, type(error).__name__)
    return File.objects.filter(pk=file.pk).update(status=File.Status.DELETED)


def sweep_broken_off(now: datetime) -> int:
    """Remove what a process left that died while it wrote; returns how many."""
    count = 0
    broken_off = File.objects.broken_off(now - WRITING_LASTS).select_related("credential")
    for file in broken_off[:1000]:
        try:
            with _named_failures():
                store().forget(file.path)
            discard(file)
        except BucketError as error:
            if not error.permanent:
                continue
            logger.error("what was left of file %s stays: %s", file.pk, type(error).__name__)
            file.delete()
        count += 1
    return count


def discard(file: File) -> None:
    """Leave nothing of a file that was not published, neither bytes nor row. Raises StoreError."""
    with _named_failures():
        store().delete(file.path)
        # Of a key that a client chose nobody knows whose object has it now.
        if file.credential and file.has_own_folder:
            with suppress(NoSuchBucketError):
                _bucket_of(file, tries=1).forget(file.key)
    file.delete()


def _bucket_of(file: File, *, tries: int = TRIES) -> Bucket:
    """Raises BucketError."""
    assert file.credential is not None
    return Bucket(file.credential, file.bucket, file.region, tries=tries)


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, StoreError):
        raise
    except STORE_FAILURES as error:
        full = isinstance(error, OSError) and error.errno in FULL
        kind = StoreFullError if full else StoreError
        raise kind(f"the store failed: {type(error).__name__}") from error
