"""Try the records of an ended batch again that have no answer: in new jobs, of the same batch.

To its client it is in progress once more, and what it has of results stays until the new ones are written.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from batches.chosen import packed
from batches.models import Batch, Job
from batches.results import ResultIndex
from batches.services import budgets
from batches.services.budgets import BudgetExceededError, Reserve
from batches.services.claim import Claim
from batches.services.collect import fetch
from batches.services.jobs import input_of
from batches.services.outcomes import indexed
from batches.services.validate import SLACK_BYTES, Findings, Part
from files.models import File
from providers import registry
from providers.base import RecordError
from providers.models import Credential
from providers.records import upstream_id


class NotRetriableError(Exception):
    """The batch has no records that could be tried again."""


def retry(batch: Batch) -> Batch:
    """Ask for it. Raises NotRetriableError.

    A record that its provider has no words for, and one whose answer cannot be told, is not tried again: it
    would end as before.
    """
    if why := _refusal(batch):
        raise NotRetriableError(f"Batch {batch.id} cannot be tried again. {why}")
    now = timezone.now()
    window = batch.expires_at and batch.expires_at - batch.created_at
    with transaction.atomic():
        same = Batch.objects.filter(
            pk=batch.pk, status=batch.status, archived_at=None, deleted_at=None
        )
        asked = same.update(
            status=Batch.Status.IN_PROGRESS,
            in_progress_at=now,
            expires_at=window and now + window,
            **dict.fromkeys(ENDS),
            # Of one that failed as a whole nothing was told.
            completed=F("completed") if batch.results_file_id else 0,
            errors=None,
            last_error="",
            attempts=0,
            retrying_at=now,
            due_at=now,
        )
        if not asked:
            raise NotRetriableError(f"Batch {batch.id} was changed meanwhile: look again.")
        batch.jobs.filter(status=Job.Status.PLANNED).update(status=Job.Status.DROPPED)
        batch.note("retrying", f"asked for, after it was {batch.status}")
    batch.refresh_from_db()
    return batch


ENDS = (
    *("finalizing_at", "cancelling_at"),
    *("completed_at", "failed_at", "expired_at", "cancelled_at"),
)


def _refusal(batch: Batch) -> str:
    """Why nothing of it can be tried again, if so."""
    if not batch.ended:
        return f"It is {batch.status}: wait until it has ended."
    if not batch.jobs.exists():
        return "Nothing of it was ever sent: clone it instead."
    if batch.jobs.active().exclude(status=Job.Status.PLANNED).exists():
        return "A job of it is still with its provider."
    if batch.results_file_id and batch.failed <= batch.refused:
        return "Every record that could be sent has an answer."
    return _missing(batch)


def _missing(batch: Batch) -> str:
    if batch.archived_at or batch.deleted_at:
        return "Its results were removed." if batch.archived_at else "Its client deleted it."
    if batch.input_file.status != File.Status.STORED:
        return "Its input was deleted."
    if batch.stand_in or not batch.input_file.size:
        return "Somebody else made it, and nobody has its requests any more."
    if batch.credential and batch.credential.is_erased:
        return "The key that its client brought for it is gone."
    if _credential(batch) is None:
        return f"No credential reaches {batch.provider} any more: add one."
    try:
        budgets.check(batch.workspace, batch.virtual_key, batch.created_at)
    except BudgetExceededError as error:
        return str(error)
    return ""


def plan_again(claim: Claim) -> None:
    """Write down the jobs that will carry what has no answer. Raises UpstreamError or StoreError to be tried
    again."""
    batch = claim.batch
    jobs = list(batch.jobs.select_related("credential", "raw_results").order_by("ordinal"))
    for job in jobs:
        if job.status == Job.Status.ENDED:
            fetch(claim, job)
    credential = _credential(batch)
    if credential is None:
        _leave(claim, f"no credential reaches {batch.provider} any more")
        return
    reserve = Reserve.of(batch, credential)
    try:
        with indexed(batch, jobs, keep=claim.keep) as index:
            parts = list(_parts(claim, index, reserve))
            answered = sum(index.answered)
        if parts:
            _write_plan(claim, parts, credential, answered, reserve)
        else:
            _leave(claim, "every record that could be sent has an answer")
    except FileNotFoundError:
        _leave(claim, "its input or its results were removed meanwhile")
    except RecordError as error:
        _leave(claim, error.message)
    except BudgetExceededError as error:
        _leave(claim, str(error))


def _credential(batch: Batch) -> Credential | None:
    return batch.credential or Credential.objects.choose(
        workspace=batch.workspace, provider=batch.provider, buckets=batch.buckets, role=batch.role
    )


def _parts(claim: Claim, index: ResultIndex, reserve: Reserve | None) -> Iterator[Part]:
    """What each new job will carry. Raises RecordError where there is a budget and nobody knows a price."""
    batch = claim.batch
    limits = registry.upstream_class(batch.provider).limits
    source = input_of(batch)
    findings = Findings()
    for number, record in enumerate(source.records()):
        claim.keep()
        if index.answered[number]:
            continue
        try:
            said = source.translation.request(record, upstream_id(number))
        except RecordError:
            continue
        findings.total = number
        model = source.model_of(record)
        if reserve:
            reserve.add(record, model)
        part = findings.place(model, len(said) + SLACK_BYTES, limits)
        part.chosen.append(number)
    yield from findings.parts


def _write_plan(
    claim: Claim,
    parts: list[Part],
    credential: Credential,
    answered: int,
    reserve: Reserve | None,
) -> None:
    """Raises BudgetExceededError."""
    batch, now, cost = claim.batch, timezone.now(), reserve.cost if reserve else 0
    records = sum(part.records for part in parts)
    kept = batch.completed if batch.results_file_id else answered
    left = max(batch.total - batch.refused - records - kept, 0)
    with transaction.atomic():
        if reserve:
            budgets.hold(batch, cost)
        claim.write(
            {
                "reserved": cost,
                "retrying_at": None,
                "kept_completed": kept,
                "kept_failed": left,
                "completed": kept,
                "failed": left + batch.refused,
            },
            status=Batch.Status.IN_PROGRESS,
        )
        last = batch.jobs.aggregate(last=Max("ordinal"))["last"]
        Job.objects.bulk_create(
            Job(
                batch=batch,
                credential=credential,
                ordinal=ordinal,
                first=part.first,
                records=part.records,
                model=part.model,
                chosen=packed(part.chosen),
                created_at=now,
            )
            for ordinal, part in enumerate(parts, last + 1)
        )
        batch.note("planned again", f"{records} records, {len(parts)} job{'s' * (len(parts) > 1)}")


def _leave(claim: Claim, why: str) -> None:
    """Nothing is tried again: the batch ends as it had."""
    claim.write({"retrying_at": None}, status=Batch.Status.IN_PROGRESS)
    claim.batch.note("not retried", why)
