"""A month costs no more than its budget: refused in each surface's words, before anything is sent."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import anthropic
import openai
import pytest
from botocore.exceptions import ClientError
from django.db import connection, transaction
from django.db.models import Sum
from google.genai.errors import ClientError as GenAIError

from batches import services
from batches.models import Batch, Spend
from batches.services import budgets
from batches.services.validate import validate
from files import services as files
from files.models import File
from providers import registry
from providers.models import Credential, Workspace
from providers.prices import DOLLAR
from tests.keys.asking import TWO, Asking

THREADS = 12
USED_UP = {
    "OpenAI": (openai.RateLimitError, "insufficient_quota", 429),
    "Anthropic": (anthropic.APIStatusError, "billing_error", 402),
    "GenAI": (GenAIError, "RESOURCE_EXHAUSTED", 429),
    "Bedrock": (ClientError, "ServiceQuotaExceededException", 400),
}


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


def spend(owner: Any, *, held: int = 0, spent: int = 0) -> Spend:
    return Spend.objects.create(owner=owner.pk, month=this_month(), held=held, spent=spent)


def make(workspace: Workspace, lines: list[dict], **fields: Any) -> Batch:
    content = "".join(json.dumps(one) + "\n" for one in lines).encode()
    with files.writing(workspace) as writer:
        writer.write(content)
    file = files.publish(writer.file, purpose=File.Purpose.BATCH, filename="in.jsonl")
    given = {
        "surface": "openai",
        "provider": "openai",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        **fields,
    }
    repeat = services.Repeat(digest=file.pk)
    return services.create(workspace=workspace, input_file=file, repeat=repeat, fields=given)[0]


def planned(batch: Batch) -> Batch:
    """Nobody answers: more than its plan does not come about."""
    services.advance(batch.pk)
    batch.refresh_from_db()
    return batch


def errors_of(batch: Batch) -> list[dict[str, Any]]:
    return batch.errors or []


def line(number: int, **body: Any) -> dict:
    whole = {**TWO[0], "custom_id": f"c-{number}"}
    return {**whole, "body": {**whole["body"], "max_tokens": 1000, **body}}


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["key", "workspace"])
def test_a_budget_that_is_used_up_is_told_at_once(
    make_key: Any, connect: Any, batching: type[Asking], workspace: Workspace, whose: str
):
    key = make_key()
    owner = key.row if whose == "key" else workspace
    owner.monthly_budget = Decimal("2.50")
    owner.save()
    row = spend(owner, held=DOLLAR, spent=DOLLAR)
    asking = connect(batching, key.text)
    asking.create()

    row.spent += DOLLAR // 2
    row.save()
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- which one is what is asked
        asking.create()

    refusal = asking.refusal(caught.value)
    kind, word, status = USED_UP[batching.__name__]
    assert issubclass(refusal.kind, kind)
    assert (refusal.word, refusal.status) == (word, status)
    assert f"This {whose} has $2.50 a month, and $1.50 are spent" in refusal.message
    assert "batches at work hold $1.00" in refusal.message
    if status == 429 and batching.__name__ == "OpenAI":
        assert caught.value.response.headers["x-should-retry"] == "false"
    assert Batch.objects.count() == 1
    assert "asking" not in refusal.message


@pytest.mark.django_db
def test_a_plan_holds_what_the_batch_may_cost(make_key: Any, workspace: Workspace):
    key = make_key(monthly_budget=1).row
    batch = planned(make(workspace, [line(number) for number in range(3)], virtual_key=key))

    assert batch.status == Batch.Status.VALIDATING, batch.errors
    # gpt-5-mini costs a dollar for a million tokens of output.
    assert 3 * 1000 * 1000 < batch.reserved < 1.1 * 3 * 1000 * 1000
    held = dict(Spend.objects.values_list("owner", "held"))
    assert held == {key.pk: batch.reserved, workspace.pk: batch.reserved}
    assert services.month_of(key) == budgets.Month(batch.reserved, 0)


@pytest.mark.django_db
def test_what_may_cost_too_much_fails_before_anything_is_sent(workspace: Workspace):
    workspace.monthly_budget = Decimal("0.01")
    workspace.save()
    fits = planned(make(workspace, [line(number) for number in range(9)]))
    assert fits.reserved > 0

    batch = planned(make(workspace, [line(0)]))

    assert batch.status == Batch.Status.FAILED
    (error,) = errors_of(batch)
    assert error["code"] == "billing_hard_limit_reached"
    assert "This workspace has $0.01 a month" in error["message"]
    assert "may cost $0.001" in error["message"]
    assert (batch.reserved, batch.cost, batch.jobs.count()) == (0, 0, 0)
    assert Spend.objects.get().held == fits.reserved


@pytest.mark.django_db
def test_a_model_of_few_records_holds_the_full_price_though_the_batch_has_many(
    workspace: Workspace,
):
    workspace.monthly_budget = 1000
    workspace.save()
    account = Credential.objects.get(provider="bedrock")
    account.options = {"minimum_records": 4}
    many, few = "amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0"

    def held(*models: str) -> int:
        lines = [line(number, model=model) for number, model in enumerate(models)]
        batch = make(workspace, lines, provider="bedrock")
        reserve = budgets.Reserve.of(batch, account)
        assert reserve
        limits = registry.upstream_class("bedrock").limits
        assert validate(batch, limits, keep=lambda: None, reserve=reserve).errors == []
        return reserve.cost

    assert held(*[many] * 4, few) == held(*[many] * 4) + held(few)


@pytest.mark.django_db
def test_what_asks_for_absurdly_much_fails_as_too_dear(workspace: Workspace):
    workspace.monthly_budget = Decimal("9999999999.99")
    workspace.save()
    absurd = [line(number, max_tokens=10**18, n=10**18) for number in range(3)]
    batch = planned(make(workspace, absurd))

    assert batch.status == Batch.Status.VALIDATING
    Batch.objects.update(due_at=None)
    dear = {"gpt-5-mini": {"input": 999_999, "output": 999_999}}
    Credential.objects.filter(provider="openai").update(prices=dear)

    batch = planned(make(workspace, absurd))

    assert batch.status == Batch.Status.FAILED
    assert errors_of(batch)[0]["code"] == "billing_hard_limit_reached"


@pytest.mark.django_db
def test_of_a_model_without_a_price_nobody_knows_whether_it_fits(workspace: Workspace):
    workspace.monthly_budget = 1000
    workspace.save()
    lines = [line(0), line(1, model="ours")]
    batch = planned(make(workspace, lines))

    assert batch.status == Batch.Status.FAILED
    (error,) = errors_of(batch)
    assert (error["code"], error["line"]) == ("model_price_unknown", 2)
    assert "'ours'" in error["message"]
    assert "set its price on the credential" in error["message"]

    Credential.objects.filter(provider="openai").update(prices={"ours": {"input": 1, "output": 1}})
    assert planned(make(workspace, lines)).reserved > 0


@pytest.mark.django_db
def test_without_a_budget_nothing_is_held_and_any_model_goes(workspace: Workspace):
    batch = planned(make(workspace, [line(0, model="ours")]))

    assert batch.jobs.count() == 1
    assert batch.reserved == 0
    assert not Spend.objects.exists()


@pytest.mark.django_db
def test_what_ends_lets_go_in_the_month_in_which_it_was_made(workspace: Workspace):
    workspace.monthly_budget = 1
    workspace.save()
    batch = make(workspace, [line(0)])
    Batch.objects.filter(pk=batch.pk).update(created_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    batch = planned(batch)
    row = Spend.objects.get()
    assert (row.month, row.held) == (date(2026, 1, 1), batch.reserved)
    assert services.month_of(workspace) == budgets.Month()

    # As if nobody had tried to send it yet.
    batch.jobs.update(status="planned")
    Batch.objects.update(due_at=None)
    services.cancel(batch)
    services.advance(batch.pk)

    batch.refresh_from_db()
    assert batch.status == Batch.Status.CANCELLED
    row.refresh_from_db()
    assert (row.held, row.spent, batch.reserved) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_of_many_plans_at_once_as_many_hold_as_fit(workspace: Workspace, transactional_db: None):
    workspace.monthly_budget = 1
    workspace.save()
    made = [make(workspace, [line(0)]) for _ in range(THREADS)]
    barrier = threading.Barrier(THREADS)

    def hold(batch: Batch) -> str:
        barrier.wait()
        try:
            with transaction.atomic():
                budgets.hold(batch, DOLLAR // 5)
        except services.BudgetExceededError:
            return "refused"
        finally:
            connection.close()
        return "held"

    with ThreadPoolExecutor(THREADS) as pool:
        found = Counter(pool.map(hold, made))

    assert found == {"held": 5, "refused": THREADS - 5}
    assert Spend.objects.aggregate(sum=Sum("held"))["sum"] == DOLLAR


@pytest.mark.django_db(transaction=True)
def test_of_many_ends_at_once_none_is_lost(workspace: Workspace, transactional_db: None):
    made = [make(workspace, [line(0)]) for _ in range(THREADS)]
    barrier = threading.Barrier(THREADS)

    def end(batch: Batch) -> None:
        barrier.wait()
        try:
            with transaction.atomic():
                budgets.settle(batch, cost=7)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(end, made))

    assert Spend.objects.get().spent == 7 * THREADS
