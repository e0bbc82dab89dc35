"""Seconds at first, minutes later, never in step."""

from datetime import timedelta

import pytest

from batches.services.timing import poll_interval, retry_interval


def in_seconds(interval: timedelta) -> float:
    return interval.total_seconds()


@pytest.mark.parametrize(("age", "least"), [(0, 5), (30, 5), (600, 60), (3000, 300), (86_400, 300)])
def test_a_job_is_asked_for_after_a_tenth_of_its_age(settings, age, least):
    settings.POLL_SECONDS = 5

    assert least <= in_seconds(poll_interval(timedelta(seconds=age))) <= least * 1.2


def test_jobs_of_one_moment_are_spread():
    assert len({poll_interval(timedelta(hours=1)) for _ in range(20)}) > 10


@pytest.mark.parametrize(("attempts", "least"), [(1, 5), (2, 10), (5, 80), (99, 600)])
def test_each_failure_doubles_the_wait(settings, attempts, least):
    settings.POLL_SECONDS = 5

    assert least <= in_seconds(retry_interval(attempts)) <= least * 1.2


def test_the_provider_says_how_long_to_wait():
    assert in_seconds(retry_interval(1, retry_after=1000)) >= 1000
