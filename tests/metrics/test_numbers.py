"""What `/metrics` tells: of everything that there is, by labels that stay few."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from batches.models import Batch, Delivery, Heartbeat, Spend, UsageHour, Webhook
from bifrost.metrics import usage, view
from providers.models import CredentialHealth, UpstreamCalls
from tests.admin import make

pytestmark = pytest.mark.django_db
ORDER = ("workspace", "provider", "credential", "operation", "model")
Read = Callable[..., dict[str, float]]


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that has just begun."""
    monkeypatch.setattr(view, "made", view.Made())
    monkeypatch.setattr(view, "LASTS_SECONDS", 0)
    monkeypatch.setattr(usage, "ledger", usage.Ledger())


@pytest.fixture
def read(client: Client) -> Read:
    """The samples of a metric, by the values of their labels."""

    def read(name: str) -> dict[str, float]:
        answer = client.get("/metrics")
        assert answer.status_code == 200, answer.content
        families = text_string_to_metric_families(answer.content.decode())
        samples = [one for family in families for one in family.samples if one.name == name]
        assert samples, f"no {name}"
        return {_key(one.labels): one.value for one in samples}

    return read


def _key(labels: dict[str, str]) -> str:
    first = [labels[name] for name in ORDER if name in labels]
    return " ".join([*first, *(value for name, value in labels.items() if name not in ORDER)])


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def hour(**fields: Any) -> UsageHour:
    usual: dict[str, Any] = {
        "hour": timezone.now().replace(minute=0, second=0, microsecond=0),
        "workspace": make.workspace(),
        "surface": "openai",
        "provider": "openai",
        "model": "gpt-5",
        "status": "completed",
        "length": 6,
        "batches": 1,
    }
    return UsageHour.objects.create(**{**usual, **fields})


def test_jobs_and_batches_that_have_not_ended(read: Read):
    batch = make.batch(created_at=ago(500))
    make.job(batch, due_at=ago(30))
    make.job(batch, status="planned", due_at=None)
    make.job(make.batch(provider="gemini", due_at=ago(60)), stuck_at=timezone.now())
    over = make.batch(status="completed")
    make.job(over, status="ended", stuck_at=timezone.now())

    assert {key: count for key, count in read("bifrost_jobs").items() if count} == {
        "openai running": 1,
        "openai planned": 1,
        "gemini running": 1,
    }
    assert read("bifrost_jobs_stuck")["gemini"] == 1
    assert sum(read("bifrost_jobs_stuck").values()) == 1
    assert read("bifrost_batches")["openai in_progress"] == 1
    assert sum(read("bifrost_batches").values()) == 2
    assert 500 <= read("bifrost_oldest_batch_age_seconds")["openai"] < 560
    assert read("bifrost_oldest_batch_age_seconds")["bedrock"] == 0
    assert 30 <= read("bifrost_poll_lag_seconds")[""] < 60
    assert 60 <= read("bifrost_step_lag_seconds")[""] < 90


def test_an_empty_installation_is_told_of_too(read: Read):
    assert set(read("bifrost_jobs").values()) == {0}
    assert read("bifrost_poll_lag_seconds") == {"": 0}
    assert read("bifrost_build_info")


def test_parts_and_what_waits(read: Read):
    Heartbeat.objects.create(name="worker", at=ago(20))
    assert 20 <= read("bifrost_heartbeat_age_seconds")["worker"] < 50
    assert read("bifrost_queue_messages")["celery"] >= 0
    hook = Webhook.objects.create(workspace=make.workspace(), name="a", url="https://a.test")
    for event, status in (("batch.failed", "given_up"), ("batch.stuck", "pending")):
        Delivery.objects.create(webhook=hook, batch=make.batch(), event=event, status=status)
    told = read("bifrost_webhook_deliveries")
    assert told == {"pending": 1, "delivered": 0, "given_up": 1}


def test_a_broker_that_gives_no_answer_has_no_number(client: Client, settings: Any, monkeypatch):
    def down(*arguments: Any, **named: Any) -> None:
        raise OSError

    monkeypatch.setattr("celery.app.base.Celery.connection_for_read", down)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b"bifrost_queue_messages" not in answer.content


def test_accounts_and_how_they_answer(read: Read):
    now = timezone.now()
    for name, ok_at, failed_at in (("a", ago(60), now), ("b", now, ago(60)), ("c", now, None)):
        credential = make.credential(name)
        CredentialHealth.objects.create(credential=credential, ok_at=ok_at, failed_at=failed_at)
    make.credential("never asked")
    CredentialHealth.objects.create(credential=make.credential("own", direct=True), failed_at=now)
    assert read("bifrost_credential_up") == {"openai a": 0, "openai b": 1, "openai c": 1}


def test_calls_to_providers(read: Read):
    for outcome, length, count in (("ok", 4, 3), ("http_429", 4, 1), ("ok", 20, 2)):
        UpstreamCalls.objects.create(
            provider="openai",
            operation="poll",
            outcome=outcome,
            length=length,
            count=count,
            milliseconds=count * 10,
        )
    assert read("bifrost_upstream_calls_total") == {"openai poll ok": 5, "openai poll http_429": 1}
    buckets = read("bifrost_upstream_call_duration_seconds_bucket")
    assert buckets["openai poll 0.008"] == 0
    assert buckets["openai poll 0.016"] == 4
    assert buckets["openai poll +Inf"] == 6
    assert read("bifrost_upstream_call_duration_seconds_sum") == {"openai poll": 0.06}


