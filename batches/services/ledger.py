"""What was used and what it cost, added to the hours' sums once and only once.

A batch is booked in the transaction that ends it, whatever its end, and again when its results are collected
again. The rows of the batch and of its jobs say what was booked; only what differs is added.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from batches.models import Batch, Job, UsageHour
from batches.services import budgets
from batches.services.meter import Meter, Sums, rates_for
from batches.services.usage import tokens_of
from providers.adding import upsert

COUNTED = (
    "batches",
    "bytes",
    "completed",
    "failed",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "cost",
    "unpriced",
)
LONGEST_MODEL = 255


class Key(NamedTuple):
    """Under which a batch's numbers are added: see UsageHour."""

    model: str
    status: str
    length: int


Sheet = dict[Key, Counter[str]]


def book(
    batch: Batch, jobs: Sequence[Job], *, status: str, meter: Meter | None = None
) -> dict[str, Any]:
    """Add what the batch came to that was not added before; returns what its own row is to say of that.

    Call it in the transaction that ends the batch with this status, and write its row there on the condition
    that it is still yours. Without a meter no answers were looked at.
    """
    before = _sheet(batch.booked, {job.pk: job.booked for job in jobs})
    seen = meter or Meter(batch, jobs)
    entries = {
        job.pk: job.booked if meter is None and job.booked else _entries(batch, job, seen)
        for job in jobs
    }
    whole = _whole(batch, jobs, entries, status)
    after = _sheet(whole, entries)
    cost, unpriced = _sum(after, "cost"), _sum(after, "unpriced")
    spent = (batch.booked or {}).get("spent", _sum(before, "cost"))
    # What nobody knows the price of counts as all that was held for it.
    whole["spent"] = max(cost, spent + batch.reserved) if unpriced else cost
    _save_jobs(jobs, entries)
    more = unpriced - _sum(before, "unpriced")
    budgets.settle(batch, cost=whole["spent"] - spent, unpriced=more)
    _add(batch, _difference(before, after))
    return {"booked": whole, "cost": None if unpriced else cost, "reserved": 0}


def _entries(batch: Batch, job: Job, meter: Meter) -> list[dict[str, Any]]:
    """What a job came to, for each model that answered, and how many of its records failed."""
    found = meter.sums[job.pk]
    model = _model(job.model or batch.model)
    failed = meter.failed[job.pk]
    if not any(sums.told for sums in found.values()) and (entry := _as_told(batch, job, found)):
        return [{**entry, "failed": failed}]
    entries = [_entry(name, sums) for name, sums in found.items()]
    lost = _lost(job)
    if failed or lost:
        mine = next((one for one in entries if one["model"] == model), None)
        if mine is None:
            entries.append(mine := {"model": model})
        mine |= {"failed": failed, "unpriced": mine.get("unpriced", 0) + lost}
    return entries


def _lost(job: Job) -> int:
    """Answers that were given, as far as anybody knows, and that nobody can read: of results that are gone,
    and of a job that its provider tells nothing of any more."""
    if job.ending and job.attempts:
        return job.records
    return job.completed if job.upstream_id and not job.raw_results_id else 0


def _entry(model: str, sums: Sums) -> dict[str, Any]:
    cost = sums.rates.price_of_sums(sums.steps) if sums.rates else 0
    unpriced = sums.paid - sums.told if sums.rates else sums.paid
    return _numbers(_model(model), sums.completed, sums.tokens, cost, unpriced)


def _as_told(batch: Batch, job: Job, found: dict[str, Sums]) -> dict[str, Any] | None:
    """What the provider says of the job as a whole, where no answer says anything."""
    tokens = tokens_of(job.usage)
    if not (tokens.input or tokens.output):
        return None
    model = next(iter(found), "") or job.model or batch.model
    rates = rates_for(batch, job, model)
    completed = sum(sums.completed for sums in found.values())
    paid = sum(sums.paid for sums in found.values())
    if rates is None:
        return _numbers(_model(model), completed, tokens, 0, max(paid, 1))
    # How long each request was is not told: all count as short.
    sums = [tokens, *[type(tokens)()] * len(rates.steps)]
    return _numbers(_model(model), completed, tokens, rates.price_of_sums(sums), 0)


def _numbers(model: str, completed: int, tokens: Any, cost: int, unpriced: int) -> dict[str, Any]:
    return {
        "model": model,
        "completed": completed,
        "input_tokens": tokens.input,
        "cached_tokens": tokens.cached,
        "output_tokens": tokens.output,
        "cost": cost,
        "unpriced": unpriced,
    }


def _whole(
    batch: Batch, jobs: Sequence[Job], entries: dict[str, list[dict[str, Any]]], status: str
) -> dict[str, Any]:
    """What is the batch's own: that it was one, and the records that failed at no provider."""
    told = [one for found in entries.values() for one in found]
    results = sum(one.get("completed", 0) + one.get("failed", 0) for one in told)
    first = batch.booked or {}
    return {
        "model": _model(batch.model),
        "status": str(status),
        # It took as long as it took the first time.
        "length": first.get("length", _length(batch.created_at)),
        "batches": 1,
        "bytes": batch.input_file.size,
        "failed": max(batch.total - results, 0),
    }


def _sheet(whole: dict[str, Any] | None, entries: dict[str, list[dict[str, Any]] | None]) -> Sheet:
    sheet: Sheet = {}
    if whole is None:
        return sheet
    told = [one for found in entries.values() for one in found or ()]
    for one in (whole, *told):
        key = Key(one["model"], whole["status"], whole["length"])
        numbers = sheet.setdefault(key, Counter())
        for name in COUNTED:
            numbers[name] += one.get(name, 0)
    return sheet


def _difference(before: Sheet, after: Sheet) -> Sheet:
    found: Sheet = {}
    for key in sorted({*before, *after}):
        numbers = Counter(after.get(key, {}))
        numbers.subtract(before.get(key, {}))
        if any(numbers.values()):
            found[key] = numbers
    return found


def _save_jobs(jobs: Sequence[Job], entries: dict[str, list[dict[str, Any]]]) -> None:
    changed = [job for job in jobs if job.booked != entries[job.pk]]
    for job in changed:
        job.booked = entries[job.pk]
    # An upsert in which every row is there: see poll.
    Job.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["booked"],
        batch_size=500,
    )


def _add(batch: Batch, sheet: Sheet) -> None:
    """Rows in one order for everybody: two that add to the same rows wait, and lock nobody out."""
    if not sheet:
        return
    hour = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    at = connection.ops.adapt_datetimefield_value(hour)
    owner = (at, batch.workspace_id, batch.surface, batch.provider)
    keys = ("hour", "workspace_id", "surface", "provider", *Key._fields)
    values = [
        (*owner, *key, *(numbers[name] for name in COUNTED)) for key, numbers in sheet.items()
    ]
    upsert(UsageHour._meta.db_table, keys, COUNTED, values)


def _sum(sheet: Sheet, name: str) -> int:
    return sum(numbers[name] for numbers in sheet.values())


def _model(name: str) -> str:
    return name[:LONGEST_MODEL]


def _length(since: datetime) -> int:
    seconds = (timezone.now() - since).total_seconds()
    return (max(ceil(seconds), 1) - 1).bit_length()
