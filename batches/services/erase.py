"""Erase a file, a batch or all of a workspace: at the providers first, then the bytes, then the rows.

It may be cut off anywhere. Whoever asks again goes on where it ended.
"""

import time
from contextlib import suppress

from django.db import transaction
from django.db.models import ProtectedError, Q, QuerySet
from django.utils import timezone

from batches.models import Batch, BatchQuerySet, Job, Spend
from batches.services.advance import advance
from batches.services.cancel import NotCancellableError, stop
from batches.services.discard import discard
from batches.services.poll import credentials_due, poll
from batches.services.retention import archive, delete_file_rows, delete_rows
from files import services as files
from files.models import File, FileQuerySet, Upload, UploadPart, UpstreamFile
from providers import audit
from providers.audit import Actor
from providers.models import Credential, VirtualKey, Workspace

EVERY = 10**9
AT_ONCE = 1000
LOOK_AGAIN_SECONDS = 0.5
# What a file's row says of what was in it.
TELLING = ("filename", "name", "bucket", "key", "etag", "sha256")


class StillRunningError(Exception):
    """Batches that have not ended stand in the way."""


class LeftBehindError(Exception):
    """A provider or a store does not let go of something now."""


def erase_workspace(workspace: Workspace, *, by: Actor, leave: bool = False) -> dict[str, int]:
    """Erase all of a workspace but its audit trail; returns how many of what there were.

    Its keys are revoked before anything else. `leave` what cannot be removed from a provider or a bucket.
    Raises StillRunningError, LeftBehindError and StoreError.
    """
    keys = VirtualKey.objects.filter(workspace=workspace)
    keys.filter(revoked_at=None).update(revoked_at=timezone.now())
    batches = Batch.objects.filter(workspace=workspace)
    some = File.objects.filter(workspace=workspace)
    own = Credential.objects.filter(workspace=workspace)
    _refuse_running(batches)
    found = {"batches": batches, "files": some, "keys": keys, "credentials": own}
    counts = {name: rows.count() for name, rows in found.items()}
    _discard_unfinished(workspace)
    _clear(batches, some, leave=leave)
    _delete_rows(batches, some)
    try:
        with transaction.atomic():
            Spend.objects.filter(
                owner__in=[workspace.pk, *keys.values_list("pk", flat=True)]
            ).delete()
            keys.delete()
            own.delete()
            audit.record_named(
                by, "workspace.erased", {workspace.name: workspace.pk}, workspace=None, **counts
            )
            workspace.delete()
    except ProtectedError:
        raise LeftBehindError("Something new came meanwhile: erase it once more.") from None
    return counts


def erase_batch(batch: Batch, *, by: Actor, leave: bool = False) -> None:
    """With its results, and its input if no other batch reads that. Errors as `erase_workspace`."""
    one = Batch.objects.filter(pk=batch.pk)
    _refuse_running(one)
    ids = {
        *(batch.output_file_id, batch.error_file_id, batch.results_file_id),
        *batch.jobs.values_list("raw_results", flat=True),
    }
    if not Batch.objects.filter(input_file=batch.input_file_id).exclude(pk=batch.pk).exists():
        ids |= {batch.input_file_id, batch.input_file.copy_id}
    some = File.objects.filter(pk__in=[pk for pk in ids if pk])
    _clear(one, some, leave=leave)
    with transaction.atomic():
        _delete_rows(one, some)
        audit.record_named(by, "batch.erased", {batch.pk: batch.pk}, workspace=batch.workspace)


def erase_file(file: File, *, by: Actor, leave: bool = False) -> None:
    """If a batch names it, its id and size are all that is left. Errors as `erase_workspace`."""
    _refuse_running(Batch.objects.filter(input_file=file))
    some = File.objects.filter(pk__in=[pk for pk in (file.pk, file.copy_id) if pk])
    _clear(Batch.objects.none(), some, leave=leave)
    with transaction.atomic():
        _delete_rows(Batch.objects.none(), some)
        some.update(**dict.fromkeys(TELLING, ""), headers={})
        audit.record_named(by, "file.erased", {file.pk: file.pk}, workspace=file.workspace)


