"""A batch held for one step, so that no two workers take the same one."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from batches.models import Batch


class ClaimLostError(Exception):
    """The row is no longer ours: another worker has it, or its status was changed meanwhile."""


class Claim:
    """The lease on one batch. Every write is conditional on it and raises ClaimLostError without it."""

    def __init__(self, batch: Batch, lease: datetime) -> None:
        self.batch = batch
        self.lease = lease
        self.renew_at = self._half_way()

    @classmethod
    def take(cls, batch_id: str, *, was: tuple[str, ...]) -> "Claim | None":
        lease = Batch.objects.claim(batch_id, was=was)
        if lease is None:
            return None
        related = ("workspace", "input_file", "output_file", "error_file", "results_file")
        return cls(Batch.objects.select_related(*related).get(pk=batch_id), lease)

    def keep(self) -> None:
        """Call this often in long work: it renews the lease when half of it is over."""
        if time.monotonic() >= self.renew_at:
            self.renew()

    def renew(self, **expected: str) -> None:
        """Make the lease whole again, if the row also is as expected."""
        lease = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
        self._update(expected, {"due_at": lease})
        self.lease = lease
        self.renew_at = self._half_way()

    def write(self, changes: dict[str, Any], **expected: str) -> None:
        """Change the row and keep the lease."""
        self._update(expected, changes)
        for name, value in changes.items():
            setattr(self.batch, name, value)

    def release(self, due_at: datetime | None, **changes: Any) -> None:
        """Change the row and let go of it, until `due_at`."""
        self.write({"attempts": 0, "last_error": "", **changes, "due_at": due_at})

    def rest(self) -> None:
        """Let go of the row until its jobs have ended, unless it was cancelled meanwhile."""
        idle = {"attempts": 0, "last_error": "", "due_at": None}
        self.write(idle, status=self.batch.status)

    def _update(self, expected: dict[str, str], changes: dict[str, Any]) -> None:
        held = Batch.objects.held(self.batch.pk, self.lease).filter(**expected)
        if not held.update(**changes):
            raise ClaimLostError(self.batch.pk)

    @staticmethod
    def _half_way() -> float:
        return time.monotonic() + settings.LEASE_SECONDS / 2
