"""Jobs that stand still are marked and told of once, and no others."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as loaded
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from batches import services
from batches.models import Batch, Delivery, Job, Webhook
from batches.services.poll import _observe
from bifrost.env import Environment
from bifrost.patience import PROVIDERS, patience
from providers.base import JobState
from providers.registry import UPSTREAMS
from tests.admin import make as rows
from tests.batches.conftest import revive

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.STUCK_HOURS = 24
    settings.STUCK_HOURS_BY = {}


def ago(hours: float) -> datetime:
    return timezone.now() - timedelta(hours=hours)


def standing(hours: float, provider: str = "openai", **fields: Any) -> Job:
    """A job whose progress was last another so many hours ago."""
    batch = rows.batch(provider=provider, **fields.pop("batch", {}))
    credential = rows.credential(f"{batch.pk}", provider=provider)
    usual = {
        "credential": credential,
        "created_at": ago(hours + 2),
        "submitted_at": ago(hours + 1),
        "moved_at": ago(hours),
    }
    return rows.job(batch, **{**usual, **fields})


def marked() -> set[str]:
    services.stuck()
    return set(Job.objects.filter(stuck_at__isnull=False).values_list("pk", flat=True))


def test_a_job_without_progress_is_marked_and_told_of_once():
    job = standing(25, completed=2, failed=1, last_error="No route to the provider.")
    assert marked() == {job.pk}
    at = Job.objects.get(pk=job.pk).stuck_at
    assert marked() == {job.pk}
    assert Job.objects.get(pk=job.pk).stuck_at == at
    [event] = job.events.filter(kind="stuck")
    for part in ("25 h", "3 of 100", "in_progress", "No route to the provider."):
        assert part in event.message


def test_webhooks_are_told_of_it(workspace):
    Webhook.objects.create(workspace=workspace, name="pager", url="https://pager.test")
    job = standing(25)
    marked()
    Job.objects.update(stuck_at=None)
    marked()
    [told] = Delivery.objects.all()
    assert (told.batch_id, told.event) == (job.batch_id, "batch.stuck")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": "collected"},
        {"status": "ended", "ended_at": ago(25)},
        {"status": "ended", "ended_at": ago(1), "batch": {"last_error": "No route."}},
        {"status": "planned", "batch": {"status": "cancelled"}},
    ],
)
def test_others_are_not(fields: dict[str, Any]):
    standing(25 if fields else 23, **fields)
    assert not marked()


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        ("planned", {"submitted_at": None, "moved_at": None}),
        ("submitting", {"submitted_at": None, "moved_at": None}),
        ("ended", {"ended_at": ago(25)}),
    ],
)
def test_what_cannot_be_sent_or_collected_is(status: str, fields: dict[str, Any]):
    batch = {"last_error": "The provider answers 403."}
    job = standing(25, status=status, batch=batch, **fields)
    assert marked() == {job.pk}
    [event] = job.events.filter(kind="stuck")
    assert "The provider answers 403." in event.message
    assert f"it is {job.get_status_display()}" in event.message
    Batch.objects.update(status="failed")
    assert not marked()


def test_news_that_were_written_late_take_the_mark_as_well():
    job = standing(25)
    assert marked()
    # Asked for before it was marked, and written behind that.
    Job.objects.update(moved_at=timezone.now() - timedelta(seconds=30), stuck_at=timezone.now())
    assert not marked()
    assert job.events.filter(kind="moving again").count() == 1


def test_a_limit_that_was_raised_takes_the_mark(settings: Any):
    standing(25)
    assert marked()
    settings.STUCK_HOURS = 48
    assert not marked()


def test_long_ago_submitted_but_moved_since_is_not():
    standing(1, submitted_at=ago(100))
    assert not marked()


def test_a_job_that_never_said_anything_counts_from_its_submission():
    job = standing(30, moved_at=None)
    assert marked() == {job.pk}


def test_the_longest_pattern_that_fits_counts(settings):
    settings.STUCK_HOURS_BY = patience(
        Environment({"RULES": "openai=48, openai/gpt-5*=2, openai/gpt-5-mini=10, gemini=1"}),
        "RULES",
        "",
    )
    standing(30)
    standing(5, model="gpt-5-mini")
    quick = standing(5, model="gpt-5")
    of_many = standing(5, batch={"model": "gpt-5.1"})
    slow = standing(11, model="gpt-5-mini")
    gemini = standing(2, "gemini")
    standing(2, "anthropic")
    # A dot is a dot, and a pattern is of the whole name.
    standing(5, model="my-gpt-5")
    assert marked() == {quick.pk, of_many.pk, slow.pk, gemini.pk}


def test_who_gave_the_provider_more_time_is_waited_for(settings):
    given = {"timeout_hours": 168, "expires_at": timezone.now() + timedelta(hours=1)}
    job = standing(100, "bedrock", batch=given)
    assert not marked()
    settings.STUCK_HOURS_BY = {("bedrock", "*"): 48}
    assert marked() == {job.pk}
    Job.objects.update(stuck_at=None)
    settings.STUCK_HOURS_BY = {}
    Batch.objects.update(expires_at=timezone.now())
    assert marked() == {job.pk}


@pytest.mark.parametrize(
    ("changes", "events"), [({"moved_at": 0}, 1), ({"status": "collected"}, 0)]
)
def test_the_mark_goes_when_it_moves_or_ends(changes: dict[str, Any], events: int):
    job = standing(25)
    assert marked()
    if "moved_at" in changes:
        changes = {"moved_at": timezone.now() + timedelta(seconds=1)}
    Job.objects.update(**changes)
    assert not marked()
    assert job.events.filter(kind="moving again").count() == events


def test_a_turn_takes_few_statements(django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        services.stuck()


def test_submission_and_news_are_progress(make):
    batch = make(2)
    while services.advance(batch.pk):
        pass
    job = batch.jobs.get()
    assert job.moved_at == job.submitted_at
    _observe(job, JobState(job.upstream_id, job.upstream_status), ago(-1))
    assert job.moved_at == job.submitted_at
    Job.objects.update(
        created_at=ago(32), submitted_at=ago(31), moved_at=ago(30), upstream_status="odd"
    )
    assert marked() == {job.pk}
    revive()
    services.poll(job.credential_id)
    job.refresh_from_db()
    assert job.moved_at > ago(1)
    assert not marked()


@pytest.mark.parametrize(
    "rule",
    ["openai", "openai=", "=3", "aws=3", "openai=x", "openai=0", "openai=nan", "gemini/=4"],
)
def test_rules_that_make_no_sense_stop_the_start(rule: str):
    with pytest.raises(ImproperlyConfigured, match=r"BY holds .* write bedrock=48"):
        patience(Environment({"BY": rule}), "BY", "")


def test_rules_know_every_provider():
    assert set(PROVIDERS) == set(UPSTREAMS)
    assert all(provider in UPSTREAMS for provider, _ in loaded.STUCK_HOURS_BY)
