"""What became of each record: from what the providers answered to the lines that tell a client."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from batches import translate
from batches.models import Batch, Job
from batches.results import ResultIndex
from batches.services.adopted import numbers_of
from batches.services.jobs import input_of, share_of
from batches.services.meter import Meter
from files import services as files
from files.models import File
from providers.records import Failure, record_number

BLOCK_BYTES = 256 * 1024
# The results of so many jobs are read where they lie, from files that stay open. Others are copied into one.
MOST_AT_HAND = 16


class ResultsRemovedError(FileNotFoundError):
    """The batch had results, and they were not to be kept any longer."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(
            f"The results of the batch were removed on {batch.archived_at:%Y-%m-%d}: "
            "they are kept no longer here."
        )


# The failure of a record that a job left without a result, by how the job ended.
LEFT_OUT = {
    "completed": Failure("missing", "The provider gave no result for this request."),
    "failed": Failure(
        "missing", "The provider failed the job that carried this request.", "job_failed"
    ),
    # https://platform.openai.com/docs/guides/batch#batch-expiration
    "expired": Failure(
        "expired", "This request could not be executed before the completion window expired."
    ),
    "cancelled": Failure("cancelled", "The batch was cancelled before this request ran."),
    "": Failure("cancelled", "The batch was cancelled before this request was sent."),
}


def results(batch: Batch, dialect: str) -> Iterator[bytes]:
    """The results of an ended batch, in blocks of lines in the input's order, told in a dialect.

    Raises ResultsRemovedError, FileNotFoundError if they must be told anew and the input was deleted, and
    StoreError.
    """
    if batch.archived_at:
        raise ResultsRemovedError(batch)
    told = batch.results_file
    if not batch.total:
        return
    source = input_of(batch)
    if source.dialect.name == dialect and told and told.status == File.Status.STORED:
        yield from files.stream(told)
        return
    jobs = list(batch.jobs.select_related("credential", "raw_results").order_by("ordinal"))
    with indexed(batch, jobs, keep=_alone) as index:
        yield from _blocks(outcomes(batch, source, jobs, index, told=source.told_in(dialect)))


@contextmanager
def indexed(batch: Batch, jobs: list[Job], *, keep: Callable[[], None]) -> Iterator[ResultIndex]:
    """What the providers answered, to be asked for by the record. Raises StoreError."""
    number_of_theirs = numbers_of(batch, jobs)
    with ResultIndex(batch.total, translate.dialect_of(batch.provider)) as index:
        for place, job in enumerate(jobs):
            share = share_of(job)
            if share.chosen is not None:
                index.try_again(share.chosen)
            if job.raw_results:
                number_of = number_of_theirs if job.adopted and number_of_theirs else record_number
                index.add(
                    files.stream(job.raw_results),
                    at_hand=files.at_hand(job.raw_results) if place < MOST_AT_HAND else None,
                    source=job.pk,
                    mark=share.mark,
                    number_of=number_of,
                    keep=keep,
                )
        yield index


def outcomes(
    batch: Batch,
    source: translate.Input,
    jobs: list[Job],
    index: ResultIndex,
    *,
    told: translate.Told | None = None,
    meter: Meter | None = None,
) -> Iterator[tuple[bool, bytes]]:
    """One line for every record of the input, in its order, and whether it succeeded.

    A batch that was cancelled before anybody counted its records has none. `meter` counts those that have a
    result of their provider's.
    """
    if not batch.total:
        return
    told = told or source.told()
    carriers = Carriers(jobs)
    mark = hashlib.sha256(batch.id.encode()).hexdigest()[:22]
    for number, record in enumerate(source.records()):
        result_id = f"{mark}{number:010x}"
        found = index.get(number)
        if found is not None:
            job_id, line = found
            answered = bool(index.answered[number])
            succeeded, said = told.result(number, record, result_id, line, succeeded=answered)
            if meter:
                meter.count(job_id, record, succeeded, line if answered else None)
            yield succeeded, said
        else:
            failure = source.translation.refusal(record) or _left_out(
                batch, carriers.job_of(number, source.model_of(record))
            )
            yield False, told.failure(number, record, result_id, failure)


class Carriers:
    """Which job has a record, or had it last."""

    def __init__(self, jobs: list[Job]) -> None:
        shares = [(job, share_of(job)) for job in jobs]
        self.planned = [(job, share) for job, share in shares if share.chosen is None]
        self.again = [(job, share) for job, share in reversed(shares) if share.chosen is not None]

    def job_of(self, number: int, model: str) -> Job | None:
        """None if no job was planned at all."""
        for job, share in self.again:
            if share.has(number):
                return job
        mine = [job for job, share in self.planned if share.model in (None, model)]
        return mine[bisect_right(mine, number, key=lambda job: job.first) - 1] if mine else None


def _left_out(batch: Batch, job: Job | None) -> Failure:
    if job is None:
        return _never_planned(batch)
    if job.problems:
        return Failure("missing", job.problems[0]["message"], job.problems[0]["code"])
    return LEFT_OUT[job.ending]


def _never_planned(batch: Batch) -> Failure:
    """Of a batch that was found wrong, or cancelled, before it had jobs."""
    for error in batch.errors or ():
        where = f" Line {error['line']}:" if error["line"] else ""
        message = f"The batch failed.{where} {error['message']}"
        return Failure("invalid_request", message, error["code"])
    return LEFT_OUT[""]


def _blocks(told: Iterator[tuple[bool, bytes]]) -> Iterator[bytes]:
    block = bytearray()
    for _, line in told:
        block += line + b"\n"
        if len(block) >= BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def _alone() -> None:
    """Whoever reads holds no claim that it could lose."""