def test_what_was_done_and_what_it_cost(read: Read):
    hour(
        bytes=1000,
        completed=8,
        failed=2,
        input_tokens=100,
        cached_tokens=30,
        output_tokens=50,
        cost=2_500_000_000,
        unpriced=1,
    )
    hour(status="failed", length=3)
    assert read("bifrost_batches_ended_total") == {
        "default openai gpt-5 completed": 1,
        "default openai gpt-5 failed": 1,
    }
    assert read("bifrost_records_total") == {
        "default openai gpt-5 completed": 8,
        "default openai gpt-5 failed": 2,
    }
    kinds = {"input": 70, "cached": 30, "output": 50}
    assert read("bifrost_tokens_total") == {
        f"default openai gpt-5 {k}": n for k, n in kinds.items()
    }
    assert read("bifrost_input_bytes_total") == {"default openai gpt-5": 1000}
    assert read("bifrost_spend_dollars_total") == {"default openai gpt-5": 2.5}
    assert read("bifrost_unpriced_answers_total") == {"default openai gpt-5": 1}
    durations = read("bifrost_batch_duration_seconds_bucket")
    assert (durations["openai 32.0"], durations["openai 64.0"]) == (1, 2)


def test_hours_that_are_over_are_added_up_once(read: Read, django_assert_num_queries: Any):
    for hours in (1, 3, 30):
        hour(hour=ago(hours * 3600).replace(minute=0, second=0, microsecond=0), completed=1)
    total = "default openai gpt-5 completed"
    assert read("bifrost_records_total")[total] == 3
    now = timezone.now()
    # As if they had passed: what was settled is not read again.
    UsageHour.objects.filter(hour__lt=now - timedelta(hours=20)).delete()
    assert read("bifrost_records_total")[total] == 3
    hour(completed=5)
    assert read("bifrost_records_total")[total] == 8
    with django_assert_num_queries(2):
        usage.ledger.read(now + timedelta(hours=5))
    with django_assert_num_queries(1):
        usage.ledger.read(now + timedelta(hours=5))
    assert usage.ledger.read(now + timedelta(hours=5)).popitem()[1].values["completed"] == 8


def test_what_is_taken_back_does_not_look_like_a_new_beginning(read: Read):
    hour(completed=5, failed=5)
    hour(completed=5, failed=-5, length=7)
    assert read("bifrost_records_total")["default openai gpt-5 failed"] == 5


def test_an_erased_workspace_takes_its_counters_with_it(read: Read):
    gone = make.workspace("gone")
    hour(workspace=gone, hour=ago(86_400), completed=1)
    hour(completed=2)
    assert len(read("bifrost_spend_dollars_total")) == 2
    gone.delete()
    assert list(read("bifrost_spend_dollars_total")) == ["default openai gpt-5"]


def test_labels_are_few_and_short(read: Read, settings: Any, monkeypatch: pytest.MonkeyPatch):
    settings.METRICS_WORKSPACES = 1
    monkeypatch.setattr(usage, "MOST_MODELS", 2)
    make.workspace()
    for model in ("a", "b" * 255, "c", "d"):
        hour(model=model, completed=1)
    hour(workspace=make.workspace("second"), completed=1, model="a")
    assert read("bifrost_records_total") == {
        f"{workspace} openai {model} {outcome}": count if outcome == "completed" else 0
        for workspace, model, count in (
            ("default", "a", 1),
            ("default", f"{'b' * 97}...", 1),
            ("default", "other", 2),
            ("other", "a", 1),
        )
        for outcome in ("completed", "failed")
    }
    settings.METRICS_WORKSPACES = 0
    assert {key.split()[0] for key in read("bifrost_records_total")} == {"other"}


def test_budgets(read: Read):
    workspace = make.workspace()
    workspace.monthly_budget = 10
    workspace.save()
    make.workspace("without")
    month = timezone.now().date().replace(day=1)
    Spend.objects.create(owner=workspace.pk, month=month, held=10**9, spent=2 * 10**9)
    assert read("bifrost_budget_dollars") == {"default": 10}
    assert read("bifrost_budget_used_dollars") == {"default": 3}


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=1.0.0", "text/plain"])
def test_both_formats_are_what_they_say(client: Client, accept: str):
    hour(completed=1)
    UpstreamCalls.objects.create(
        provider="openai", operation="poll", outcome="ok", length=4, count=1, milliseconds=9
    )
    answer = client.get("/metrics", headers={"accept": accept})
    assert answer["content-type"].startswith(accept.partition(";")[0])
    parse = open_metrics if "openmetrics" in accept else text_string_to_metric_families
    names = {family.name for family in parse(answer.content.decode())}
    assert {"bifrost_jobs", "bifrost_upstream_calls"} <= {
        name.removesuffix("_total") for name in names
    }


def test_an_odd_wish_gets_the_plain_text(client: Client):
    answer = client.get("/metrics", headers={"accept": "text/plain; version=x"})
    assert answer.status_code == 200


@pytest.mark.parametrize("count", [1, 20])
def test_it_takes_as_many_statements_whatever_there_is(
    client: Client, count: int, django_assert_max_num_queries: Any
):
    make.batches(count)
    with django_assert_max_num_queries(16):
        client.get("/metrics")


def test_a_storm_of_scrapes_reads_once(
    client: Client, monkeypatch: Any, django_assert_num_queries: Any
):
    monkeypatch.setattr(view, "LASTS_SECONDS", 60)
    first = client.get("/metrics").content
    make.batch()
    with django_assert_num_queries(0):
        assert client.get("/metrics").content == first
    assert Batch.objects.count() == 1
