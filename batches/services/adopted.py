"""The records of a job that somebody else made: from its provider, or else from what its results tell.

Its results bear the ids that its client chose, so these tell which record of the input each is of.
"""

from collections.abc import Callable, Iterator, Sequence

from django.db import transaction

from batches.models import Batch, Job
from batches.services.claim import Claim
from batches.services.jobs import input_of, upstream_of
from batches.stand_in import StandIns
from files import services as files
from files.models import File
from providers.base import MalformedRecordError, UpstreamError
from providers.dialects import DIALECTS
from providers.records import RecordError, lines

BLOCK_BYTES = 256 * 1024
LONGEST = 512 * 2**20
NOT_GIVEN = "the provider does not give requests back"
STANDS_IN = "Bifrost made it of the results, which tell little of their requests"


class _UnusableError(Exception):
    """The provider's input cannot be told by its ids."""


def numbers_of(batch: Batch, jobs: Sequence[Job]) -> Callable[[str], int] | None:
    """Which record of the input an id names, if it is an input that we did not send ourselves.

    Takes some hundred bytes for each record.
    """
    if not any(job.adopted for job in jobs):
        return None
    named = enumerate(input_of(batch).records())
    return {record.custom_id or "": number for number, record in named}.__getitem__


def take_input(claim: Claim, job: Job) -> None:
    """Give the batch of an adopted job its input, once the results are here. Raises UpstreamError for what
    may pass, and StoreError."""
    batch = claim.batch
    if batch.input_file.size:
        return
    try:
        file, why = _original(claim, job), ""
    except _UnusableError as error:
        file, why = _made(claim, job), str(error)
    _publish(claim, job, file, why)


def _original(claim: Claim, job: Job) -> File:
    """As the provider gives it back. Raises _UnusableError."""
    origin = getattr(claim.batch, "adopted_from", None)
    if origin is None or not origin.input_id:
        raise _UnusableError(NOT_GIVEN)
    try:
        with files.writing(claim.batch.workspace) as writer:
            for chunk in upstream_of(job).given(origin.input_id):
                claim.keep()
                writer.write(chunk)
    except UpstreamError as error:
        if not error.permanent:
            raise
        raise _UnusableError(f"the provider says: {error.message}") from error
    try:
        _check(claim, writer.file)
    except _UnusableError:
        files.discard(writer.file)
        raise
    return writer.file


def _check(claim: Claim, file: File) -> None:
    """Raises _UnusableError for what no results could be found by."""
    dialect = DIALECTS[claim.batch.provider]
    seen: set[str] = set()
    try:
        for number, (_, line) in enumerate(lines(files.stream(file))):
            claim.keep()
            name = dialect.open(line, model=claim.batch.model_override).custom_id
            if not name or name in seen:
                raise _UnusableError(f"record {number + 1} of the input has no id of its own")
            seen.add(name)
    except RecordError as error:
        raise _UnusableError(f"the provider's input cannot be read: {error.message}") from error
    if not seen:
        raise _UnusableError(NOT_GIVEN)


def _made(claim: Claim, job: Job) -> File:
    """A record for every result."""
    with files.writing(claim.batch.workspace) as writer:
        block: list[bytes] = []
        size = 0
        for line in _stand_ins(claim, job):
            block.append(line)
            size += len(line)
            if size >= BLOCK_BYTES:
                claim.keep()
                writer.write(b"\n".join(block) + b"\n")
                block, size = [], 0
        if block:
            writer.write(b"\n".join(block) + b"\n")
    return writer.file


def _stand_ins(claim: Claim, job: Job) -> Iterator[bytes]:
    if job.raw_results is None:
        return
    batch = claim.batch
    made = StandIns(batch.provider, endpoint=batch.endpoint, model=job.model)
    seen: set[str] = set()
    for _, line in lines(files.stream(job.raw_results), longest=LONGEST):
        try:
            name, record = made.record_for(line)
        except MalformedRecordError:
            # It is told as a stray.
            continue
        if name not in seen:
            seen.add(name)
            yield record


def _publish(claim: Claim, job: Job, file: File, why: str) -> None:
    """Make it the input. `why` it had to be made, if it had."""
    batch, old = claim.batch, claim.batch.input_file
    total, model = _counted(claim, file)
    of_the_job = job.model or (model[:255] if upstream_of(job).limits.one_model else "")
    with transaction.atomic():
        files.publish(
            file,
            purpose=File.Purpose.BATCH,
            filename=old.filename,
            content_type=old.content_type,
            surface=batch.surface,
        )
        claim.write(
            {
                "input_file": file,
                "total": total,
                "model": batch.model or model[:255],
                "stand_in": bool(why),
                "metadata": {**(batch.metadata or {}), **({"input": STANDS_IN} if why else {})},
            }
        )
        Job.objects.filter(pk=job.pk).update(records=total, model=of_the_job)
        files.delete(old)
        told = f"made of the results: {why}" if why else "as the provider gives it back"
        batch.note("input", f"{total} records, {told}", job=job)
    job.records, job.model = total, of_the_job


def _counted(claim: Claim, file: File) -> tuple[int, str]:
    """How many records there are, and the model of the first that names one."""
    batch = claim.batch
    dialect = DIALECTS[batch.provider]
    count, model = 0, batch.model_override
    for _, line in lines(files.stream(file)):
        claim.keep()
        count += 1
        if not model:
            record = dialect.open(line)
            model = record.body.model_of(record.content) or ""
    return count, model
