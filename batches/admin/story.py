"""What the page of a batch tells beyond its own row: its jobs, its costs, why records failed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from batches.admin import looks
from batches.models import Batch, Job
from providers.consoles import console_url


@dataclass(frozen=True)
class Told:
    """A job as the page shows it. `console` is its page at the vendor; `cost` is None if unknown."""

    job: Job
    status: SafeString
    console: str
    tokens: int | None
    cost: int | None


def told(jobs: Iterable[Job]) -> list[Told]:
    return [
        Told(job, looks.job_status(job), _console(job), _tokens(job), _cost(job)) for job in jobs
    ]


def kinds(batch: Batch) -> list[tuple[str, int]]:
    """Why records failed, in a word each, the most frequent first."""
    counted = sorted(batch.failures.items(), key=lambda kind: (-kind[1], kind[0]))
    return [(kind.replace("_", " "), count) for kind, count in counted]


def may_retry(batch: Batch) -> bool:
    """Whether the button is of any use, as far as the row tells: the service looks closer."""
    left = batch.total - batch.completed - batch.refused
    return (
        batch.ended and left > 0 and not (batch.archived_at or batch.deleted_at or batch.stand_in)
    )


def _console(job: Job) -> str:
    """Not of a simulated provider, or whatever else has an address of its own."""
    credential = job.credential
    return "" if credential.base_url else console_url(credential.provider, job.upstream_id)


def _tokens(job: Job) -> int | None:
    usage = job.usage or {}
    total = usage.get("total_tokens")
    return total if isinstance(total, int) else None


def _cost(job: Job) -> int | None:
    if job.booked is None or any(entry.get("unpriced") for entry in job.booked):
        return None
    return sum(int(entry.get("cost", 0)) for entry in job.booked)
