"""How long to wait: for a job to change, and after a failure."""

import random
from datetime import timedelta

from django.conf import settings

LONGEST_POLL = 300.0
LONGEST_RETRY = 600.0
# A job is looked at again after this part of its age: seconds at first, minutes later.
PART_OF_AGE = 0.1


def poll_interval(age: timedelta) -> timedelta:
    seconds = max(settings.POLL_SECONDS, age.total_seconds() * PART_OF_AGE)
    return _spread(min(seconds, max(LONGEST_POLL, settings.POLL_SECONDS)))


def retry_interval(attempts: int, retry_after: float | None = None) -> timedelta:
    """Doubles with every failure from the polling interval on, and heeds what the provider asks for."""
    seconds = min(settings.POLL_SECONDS * 2 ** min(attempts - 1, 16), LONGEST_RETRY)
    return _spread(max(seconds, retry_after or 0))


def _spread(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(1.0, 1.2))  # noqa: S311 -- spreads load, guards nothing
