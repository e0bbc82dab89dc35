"""Let go of what a workspace does not want kept: old inputs, the results of old batches, and their rows.

What is at providers goes before the rows that name it. Every turn does a bounded part of the work, and
whatever one leaves undone the next one finds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from batches.models import Batch, BatchQuerySet, Job
from batches.services.deliver import MANIFEST, name_of
from files import services as files
from files.models import File, FileQuerySet, UpstreamFile
from providers.models import Workspace

AT_ONCE = 1000
# Rows are deleted with all that hangs on them.
ROWS_AT_ONCE = 100
# What a client did not send.
MADE_HERE = (File.Purpose.BATCH_OUTPUT, *File.HIDDEN)


def retain(now: datetime) -> int:
    """Let go of what is older than its workspace says; returns how many files and batches."""
    limits = Q(keep_inputs_days=None, keep_results_days=None, keep_rows_days=None)
    return sum(_retain(workspace, now) for workspace in Workspace.objects.exclude(limits))


def _retain(workspace: Workspace, now: datetime) -> int:
    count = 0
    inputs, rows = workspace.keep_inputs_days, workspace.keep_rows_days
    if inputs is not None:
        count += _delete_inputs(workspace, now - timedelta(days=inputs))
    # A row that goes takes its results along.
    given = [days for days in (workspace.keep_results_days, rows) if days is not None]
    if given:
        count += _archive_old(workspace, min(given), now)
    if rows is not None:
        before = now - timedelta(days=rows)
        old = Batch.objects.ended_before(before).filter(workspace=workspace)
        count += delete_rows(old, most=AT_ONCE)
        delete_file_rows(File.objects.filter(workspace=workspace, deleted_at__lt=before))
    return count


def _delete_inputs(workspace: Workspace, before: datetime) -> int:
    """Delete uploads, and copies of what clients have in buckets of their own: those stay, and are theirs."""
    old = File.objects.filter(
        workspace=workspace, status=File.Status.STORED, created_at__lt=before, credential=None
    )
    uploads = old.exclude(purpose__in=MADE_HERE)
    copies = old.filter(purpose=File.Purpose.COPY)
    active = Batch.objects.active()
    return sum(
        files.delete_all(File.objects.filter(pk__in=_first(some.filter(~Exists(reading)))))
        for some, reading in (
            (uploads, active.filter(input_file=OuterRef("pk"))),
            (copies, active.filter(input_file__copy=OuterRef("pk"))),
        )
    )


def _first(some: FileQuerySet) -> list[str]:
    return list(some.order_by("created_at").values_list("pk", flat=True)[:AT_ONCE])


def _archive_old(workspace: Workspace, days: int, now: datetime) -> int:
    old = Batch.objects.ended_before(now - timedelta(days=days))
    unarchived = old.filter(workspace=workspace, archived_at=None)[:AT_ONCE]
    why = "at once" if not days else f"after {days} day{'s' * (days > 1)}"
    return sum(archive(batch, why) for batch in unarchived)


def archive(batch: Batch, why: str, *, adopted: bool = False) -> bool:
    """Remove the results of an ended batch, here, and at its providers as soon as those let us.

    What jobs wrote that somebody else made is theirs, and stays there unless `adopted` ones are to go, too.
    Whether that is news, and the batch has ended.
    """
    with transaction.atomic():
        kept = Batch.objects.filter(pk=batch.pk, archived_at=None).exclude(status__in=Batch.ACTIVE)
        if not kept.update(archived_at=timezone.now()):
            return False
        files.delete_all(_results_of(batch))
        jobs = batch.jobs.exclude(upstream_id="")
        (jobs if adopted else jobs.exclude(adopted=True)).update(forgetting=True)
        batch.note("results removed", why)
    return True


def _results_of(batch: Batch) -> FileQuerySet:
    """What was collected, and what was written from it."""
    told = [batch.output_file_id, batch.error_file_id, batch.results_file_id]
    found = Q(pk__in=[pk for pk in told if pk]) | Q(pk__in=batch.jobs.values("raw_results"))
    if batch.output_uri:
        manifest = name_of(batch, MANIFEST)
        found |= Q(credential=None, bucket=manifest.bucket, key=manifest.key)
    return File.objects.filter(found, workspace=batch.workspace_id)


def delete_rows(batches: BatchQuerySet, *, most: int) -> int:
    """Delete those batches whose results are removed, at the providers too, for good; returns how many."""
    settled = batches.filter(
        ~Exists(Job.objects.filter(_waiting(), batch=OuterRef("pk"))), archived_at__isnull=False
    )
    count = 0
    while count < most and (page := list(settled[:ROWS_AT_ONCE])):
        count += len(page)
        with transaction.atomic():
            _delete_page(page)
    return count


def _waiting() -> Q:
    """Jobs of which something is still at a provider, for all that we know."""
    return Q(forgetting=True) | Q(upstream_input__isnull=False)


def _delete_page(page: list[Batch]) -> None:
    named = {
        pk
        for batch in page
        for pk in (
            *(batch.input_file_id, batch.output_file_id, batch.error_file_id),
            *(batch.results_file_id, *batch.jobs.values_list("raw_results", flat=True)),
        )
        if pk
    }
    inline = [batch.input_file_id for batch in page if batch.inline]
    Batch.objects.filter(pk__in=[batch.pk for batch in page]).delete()
    # Nobody uploaded it, so nobody will delete it.
    files.delete_all(File.objects.filter(unnamed(), pk__in=inline))
    delete_file_rows(File.objects.filter(pk__in=named))


def delete_file_rows(some: FileQuerySet) -> int:
    """Delete those files for good whose bytes are gone, and that nothing names; returns how many."""
    gone = some.filter(
        unnamed(),
        ~Exists(UpstreamFile.objects.filter(file=OuterRef("pk"))),
        status=File.Status.DELETED,
    )
    pks = list(gone.order_by("deleted_at").values_list("pk", flat=True)[:AT_ONCE])
    for first in range(0, len(pks), ROWS_AT_ONCE):
        File.objects.filter(pk__in=pks[first : first + ROWS_AT_ONCE]).delete()
    return len(pks)


def unnamed() -> Q:
    """Files that are no batch's."""
    here = OuterRef("pk")
    roles: Iterable[str] = ("input_file", "output_file", "error_file", "results_file")
    named = [Exists(Batch.objects.filter(**{role: here})) for role in roles]
    return ~(named[0] | named[1] | named[2] | named[3])
