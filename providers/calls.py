"""How providers answer our calls: counted in memory, and now and then added to the sums in the database.

Every process adds to the same sums, so that whoever reads them reads of all. What a process has not added
when it dies is not counted.
"""

import logging
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from providers.adding import upsert
from providers.base import OF_THE_ACCOUNT, OF_THE_KEY, UpstreamError
from providers.models import Credential, CredentialHealth, UpstreamCalls

logger = logging.getLogger(__name__)

OK = "ok"
# Whoever asked stopped listening, or failed to say what it wanted.
BROKEN_OFF = "broken_off"
FLUSH_SECONDS = 2.0
# 2^20 ms are a quarter of an hour.
LONGEST = 20
MOST_KINDS = 1000
AT_ONCE = 100
LONGEST_MESSAGE = 500
OF_THE_CREDENTIAL = OF_THE_ACCOUNT | OF_THE_KEY | {"unsendable_header"}

Kind = tuple[str, str, str, int]


@dataclass
class _Health:
    ok_at: datetime | None = None
    failed_at: datetime | None = None
    code: str = ""
    message: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """The fields that there is something to write into."""
        failure = ("failed_at", "code", "message") if self.failed_at else ()
        return (*(("ok_at",) if self.ok_at else ()), *failure)


class Tally:
    """What one process has counted since it last added it to the sums."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[Kind, tuple[int, int]] = {}
        self._health: dict[str, _Health] = {}
        self._flushed = float("-inf")

    def add(
        self, provider: str, account: str, operation: str, seconds: float, outcome: str
    ) -> None:
        milliseconds = round(seconds * 1000)
        length = min(max(milliseconds - 1, 0).bit_length(), LONGEST)
        with self._lock:
            if len(self._calls) >= MOST_KINDS:
                outcome = "other"
            kind = (provider, operation, outcome, length)
            count, sum_ = self._calls.get(kind, (0, 0))
            self._calls[kind] = (count + 1, sum_ + milliseconds)
            if outcome == OK:
                self._health.setdefault(account, _Health()).ok_at = timezone.now()

    def failed(self, account: str, error: UpstreamError) -> None:
        """Note an error that is about the account, and not about what was asked for."""
        if error.code not in OF_THE_CREDENTIAL:
            return
        with self._lock:
            health = self._health.setdefault(account, _Health())
            health.failed_at = timezone.now()
            health.code, health.message = error.code[:40], error.message[:LONGEST_MESSAGE]

    def flush(self, *, every: float = FLUSH_SECONDS) -> None:
        """Add it to the sums, unless that was done less than so many seconds ago.

        Not within anybody's transaction, which would hold the sums for as long as it takes.
        """
        if not (self._calls or self._health) or connection.in_atomic_block:
            return
        with self._lock:
            if time.monotonic() - self._flushed < every:
                return
            self._flushed = time.monotonic()
        self.save()

    def save(self) -> None:
        with self._lock:
            calls, self._calls = self._calls, {}
            health, self._health = self._health, {}
        try:
            _add(calls)
            _keep(health)
        except DatabaseError as error:
            logger.warning("calls to providers are not counted: %s", type(error).__name__)


tally = Tally()


def outcome_of(error: BaseException | None) -> str:
    """A word that is safe to count by."""
    if error is None:
        return OK
    if not isinstance(error, UpstreamError):
        return BROKEN_OFF
    return re.sub(r"[^a-z0-9_.-]+", "_", error.code.lower())[:40] or "upstream_error"


def _add(calls: dict[Kind, tuple[int, int]]) -> None:
    """In one order everywhere: else two processes could wait for one another."""
    rows: list[tuple[str | int, ...]] = [(*kind, *sums) for kind, sums in sorted(calls.items())]
    table = UpstreamCalls._meta.db_table
    kinds, sums = ("provider", "operation", "outcome", "length"), ("count", "milliseconds")
    with transaction.atomic():
        for some in _slices(rows):
            upsert(table, kinds, sums, some)


def _keep(found: dict[str, _Health]) -> None:
    """Of the credentials that there still are. Of one that was never saved nothing is kept."""
    known = set(Credential.objects.filter(pk__in=found).values_list("pk", flat=True))
    told: dict[tuple[str, ...], list[CredentialHealth]] = {}
    for pk, health in sorted(found.items()):
        if pk in known:
            row = CredentialHealth(credential_id=pk, **vars(health))
            told.setdefault(health.told, []).append(row)
    with transaction.atomic():
        for names, rows in sorted(told.items()):
            CredentialHealth.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["credential"], update_fields=names
            )


def _slices(rows: list[tuple[str | int, ...]]) -> Iterable[list[tuple[str | int, ...]]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
