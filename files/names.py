"""Files in the gateway's own store by the names that S3 clients gave them: a bucket, and a key in it.

A name has one file. A bucket is there as long as something is in it.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from files import services as files
from files.models import File, FileQuerySet
from providers.models import Workspace

# The bucket in which S3 clients see every file of the workspace, each by its id. Nothing has a name in it.
ALL_FILES = "bifrost-files"
LAST = "\U0010ffff"
# Each step finds the bucket behind the last one in the index, however many files lie between them.
BUCKETS = """
WITH RECURSIVE named (bucket) AS (
    SELECT MIN(bucket) FROM files_file WHERE {condition} AND bucket > ''
    UNION ALL
    SELECT (SELECT MIN(bucket) FROM files_file WHERE {condition} AND bucket > named.bucket)
    FROM named WHERE named.bucket IS NOT NULL
)
SELECT bucket FROM named WHERE bucket IS NOT NULL LIMIT %s
"""
CONDITION = "workspace_id = %s AND status = 'stored' AND credential_id IS NULL"

Check = Callable[[File | None], None]
"""Raises what it likes if the file that has the name, or none, is not as its caller wants it."""


def in_bucket(workspace: Workspace, bucket: str) -> FileQuerySet:
    return File.objects.visible(workspace).filter(credential=None, bucket=bucket)


def find(workspace: Workspace, bucket: str, key: str) -> File | None:
    if not bucket:
        return None
    return next(iter(in_bucket(workspace, bucket).filter(key=key).order_by()), None)


def buckets(workspace: Workspace, *, limit: int) -> list[str]:
    """The names of buckets, in the database's order."""
    sql = BUCKETS.format(condition=CONDITION)
    with connection.cursor() as cursor:
        cursor.execute(sql, [workspace.pk, workspace.pk, limit])
        return [row[0] for row in cursor.fetchall()]


def page(
    workspace: Workspace,
    bucket: str,
    *,
    prefix: str = "",
    after: str = "",
    start: str = "",
    limit: int,
) -> list[File]:
    """The first files whose keys begin so, from `start` on and behind `after`, by the bytes of their keys."""
    rows = in_bucket(workspace, bucket).filter(key__gt=after)
    if start:
        rows = rows.filter(key__gte=start)
    if prefix:
        rows = rows.filter(key__gte=prefix)
        if beyond := beyond_all(prefix):
            rows = rows.filter(key__lt=beyond)
    return list(rows.order_by("key")[:limit])


def beyond_all(prefix: str) -> str:
    """The first text that comes behind all that begin so, empty if there is none."""
    kept = prefix.rstrip(LAST)
    if not kept:
        return ""
    following = ord(kept[-1]) + 1
    # Between them are halves of pairs, which are no characters.
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)


def publish(
    file: File, *, bucket: str, key: str, check: Check = lambda old: None, **fields: Any
) -> File:
    """Make a written file the one of that name; what had it before is deleted in the same moment.

    Raises what `check` raises, and then changes nothing.
    """
    with transaction.atomic():
        _lock(file.workspace)
        check(find(file.workspace, bucket, key))
        _at(file.workspace, bucket, key).update(
            status=File.Status.DELETING, deleted_at=timezone.now()
        )
        return files.publish(file, bucket=bucket, key=key, **fields)


def _at(workspace: Workspace, bucket: str, key: str) -> FileQuerySet:
    """What has the name, be it to be seen or expired."""
    return File.objects.filter(
        workspace=workspace,
        credential=None,
        status=File.Status.STORED,
        bucket=bucket,
        key=key,
    )


def _lock(workspace: Workspace) -> None:
    """Nobody else of the workspace gives a name until the transaction ends."""
    list(Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk))
