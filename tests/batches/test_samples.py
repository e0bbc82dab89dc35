"""How the unfinished jobs stood, minute by minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches.models import Sample
from batches.services import sample
from batches.services.samples import KEPT, thin
from providers.models import Provider
from tests.admin import make

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    return NOON


def test_it_keeps_how_jobs_stand_of_all_and_of_each(noon: datetime):
    old = noon - timedelta(hours=2)
    for name in ("one", "two"):
        batch = make.batch(workspace=make.workspace(name))
        make.job(batch, submitted_at=old)
        make.job(batch, status="collected")
    make.job(make.batch(provider="gemini"), status="ended", ended_at=old)
    make.batch(status="validating", created_at=old)
    make.job(make.batch(status="failed"), status="planned")
    sample()
    told = Sample.objects.filter(workspace=None).values_list(
        "provider", "status", "jobs", "oldest_at"
    )
    assert set(told) == {
        ("openai", "running", 2, old),
        ("openai", "planned", 1, old),
        ("gemini", "ended", 1, old),
        ("anthropic", "running", 0, None),
        ("bedrock", "running", 0, None),
    }
    each = Sample.objects.exclude(workspace=None).values_list("workspace__name", "status", "jobs")
    assert ("one", "running", 1) in each
    assert ("two", "running", 1) in each
    assert set(Sample.objects.values_list("at", flat=True)) == {noon.replace(second=0)}


def test_twice_in_a_minute_is_once(noon: datetime):
    make.job(make.batch())
    sample()
    before = list(Sample.objects.order_by("pk").values())
    make.job(make.batch())
    sample()
    assert list(Sample.objects.order_by("pk").values()) == before


def test_it_tells_that_it_looked_where_there_is_nothing(noon: datetime):
    sample()
    assert set(Sample.objects.values_list("provider", "jobs")) == {
        (provider, 0) for provider in Provider.values
    }


def test_what_is_older_is_kept_less_often(noon: datetime):
    minutes = [noon - timedelta(minutes=number, seconds=30) for number in range(5 * 60)]
    days = [noon.replace(second=0) - timedelta(days=3, minutes=number) for number in range(120)]
    past = [noon - KEPT - timedelta(minutes=1)]
    Sample.objects.bulk_create(
        Sample(at=at, provider="openai", status="running", jobs=1)
        for at in (*minutes, *days, *past)
    )
    thin(noon.replace(second=0))
    kept = Sample.objects.values_list("at", flat=True)
    lately = [at for at in kept if at >= noon - timedelta(hours=3, minutes=1)]
    assert len(lately) == 181
    assert len([at for at in kept if at > noon - timedelta(days=1)]) == 181 + 23
    assert len([at for at in kept if at < noon - timedelta(days=1)]) == 2


def test_it_takes_as_few_queries_however_many_jobs(django_assert_max_num_queries: Any):
    make.batches(20)
    with django_assert_max_num_queries(7):
        sample()
