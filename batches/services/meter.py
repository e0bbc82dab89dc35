"""What the answers of a batch took, summed by the job that they are from and the model that gave them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from batches.models import Batch, Job
from batches.translate import dialect_of
from providers import registry
from providers.prices import Rates, Tokens, rates_of
from providers.records import Record

# Of a job whose records may each name another model. Whatever comes later counts as of no known one.
MOST_MODELS = 50
OTHERS = ""


@dataclass
class Sums:
    """Of `paid` answers `completed` can be told, and `told` say what they took: `steps` has that by the step
    of `rates` that each had reached."""

    rates: Rates | None
    completed: int = 0
    paid: int = 0
    told: int = 0
    steps: list[Tokens] = field(default_factory=list)

    def add(self, succeeded: bool, tokens: Tokens | None) -> None:
        self.paid += 1
        self.completed += succeeded
        if tokens is None:
            return
        self.told += 1
        step = self.rates.step_of(tokens) if self.rates else 0
        self.steps[step].add(tokens)

    @property
    def tokens(self) -> Tokens:
        return sum_of(self.steps)


class Meter:
    """Counts records with a result of their provider's, as their results are told."""

    def __init__(self, batch: Batch, jobs: Sequence[Job]) -> None:
        self.batch = batch
        self.jobs = {job.pk: job for job in jobs}
        self.sums: dict[str, dict[str, Sums]] = {job.pk: {} for job in jobs}
        self.failed = dict.fromkeys(self.jobs, 0)
        self._used = dialect_of(batch.provider).used

    def count(self, source: str, record: Record, succeeded: bool, answer: bytes | None) -> None:
        """One result of the job `source`. An `answer` there was paid for even if it cannot be told."""
        if not succeeded:
            self.failed[source] += 1
        if answer is None:
            return
        job = self.jobs[source]
        model = job.model or self._model_of(record)
        sums = self.sums[source].get(model) or self.of(job, model)
        sums.add(succeeded, self._used.read(answer))

    def of(self, job: Job, model: str) -> Sums:
        found = self.sums[job.pk]
        if model not in found and len(found) >= MOST_MODELS:
            model = OTHERS
        if model not in found:
            rates = rates_for(self.batch, job, model)
            steps = len(rates.rates) if rates else 1
            found[model] = Sums(rates, steps=[Tokens() for _ in range(steps)])
        return found[model]

    @property
    def told(self) -> Tokens | None:
        """What all answers say together; None if none does."""
        every = [sums for found in self.sums.values() for sums in found.values() if sums.told]
        return sum_of([sums.tokens for sums in every]) if every else None

    def _model_of(self, record: Record) -> str:
        asked = self.batch.model_override or record.body.model_of(record.content) or ""
        return asked[:255]


def rates_for(batch: Batch, job: Job, model: str) -> Rates | None:
    """What a job pays for a model: jobs that are too small for their provider pay the full price. What others
    made there is none of these, however few of its records have results."""
    account: dict[str, Any] = job.credential.options
    least = registry.upstream_class(batch.provider).least_records(account)
    return rates_of(
        batch.provider,
        model,
        own=job.credential.prices,
        at=batch.created_at,
        batch=job.adopted or job.records >= least,
    )


def sum_of(many: Sequence[Tokens]) -> Tokens:
    total = Tokens()
    for one in many:
        total.add(one)
    return total
