"""What the first page tells, for rows whose numbers are known."""

import json
import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from batches.admin.dashboard import failures, figures, words
from batches.admin.dashboard.period import PERIODS, Window, samples_for
from batches.models import Sample, UsageHour
from bifrost import overview
from providers.models import CredentialHealth, Membership, Workspace
from tests import plausible
from tests.admin import make

FIRST = "/admin/"
DOLLAR = 10**9


def used(**fields: Any) -> UsageHour:
    """A row of the ledger, an hour ago."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    usual: dict[str, Any] = {
        "hour": hour,
        "workspace": make.workspace(),
        "surface": "openai",
        "provider": "openai",
        "model": "gpt-4.1-mini",
        "status": "completed",
        "length": 8,
        "batches": 1,
    }
    return UsageHour.objects.create(**{**usual, **fields})


def tiles(answer: Any) -> dict[str, tuple[str, str]]:
    told = [*answer.context["now_tiles"], *answer.context["past_tiles"]]
    return {tile["title"]: (tile["value"], tile["note"]) for tile in told}


@pytest.mark.parametrize(
    ("lengths", "part", "seconds"),
    [
        ({}, 0.5, None),
        ({0: 4}, 0.5, 0.5),
        ({8: 4}, 0.5, 192.0),
        ({8: 4}, 1.0, 256.0),
        ({4: 90, 10: 10}, 0.9, 16.0),
        ({4: 80, 10: 20}, 0.9, 768.0),
        ({4: -1, 8: 2, 9: 0}, 0.5, 192.0),
        ({4: 0}, 0.5, None),
    ],
)
def test_a_percentile_lies_in_its_power_of_two(lengths: Any, part: float, seconds: float | None):
    assert figures.percentile(lengths, part) == seconds


def test_the_numbers_are_those_of_the_ledger(admin_client: Client):
    used(length=8, batches=9, completed=990, failed=10, cost=12 * DOLLAR + 340_000_000)
    used(length=10, batches=1, completed=1000, input_tokens=1500, output_tokens=500)
    used(length=16, batches=3, status="cancelled")
    used(hour=timezone.now() - timedelta(days=3), batches=50, completed=7, failed=70)
    answer = admin_client.get(FIRST)
    told = tiles(answer)
    assert told["Success rate"] == ("99.5%", "10 of 2,000 records failed")
    assert told["Records per hour"][1] == "2,000 in 24 hours"
    # Half of ten are the fifth of nine between 128 and 256 seconds: cancelled ones do not count.
    assert told["Time to completion"] == ("about 3 min", "median; nine of ten within about 4 min")
    assert told["Spend"] == ("$12.34", "2,000 tokens")
    counts = {one["url"].split("=")[-1]: one["count"] for one in answer.context["ended"]}
    assert counts == {"completed": "10", "failed": "0", "expired": "0", "cancelled": "3"}
    week = admin_client.get(FIRST, {"period": "7d"})
    assert tiles(week)["Success rate"][1] == "80 of 2,077 records failed"


def test_what_has_no_price_is_unknown_and_never_nothing(admin_client: Client):
    used(model="new", completed=5, unpriced=5)
    used(model="mixed", completed=9, unpriced=2, cost=DOLLAR, workspace=make.workspace("other"))
    answer = admin_client.get(FIRST)
    assert tiles(answer)["Spend"] == ("$1.00 + unknown", "no price known for 7 answers")
    by_model = {row["model"]: row["spend"] for row in answer.context["models"]}
    assert by_model == {"new": "unknown", "mixed": "$1.00 + unknown"}
    groups = {
        group["title"]: [(row.name, row.said) for row in group["rows"]]
        for group in answer.context["spend"]
    }
    assert groups["By workspace"] == [("other", "$1.00 + unknown"), ("default", "unknown")]
    assert groups["By provider"] == [("OpenAI", "$1.00 + unknown")]
    assert groups["By model"] == [("mixed", "$1.00 + unknown"), ("new", "unknown")]


@pytest.mark.parametrize(
    ("part", "said"), [(None, "–"), (1.0, "100%"), (0.99999, "99.9%"), (0.00001, "0.1%"), (0, "0%")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: float | None, said: str):
    assert words.share(part) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (3, "3"),
        (0.125, "0.12"),
        (9.96, "10"),
        (1234, "1,234"),
        (56_700, "56.7k"),
        (8.9e6, "8.9M"),
    ],
)
def test_numbers_are_told_in_few_digits(value: float, said: str):
    assert words.short(value) == said


def test_hours_that_are_over_are_read_once(admin_client: Client):
    used(hour=timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=5))
    before = tiles(admin_client.get(FIRST, {"period": "30d"}))
    UsageHour.objects.all().delete()
    used(completed=4)
    after = admin_client.get(FIRST, {"period": "30d"})
    assert before["Records per hour"][1] == "0 in 30 days"
    assert tiles(after)["Records per hour"][1] == "4 in 30 days"
    counts = {one["url"].split("=")[-1]: one["count"] for one in after.context["ended"]}
    assert counts["completed"] == "2"


def test_what_is_collected_again_may_take_away(admin_client: Client):
    used(batches=0, failed=-5, completed=5)
    chart = admin_client.get(FIRST).context["bar_charts"][0]
    shape = json.loads(chart.drawn)
    assert [sum(one["values"]) for one in shape["series"]] == [5, 0]


def test_jobs_over_time_are_those_that_were_sampled(admin_client: Client):
    point = Window(PERIODS["24h"]).points[-9]
    old = point - timedelta(minutes=40)
    for provider in ("openai", "anthropic"):
        Sample.objects.create(at=point, provider=provider, status="running", jobs=7)
    Sample.objects.create(at=point, provider="openai", status="planned", jobs=2, oldest_at=old)
    Sample.objects.create(
        at=point, workspace=make.workspace(), provider="gemini", status="running", jobs=1
    )
    answer = admin_client.get(FIRST)
    charts = {chart.title: json.loads(chart.drawn) for chart in answer.context["job_charts"]}
    assert set(charts) == {"OpenAI", "Anthropic"}
    drawn = {one["name"]: set(one["values"]) for one in charts["OpenAI"]["series"]}
    assert drawn == {"running": {None, 7}, "waiting": {None, 2}}
    queue = json.loads(answer.context["queue_chart"].drawn)
    assert [set(one["values"]) for one in queue["series"]] == [{None, 2400}]
    assert "40 min" in answer.content.decode()


def test_a_sample_that_is_a_little_early_stands_for_its_point():
    points = Window(PERIODS["24h"]).points
    minute = timedelta(minutes=1)
    places = samples_for(points)
    assert places[points[3]] == places[points[3] - 2 * minute] == 3
    assert points[3] - 3 * minute not in places
    assert all(places[at] == place for place, at in enumerate(points))


@pytest.mark.parametrize("key", PERIODS)
def test_every_hour_of_a_period_has_a_bar(key: str):
    window = Window(PERIODS[key])
    assert window.bars[0] == window.start
    assert window.bar_of(window.now) == len(window.bars) - 1
    assert window.end - window.start == timedelta(hours=PERIODS[key].hours)


def test_the_oldest_jobs_are_told_with_all_that_is_known(admin_client: Client):
    old = timezone.now() - timedelta(hours=20)
    first = make.batch(created_at=old)
    make.job(first, created_at=old, upstream_status="validating", stuck_at=old)
    make.job(make.batch(), status="planned", submitted_at=None)
    make.job(make.batch(status="failed"), status="planned", created_at=old - timedelta(days=9))
    make.job(make.batch(status="completed"), status="collected")
    answer = admin_client.get(FIRST)
    told = [row["job"].batch_id for row in answer.context["oldest"]]
    assert told[0] == first.pk
    assert len(told) == 2
    page = answer.content.decode().split('id="bf-h-oldest"')[1]
    for text in ("validating", "stuck", "production", "20 h"):
        assert text in page
    assert tiles(answer)["Unfinished jobs"] == ("2", "1 running, 1 waiting")


def test_a_batch_that_nobody_has_planned_waits_in_the_queue(admin_client: Client):
    make.batch(status="validating", created_at=timezone.now() - timedelta(minutes=30))
    tile = tiles(admin_client.get(FIRST))
    assert tile["Queue age"] == ("30 min", "the oldest job not sent yet")
    assert tile["Unfinished jobs"] == ("1", "1 waiting")


def test_failures_are_grouped_by_cause(admin_client: Client):
    problem = {"code": "no_credential", "message": "No credential.", "param": None, "line": None}
    for _ in range(3):
        newest = make.batch(status="failed", errors=[problem])
    make.batch(status="expired")
    make.batch(status="completed", failed=4, failures={"filtered": 4})
    for number in (1017, 99381):
        make.job(make.batch(), last_error=f"req_{number}abc: 503, busy for {number} s")
    causes = admin_client.get(FIRST).context["causes"]
    told = [(cause.what, cause.code, cause.count) for cause in causes]
    assert told == [
        ("batches failed", "no_credential", 3),
        ("jobs in trouble", "…: 503, busy for … s", 2),
        ("batches expired", "out of time", 1),
        ("records failed", "filtered", 4),
    ]
    assert causes[0].batch_id == newest.pk


def test_a_cause_says_nothing_of_a_single_failure():
    assert failures.alike("a" * 300) == f"{'a' * 99}…"
    assert failures.alike("The custom_id of line 212 was used\nsecret") == (
        "The custom_id of line … was used"
    )


def test_credentials_say_whether_they_answer(admin_client: Client):
    now = timezone.now()
    health = {
        "answering": {"ok_at": now, "failed_at": now - timedelta(hours=1), "code": "timeout"},
        "failing": {"ok_at": now - timedelta(hours=1), "failed_at": now, "code": "invalid_api_key"},
        "never asked": None,
    }
    for name, fields in health.items():
        one = make.credential(name)
        if fields:
            CredentialHealth.objects.create(credential=one, **fields)
    make.credential("old", enabled=False)
    make.credential("of a client", direct=True)
    answer = admin_client.get(FIRST)
    told = {one["name"]: (one["word"], one["why"]) for one in answer.context["credentials"]}
    assert told == {
        "answering": ("answers", ""),
        "failing": ("failing", "invalid_api_key"),
        "never asked": ("not asked yet", ""),
        "old": ("drained", ""),
    }


def test_parts_that_are_down_say_what_to_do(admin_client: Client):
    answer = admin_client.get(FIRST)
    told = {part["name"]: (part["said"], part["advice"]) for part in answer.context["health"]}
    assert set(told) == {"database", "broker", "storage", "beat", "worker"}
    assert told["database"] == ("ok", "")
    assert told["beat"][0] == told["worker"][0] == "never seen"
    assert "bifrost.run beat" in told["beat"][1]


def test_a_check_that_hangs_does_not_hold_up_the_page():
    goes_on = threading.Event()
    asked: list[int] = []

    def hanging() -> str:
        asked.append(1)
        goes_on.wait(60)
        return "ok"

    aside = overview.Aside(hanging)
    assert aside() == aside() == overview.NOT_KNOWN
    goes_on.set()
    assert aside() == "ok"
    assert len(asked) == 1


def test_a_check_that_breaks_says_how():
    def broken() -> str:
        raise ValueError("x")

    assert overview.Aside(broken)() == "no answer: ValueError"


def test_nothing_at_all_says_what_to_do(admin_client: Client):
    page = admin_client.get(FIRST).content.decode()
    for text in ("No credential yet", "No batch ended", "No job was seen", "Nothing was spent"):
        assert text in page
    assert "canvas" not in page
    assert "NaN" not in page


@pytest.mark.parametrize("query", [{"period": "9y"}, {"workspace": "x"}])
def test_what_is_not_offered_is_not_shown(admin_client: Client, query: dict[str, str]):
    used(completed=3)
    answer = admin_client.get(FIRST, query)
    assert tiles(answer)["Records per hour"][1] == "3 in 24 hours"


def test_one_workspace_is_told_of_alone(admin_client: Client):
    mine, other = make.workspace("mine"), make.workspace("other")
    _estate(mine, "mine-")
    _estate(other, "other-")
    page = admin_client.get(FIRST, {"workspace": mine.pk}).content.decode()
    body = page.split("bf-h-numbers", 1)[1]
    assert "mine-model" in body
    assert "other-" not in body
    assert (
        f"workspace={mine.pk}&amp;period=7d" in page or f"period=7d&amp;workspace={mine.pk}" in page
    )


def test_members_see_their_workspaces_and_no_other(client: Client, db: None):
    mine, other = make.workspace("mine"), make.workspace("other")
    _estate(mine, "mine-")
    _estate(other, "other-")
    member = User.objects.create_user("member", is_staff=True)
    Membership.objects.create(user=member, workspace=mine, role="viewer")
    client.force_login(member)
    for query in ({}, {"workspace": other.pk}, {"live": "1"}):
        page = client.get(FIRST, query).content.decode()
        assert "mine-model" in page
        assert "other-" not in page
        assert other.pk not in page.replace(f"workspace={other.pk}", "")


def _estate(workspace: Workspace, prefix: str) -> None:
    """Something of a workspace's in every part of the page."""
    used(workspace=workspace, model=f"{prefix}model", completed=3, cost=DOLLAR)
    problem = {"code": f"{prefix}code", "message": f"{prefix}text", "param": None, "line": None}
    make.batch(workspace=workspace, status="failed", errors=[problem])
    own = make.credential(f"{prefix}account", workspace=workspace)
    running = make.batch(workspace=workspace)
    make.job(running, credential=own, last_error=f"{prefix}error", upstream_status=f"{prefix}word")


