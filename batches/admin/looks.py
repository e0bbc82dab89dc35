"""How batches and jobs look: the colours of their statuses, and what is wrong in a line."""

from collections import Counter
from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString

from batches.models import Batch, Job
from providers import cells

BATCH_TONES = {
    Batch.Status.VALIDATING: "busy",
    Batch.Status.IN_PROGRESS: "busy",
    Batch.Status.FINALIZING: "busy",
    Batch.Status.COMPLETED: "good",
    Batch.Status.FAILED: "bad",
    Batch.Status.EXPIRED: "warn",
    Batch.Status.CANCELLING: "warn",
    Batch.Status.CANCELLED: "calm",
}
JOB_TONES = {
    Job.Status.PLANNED: "calm",
    Job.Status.SUBMITTING: "warn",
    Job.Status.RUNNING: "busy",
    Job.Status.ENDED: "busy",
    Job.Status.COLLECTED: "good",
    Job.Status.DROPPED: "bad",
}


def public_id(batch_id: str) -> str:
    return f"batch_{batch_id}"


def batch_status(batch: Batch) -> SafeString:
    return cells.label(batch.status.replace("_", " "), BATCH_TONES[Batch.Status(batch.status)])


def job_status(job: Job) -> SafeString:
    return cells.label(job.status, JOB_TONES[Job.Status(job.status)])


def route(batch: Batch) -> SafeString:
    """From the surface to the provider."""
    return format_html(
        '<span class="bf-route">{} <i>→</i> {}</span>',
        batch.get_surface_display(),
        batch.get_provider_display(),
    )


def words(jobs: Iterable[Job]) -> SafeString | str:
    """The provider's own words for the jobs, each once."""
    counted = Counter(job.upstream_status for job in jobs if job.upstream_status)
    return ", ".join(
        f"{word} ×{times}" if times > 1 else word for word, times in sorted(counted.items())
    )


def trouble(batch: Batch, jobs: Iterable[Job]) -> str:
    """What is wrong with a batch, in a line: why it failed, or what keeps it from going on."""
    if batch.errors:
        others = f" (and {len(batch.errors) - 1:,} more)" if len(batch.errors) > 1 else ""
        return f"{batch.errors[0].get('message', '')}{others}"
    return batch.last_error or next((job.last_error for job in jobs if job.last_error), "")
