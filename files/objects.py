"""What lies in a client's bucket, seen as files: those that came through Bifrost, and all others.

A file that nobody has saved yet stands for an object that others put there. It can be shown and read as
it is; a batch that reads it has to `adopt` it first.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from files.buckets import JSON_LINES, Bucket, Entry, NoSuchKeyError
from files.models import File, FileQuerySet
from files.names import beyond_all
from providers.models import Credential, Workspace

LONGEST_NAME = 512
# So many keys are looked for at once: with the one behind them, what a call of S3 lists.
AT_ONCE = 999


class Listed(NamedTuple):
    """Files by key, and whether more follow them."""

    files: list[File]
    more: bool


def find(workspace: Workspace, bucket: Bucket, key: str) -> File:
    """The file that an object is. Raises BucketError, and NoSuchKeyError for what clients may not see."""
    rows = remembered(bucket, [key])
    file = rows.file(workspace, bucket.head(key))
    if file is None:
        raise NoSuchKeyError(f"the object s3://{bucket.name}/{key[:200]} does not exist")
    return file


def listed(
    workspace: Workspace,
    bucket: Bucket,
    prefix: str = "",
    *,
    after_key: str = "",
    limit: int,
    purpose: str = "",
) -> Listed:
    """The first `limit` files behind a key whose own keys begin so, by key, or those for one purpose.

    Raises BucketError.
    """
    found: list[File] = []
    for file in _files(workspace, bucket, prefix, after_key, limit + 1):
        if purpose in ("", file.purpose):
            found.append(file)
        if len(found) > limit:
            break
    return Listed(found[:limit], len(found) > limit)


def empty(workspace: Workspace, bucket: Bucket, prefixes: Sequence[str]) -> set[str]:
    """Those of the prefixes beneath which others alone have something, given in order. Raises BucketError."""
    if not prefixes:
        return set()
    theirs = File.objects.filter(
        credential__isnull=False, bucket=bucket.name, key__gte=prefixes[0]
    ).exclude(Q(workspace=workspace) | Q(status=File.Status.DELETED))
    if beyond := beyond_all(prefixes[-1]):
        theirs = theirs.filter(key__lt=beyond)
    shared: set[str] = set()
    for key in theirs.values_list("key", flat=True).iterator():
        place = bisect_right(prefixes, key) - 1
        if key.startswith(prefixes[place]):
            shared.add(prefixes[place])
    return {one for one in shared if not any(_files(workspace, bucket, one, "", AT_ONCE))}


def adopt(file: File) -> File:
    """Make an object one of the workspace's files, to be read for as long as it does not change."""
    if not file._state.adding:
        return file
    same = _stored(file.workspace, file.credential, file.bucket, [file.key])
    try:
        with transaction.atomic():
            _forget(same)
            file.save()
    except IntegrityError:
        # Another request was faster.
        return same.get()
    return file


def keep(workspace: Workspace, bucket: Bucket, entry: Entry, **fields: Any) -> File:
    """Make an object that a client has just put there one of the workspace's files."""
    file = _found(workspace, bucket, entry)
    for name, value in fields.items():
        setattr(file, name, value)
    file.created_at = timezone.now()
    with transaction.atomic():
        # Another request must not keep one of the same key meanwhile.
        list(Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk))
        forget(workspace, bucket, [entry.key])
        file.save()
    return file


def forget(workspace: Workspace, bucket: Bucket, keys: Sequence[str]) -> None:
    """The objects that had these keys are no more."""
    _forget(_stored(workspace, bucket.credential, bucket.name, keys))


def _forget(files: FileQuerySet) -> None:
    files.update(status=File.Status.DELETED, deleted_at=timezone.now())


def _stored(
    workspace: Workspace, credential: Credential | None, bucket: str, keys: Sequence[str]
) -> FileQuerySet:
    return File.objects.filter(
        workspace=workspace,
        credential=credential,
        bucket=bucket,
        key__in=keys,
        status=File.Status.STORED,
    )


def _files(
    workspace: Workspace, bucket: Bucket, prefix: str, after_key: str, limit: int
) -> Iterator[File]:
    """All files behind a key; so many are asked for at once."""
    while True:
        entries, more = bucket.entries(prefix, after_key=after_key, limit=min(limit, AT_ONCE))
        yield from (file for file in known(workspace, bucket, entries) if file)
        if not more:
            return
        after_key = entries[-1].key


@dataclass(frozen=True)
class Remembered:
    """What Bifrost remembers of keys in a bucket, of every workspace: some may share the bucket."""

    bucket: Bucket
    by_key: Mapping[str, Sequence[File]]

    def file(self, workspace: Workspace, entry: Entry) -> File | None:
        """The file of an object, and None for what is another workspace's, or deleted but for its bytes.

        An object may be replaced without a word to us. Then no row stands for it.
        """
        rows = self.by_key.get(entry.key, ())
        same = [row for row in rows if row.etag == entry.etag or row.status == File.Status.WRITING]
        ours = [row for row in same if row.workspace_id == workspace.pk]
        if ours:
            return next((row for row in ours if row.is_visible), None)
        if any(not row.is_adopted for row in same):
            return None
        return _found(workspace, self.bucket, entry)

    def others(self, workspace: Workspace) -> list[str]:
        """The keys that may be another workspace's, if the objects are what they were."""
        return [
            key
            for key, rows in self.by_key.items()
            if any(row.workspace_id != workspace.pk and not row.is_adopted for row in rows)
        ]


def remembered(bucket: Bucket, keys: Sequence[str]) -> Remembered:
    """Ask for it before S3 is asked, be the objects there or not: what is another workspace's is to take
    as long as what never was.
    """
    rows = File.objects.filter(credential__isnull=False, bucket=bucket.name, key__in=keys)
    by_key: dict[str, list[File]] = {}
    for row in rows.exclude(status=File.Status.DELETED).select_related("credential"):
        by_key.setdefault(row.key, []).append(row)
    return Remembered(bucket, by_key)


def known(workspace: Workspace, bucket: Bucket, entries: Sequence[Entry]) -> Iterator[File | None]:
    """The file of each object, and None for those that clients of the workspace may not see."""
    rows = remembered(bucket, [entry.key for entry in entries])
    return (rows.file(workspace, entry) for entry in entries)


def _found(workspace: Workspace, bucket: Bucket, entry: Entry) -> File:
    return File(
        workspace=workspace,
        credential=bucket.credential,
        region=bucket.region,
        bucket=bucket.name,
        key=entry.key,
        etag=entry.etag,
        size=entry.size,
        purpose=File.Purpose.BATCH,
        filename=entry.key.rstrip("/").rpartition("/")[2][-LONGEST_NAME:] or entry.key,
        content_type=entry.content_type or JSON_LINES,
        status=File.Status.STORED,
        created_at=entry.modified,
    )