@pytest.mark.parametrize("busy", [False, True])
def test_it_takes_as_few_queries_however_much_there_is(
    admin_client: Client, django_assert_num_queries: Any, busy: bool
):
    if busy:
        make.batches(30)
        for number in range(30):
            used(model=f"model-{number}", completed=1, workspace=make.workspace(f"team-{number}"))
    admin_client.get(FIRST)
    # The names of workspaces are asked for if there are any; without a batch, whether there ever was one.
    with django_assert_num_queries(20):
        assert admin_client.get(FIRST).status_code == 200


def test_the_live_answer_is_the_part_of_the_page(admin_client: Client):
    make.job(make.batch())
    used(completed=3)
    whole = admin_client.get(FIRST).content.decode()
    answer = admin_client.get(FIRST, {"live": "1"})
    assert answer.content.decode().strip().startswith('<div class="bf-page bf-dash" id="bf-dash"')
    shape = re.compile(r"<(?:section|figure|table|h[1-6])[^>]*>")
    part = whole[whole.index('<div class="bf-page bf-dash"') :]
    assert len(shape.findall(part)) > 15
    names = [re.sub(r'data-chart="[^"]*"', "", tag) for tag in shape.findall(part)]
    assert names == [
        re.sub(r'data-chart="[^"]*"', "", tag) for tag in shape.findall(answer.content.decode())
    ]
    assert 'data-live-url="/admin/?period=24h&amp;live=1"' in whole


def test_the_live_answer_is_for_who_is_logged_in(client: Client, db: None):
    assert client.get(FIRST, {"live": "1"}).status_code == 302


def test_every_chart_has_a_table_and_every_series_a_look(admin_client: Client):
    plausible.fill(days=1)
    answer = admin_client.get(FIRST)
    page = answer.content.decode()
    charts = page.count("<canvas")
    assert charts == 7
    assert page.count('<canvas role="img" aria-label="') == charts
    assert page.count("<summary>As a table") == charts
    assert "<script>" not in page
    css = Path("bifrost/static/bifrost/dashboard.css").read_text()
    drawn = (*answer.context["job_charts"], *answer.context["bar_charts"])
    for look in {one.look for chart in drawn for one in chart.series}:
        # One in light, one in dark.
        assert css.count(f"--bf-look-{look}:") == 2, look
        assert f"--tone:var(--bf-look-{look})" in page