def cancel_all(batches: BatchQuerySet, *, seconds: float) -> bool:
    """Cancel those that run, and see them to their end; whether all have ended in time.

    Takes the steps that a worker would: one need not be there, and does no harm.
    """
    for batch in batches.active():
        # One whose results are being written ends by itself.
        with suppress(NotCancellableError):
            stop(batch)
    deadline = time.monotonic() + seconds
    while running := list(batches.active().values_list("pk", flat=True)):
        if time.monotonic() > deadline:
            return False
        for pk in running:
            while advance(pk):
                pass
        for credential_id in credentials_due():
            poll(credential_id)
        time.sleep(LOOK_AGAIN_SECONDS)
    return True


def _refuse_running(batches: BatchQuerySet) -> None:
    if count := batches.active().count():
        noun = "batch has" if count == 1 else "batches have"
        raise StillRunningError(f"{count} {noun} not ended yet: cancel first, or wait.")


def _discard_unfinished(workspace: Workspace) -> None:
    """What uploads brought so far, and what writers left who died. Raises StoreError."""
    parts = UploadPart.objects.filter(upload__workspace=workspace).select_related("file")
    while page := parts[:AT_ONCE]:
        for part in page:
            files.discard(part.file)
    Upload.objects.filter(workspace=workspace).delete()
    broken_off = File.objects.filter(workspace=workspace, status=File.Status.WRITING)
    while some := broken_off[:AT_ONCE]:
        for file in some:
            files.discard(file)


def _clear(batches: BatchQuerySet, some: FileQuerySet, *, leave: bool) -> None:
    """Leave nothing but rows. Raises LeftBehindError and StoreError."""
    kept = batches.filter(archived_at=None)
    while sum(archive(batch, "erased", adopted=True) for batch in kept[:AT_ONCE]):
        pass
    jobs = Job.objects.filter(batch__in=batches)
    sent = Q(file__in=some) | Q(pk__in=jobs.values("upstream_input"))
    _clear_providers(jobs.filter(forgetting=True), UpstreamFile.objects.filter(sent), leave=leave)
    _clear_stores(some, leave=leave)


def _clear_providers(jobs: QuerySet[Job], copies: QuerySet[UpstreamFile], *, leave: bool) -> None:
    while credentials := _credentials_of(jobs) | _credentials_of(copies):
        if not sum(map(discard, credentials)):
            break
    if credentials and not leave:
        raise LeftBehindError(
            "A provider does not let go of what it has: its credential or its network fails, as the "
            "log says. Try again later, or say --leave."
        )
    jobs.update(forgetting=False)
    copies.delete()


def _credentials_of(rows: QuerySet[Job] | QuerySet[UpstreamFile]) -> set[str]:
    return set(rows.order_by().values_list("credential_id", flat=True).distinct())


def _clear_stores(some: FileQuerySet, *, leave: bool) -> None:
    # What was in a client's bucket before we knew of it is not ours to remove.
    there = some.exclude(status=File.Status.DELETED).filter(credential__isnull=False)
    there.filter(sha256="", surface="").update(
        status=File.Status.DELETED, deleted_at=timezone.now()
    )
    files.delete_all(some)
    while left := some.unwanted().count():
        files.purge(some)
        if some.unwanted().count() >= left:
            break
    if left and not leave:
        raise LeftBehindError(
            f"The bytes of {left} file{'s' * (left > 1)} cannot be removed from their bucket. Try again "
            "later, or say --leave."
        )
    some.unwanted().update(status=File.Status.DELETED)


def _delete_rows(batches: BatchQuerySet, some: FileQuerySet) -> None:
    delete_rows(batches, most=EVERY)
    while delete_file_rows(some):
        pass
