"""Stop a batch: at once for the client, as fast as the provider can for its jobs."""

from collections.abc import Callable
from functools import partial

from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from batches.models import Batch, Job
from batches.services.claim import Claim
from batches.services.collect import collect
from batches.services.jobs import each, request_of, upstream_of
from batches.services.submit import record_submission

CANCELLABLE = (Batch.Status.VALIDATING, Batch.Status.IN_PROGRESS)


class NotCancellableError(Exception):
    """The batch has ended, or its results are being written."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(f"Cannot cancel a batch with status '{batch.status}'.")
        self.batch = batch


def cancel(batch: Batch) -> Batch:
    """As `stop`, for those who want the batch back."""
    stop(batch)
    return batch


def stop(batch: Batch) -> bool:
    """Say that the batch is to stop. Raises NotCancellableError; a second time changes nothing: False."""
    stopped = Batch.objects.filter(pk=batch.pk, status__in=CANCELLABLE).update(
        status=Batch.Status.CANCELLING,
        cancelling_at=timezone.now(),
        # A worker that holds the batch finishes what it does first.
        due_at=Coalesce("due_at", Now()),
        attempts=0,
    )
    batch.refresh_from_db()
    if stopped:
        batch.note("cancelling", "asked for")
    elif batch.status not in (Batch.Status.CANCELLING, Batch.Status.CANCELLED):
        raise NotCancellableError(batch)
    return bool(stopped)


def cancel_jobs(claim: Claim) -> None:
    """Cancel every job upstream; once all have ended, collect what they did. Raises UpstreamError."""
    batch = claim.batch
    Job.objects.filter(batch=batch, status=Job.Status.PLANNED).update(status=Job.Status.DROPPED)
    stoppable = batch.jobs.filter(status__in=STOP).order_by("ordinal")
    each(stoppable, partial(_stop, claim))
    if batch.jobs.active().exists():
        claim.rest()
    else:
        collect(claim)


def _stop(claim: Claim, job: Job) -> None:
    claim.keep()
    STOP[job.status](job)


def _find_or_drop(job: Job) -> None:
    """A job whose submission may or may not have arrived."""
    if state := upstream_of(job).find(request_of(job, job.batch, goes_on=lambda: False)):
        record_submission(job, state, found=True)
        _cancel(job, state.upstream_id)
    else:
        Job.objects.filter(pk=job.pk).update(status=Job.Status.DROPPED)


def _cancel(job: Job, upstream_id: str) -> None:
    state = upstream_of(job).cancel(upstream_id)
    Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(
        upstream_status=state.raw, due_at=timezone.now()
    )
    job.batch.note("cancelling", f"the provider says {state.raw}", job=job)


STOP: dict[str, Callable[[Job], None]] = {
    Job.Status.SUBMITTING: _find_or_drop,
    Job.Status.RUNNING: lambda job: _cancel(job, job.upstream_id),
}
