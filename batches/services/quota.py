"""How much a key may have at work, and send in a day.

Checked where a batch is made, in its transaction and with the key's row locked: of creates at the same moment
each counts those before it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import BigIntegerField, Case, Count, F, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from batches.models import Batch, BatchQuerySet
from files.models import File
from providers.models import LimitExceededError, VirtualKey

DAY = timedelta(days=1)
# Nobody knows when a batch ends.
LOOK_AGAIN_SECONDS = 30
# How many there are is known once they were looked at. Until then it is no more than there are lines.
RECORDS = Case(
    When(total__gt=0, then=F("total")),
    default=Coalesce(F("input_file__lines"), 0),
    output_field=BigIntegerField(),
)


class OverLimitError(Exception):
    """More than the key may ever have at once, as the message says: waiting does not help."""


@dataclass(frozen=True)
class Usage:
    """What a key has at work, and what it sent in the last 24 hours."""

    batches: int
    bytes: int
    records: int


def usage_of(key: VirtualKey) -> Usage:
    at_work = _at_work(key).aggregate(count=Count("pk"), size=Sum("input_file__size"))
    records = of_day(key).aggregate(sum=Sum(RECORDS))["sum"]
    return Usage(at_work["count"], at_work["size"] or 0, records or 0)


def check(key: VirtualKey, file: File) -> None:
    """Whether the key may make one more batch, of this file. Call it in the transaction that makes the batch.

    Raises LimitExceededError and OverLimitError.
    """
    limited = (key.batches_in_flight, key.bytes_in_flight, key.records_per_day)
    if all(limit is None for limit in limited):
        return
    key = _locked(key)
    _check_in_flight(key, file.size)
    if file.lines is not None:
        _check_records(key, of_day(key), file.lines)


def check_now(key: VirtualKey, *, records: int, size: int) -> None:
    """Whether a batch of so many records and bytes could be made now.

    Raises LimitExceededError and OverLimitError.
    """
    _check_in_flight(key, size)
    _check_records(key, of_day(key), records)


def check_records(batch: Batch, total: int) -> None:
    """The same once all records were looked at, of a file whose lines nobody had counted before.

    Raises LimitExceededError and OverLimitError.
    """
    key = batch.virtual_key
    if key and key.records_per_day is not None and batch.input_file.lines is None:
        key = _locked(key)
        _check_records(key, of_day(key).exclude(pk=batch.pk), total)


def of_day(key: VirtualKey) -> BatchQuerySet:
    """The batches whose records count: those that fail as a whole cost nothing."""
    recent = Batch.objects.filter(virtual_key=key, created_at__gt=timezone.now() - DAY)
    return recent.exclude(status=Batch.Status.FAILED)


def _at_work(key: VirtualKey) -> BatchQuerySet:
    return Batch.objects.active().filter(virtual_key=key)


def _locked(key: VirtualKey) -> VirtualKey:
    return VirtualKey.objects.select_for_update(no_key=True).get(pk=key.pk)


def _check_in_flight(key: VirtualKey, size: int) -> None:
    most, most_bytes = key.batches_in_flight, key.bytes_in_flight
    if most_bytes is not None and size > most_bytes:
        raise OverLimitError(
            f"The input has {size} bytes, and this key may have {most_bytes} bytes in flight: "
            "make several batches of it, one after the other."
        )
    used = _at_work(key).aggregate(count=Count("pk"), size=Sum("input_file__size"))
    if most is not None and used["count"] >= most:
        raise LimitExceededError(
            f"This key may have {most} batches in flight: wait until one has ended.",
            retry_after=LOOK_AGAIN_SECONDS,
        )
    if most_bytes is not None and (used["size"] or 0) + size > most_bytes:
        raise LimitExceededError(
            f"This key may have {most_bytes} bytes in flight, and its batches have {used['size']}: "
            "wait until one has ended.",
            retry_after=LOOK_AGAIN_SECONDS,
        )


def _check_records(key: VirtualKey, others: BatchQuerySet, records: int) -> None:
    most = key.records_per_day
    if most is None:
        return
    if records > most:
        raise OverLimitError(
            f"The input has {records} records, and this key may send {most} records per day: "
            "make several batches of it, one a day."
        )
    used = others.aggregate(sum=Sum(RECORDS))["sum"] or 0
    if used + records > most:
        raise LimitExceededError(
            f"This key may send {most} records per day, and sent {used} in the last 24 hours: "
            f"{records} more are too many.",
            retry_after=_seconds_until_free(others, used + records - most),
        )


def _seconds_until_free(others: BatchQuerySet, records: int) -> float:
    """Until so many records will be a day old."""
    now = timezone.now()
    rows = others.order_by("created_at").values_list("created_at", RECORDS)
    for created_at, count in rows.iterator():
        records -= count
        if records <= 0:
            left: timedelta = created_at + DAY - now
            return left.total_seconds()
    return DAY.total_seconds()
