"""Let the requests of a key in, as fast as it may send them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from providers.models import LimitExceededError, VirtualKey

MINUTE = timedelta(minutes=1)


def admit(key: VirtualKey) -> None:
    """Count a request. Raises LimitExceededError if it is one too many in this minute."""
    if key.requests_per_minute is not None:
        _take_turn(key, key.requests_per_minute)
    if key.unseen:
        _note_use(key)


def _take_turn(key: VirtualKey, limit: int) -> None:
    """The generic cell rate algorithm: `next_request_at` moves on by a request's share of a minute, and may
    be as far ahead as a minute. One statement, so that of any number of processes each gets its own turn.

    https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
    """
    if limit == 0:
        raise LimitExceededError("This key may send no requests.", retry_after=3600)
    now, share = timezone.now(), MINUTE / limit
    free = Q(next_request_at=None) | Q(next_request_at__lte=now + MINUTE - share)
    moment = Value(now, output_field=DateTimeField())
    turn = Greatest(Coalesce(F("next_request_at"), moment), moment) + share
    if VirtualKey.objects.filter(free, pk=key.pk).update(next_request_at=turn):
        return
    taken = VirtualKey.objects.values_list("next_request_at", flat=True).get(pk=key.pk) or now
    raise LimitExceededError(
        f"This key may send {limit} requests per minute: send the next one later.",
        retry_after=(taken - now - MINUTE + share).total_seconds(),
    )


def _note_use(key: VirtualKey) -> None:
    """Another request may do it instead: nobody waits for it, and none fails of it."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lte=now - VirtualKey.SEEN_EVERY)
    keys = VirtualKey.objects.filter(stale, pk=key.pk)
    with suppress(DatabaseError), _at_once(), transaction.atomic():
        free = keys.select_for_update(skip_locked=True, no_key=True)
        VirtualKey.objects.filter(pk__in=[one.pk for one in free.only("pk")]).update(
            last_used_at=now
        )


@contextmanager
def _at_once() -> Iterator[None]:
    """SQLite's whole database is one lock, which is waited for unless it is told otherwise."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        waits = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {waits}")
