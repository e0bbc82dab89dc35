"""Take the next step of a batch, whichever it is."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.utils import timezone

from batches.models import Batch, Job
from batches.services.cancel import cancel_jobs
from batches.services.claim import Claim, ClaimLostError
from batches.services.collect import collect
from batches.services.retry import plan_again
from batches.services.submit import give_up, submit
from batches.services.timing import retry_interval
from files.services import StoreError
from providers import tracing
from providers.base import UpstreamError

logger = logging.getLogger(__name__)


def go_on(claim: Claim) -> None:
    """A batch is in progress from its first job on: others may not have been submitted yet."""
    if claim.batch.retrying_at:
        plan_again(claim)
    unsent = claim.batch.jobs.filter(status__in=Job.UNSENT)
    step = submit if unsent.exists() else collect
    step(claim)


STEPS: dict[str, Callable[[Claim], None]] = {
    Batch.Status.VALIDATING: submit,
    Batch.Status.IN_PROGRESS: go_on,
    Batch.Status.FINALIZING: collect,
    Batch.Status.CANCELLING: cancel_jobs,
}


def advance(batch_id: str) -> bool:
    """Take the step, if it is due and nobody else does; says whether another is due at once."""
    claim = Claim.take(batch_id, was=tuple(STEPS))
    if claim is None:
        return False
    batch = claim.batch
    if batch.attempts > 1 and not batch.last_error:
        batch.note("taken over", f"try {batch.attempts}: whoever had it before did not finish")
    try:
        step = STEPS[batch.status]
        with _span(batch, step):
            step(claim)
    except UpstreamError as error:
        if not give_up(claim, error):
            _postpone(claim, error.message, error.retry_after)
    except StoreError as error:
        _postpone(claim, str(error))
    except ClaimLostError:
        logger.info("batch %s was taken over or changed meanwhile", batch_id)
        Batch.objects.held(batch_id, claim.lease).update(due_at=timezone.now(), attempts=0)
    return Batch.objects.due().filter(pk=batch_id).exists()


def _span(batch: Batch, step: Callable[[Claim], None]) -> AbstractContextManager[None]:
    """It goes on with the trace of the create, and names that of the upload."""
    about = {"bifrost.batch": batch.pk, "bifrost.workspace": batch.workspace_id}
    about |= {"bifrost.provider": batch.provider, "bifrost.status": batch.status}
    links = [batch.input_file.traceparent]
    name = step.__name__.replace("_", " ")
    return tracing.span(name, about, kind="consumer", parent=batch.traceparent, links=links)


def _postpone(claim: Claim, why: str, retry_after: float | None = None) -> None:
    """Try the step again later, and say so."""
    batch = claim.batch
    due_at = timezone.now() + retry_interval(batch.attempts, retry_after)
    held = Batch.objects.held(batch.pk, claim.lease)
    if held.update(due_at=due_at, last_error=why):
        batch.note("postponed", f"{batch.status}, try {batch.attempts} failed: {why}")
    logger.warning("batch %s: %s", batch.pk, why)
