"""What every batch used and cost is in the ledger once, however it ended and whoever saw that."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from batches import services
from batches.admin import story
from batches.models import Batch, Job, Spend, UsageHour
from batches.services.ledger import COUNTED
from batches.services.meter import rates_for
from files import services as files
from providers.models import Credential
from providers.openai.dialect import OPENAI
from providers.prices import Tokens, price_of
from tests.batches.conftest import directly, every_provider, line, live, results
from tests.batches.test_killed import LINES, kill_everywhere
from tests.vendor_models import MODELS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
WAITS = "[sandbox:seconds=60]"


def booked() -> dict[str, int]:
    found = UsageHour.objects.aggregate(**{name: Sum(name) for name in COUNTED})
    return {name: found[name] or 0 for name in COUNTED}


def spent() -> dict[str, tuple[int, int]]:
    return {row.owner: (row.held, row.spent) for row in Spend.objects.all()}


def what_answers_say(batch: Batch) -> Tokens:
    """From the clients' own lines, which are OpenAI's."""
    total = Tokens()
    for one in results(batch)[0]:
        total.add(OPENAI.used.read(json.dumps(one).encode()))
    return total


@every_provider
def test_what_the_answers_took_is_booked_under_their_model(make, provider, workspace):
    batch = live(make(LINES))

    took = what_answers_say(batch)
    row = UsageHour.objects.get()
    assert (row.workspace, row.surface, row.provider) == (workspace, "openai", provider)
    assert (row.model, row.status) == (MODELS[provider], "completed")
    took_seconds = (batch.completed_at - batch.created_at).total_seconds()
    assert 2 ** (row.length - 1) <= max(took_seconds + 1, 1)
    assert took_seconds <= 2**row.length
    assert (row.batches, row.bytes) == (1, batch.input_file.size)
    assert (row.completed, row.failed) == (2, 1)
    assert (row.input_tokens, row.output_tokens) == (took.input, took.output)
    assert (row.cost, row.unpriced) == (price_of(provider, MODELS[provider], took), 0)
    assert batch.cost == row.cost > 0
    assert batch.usage["input_tokens"] == took.input
    assert spent() == {workspace.pk: (0, row.cost)}
    assert batch.jobs.get().booked[0]["cost"] == row.cost


@every_provider
def test_what_speaks_the_providers_own_dialect_is_counted_too(make, provider):
    model = MODELS[provider]
    body = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
    own = {
        "openai": line(0),
        "anthropic": {"custom_id": "c", "params": {"model": model, **body}},
        "gemini": {"key": "c", "request": {"contents": [{"parts": [{"text": "Hello"}]}]}},
        "bedrock": {
            "recordId": "c",
            "modelInput": {"anthropic_version": "bedrock-2023-05-31", **body},
        },
    }[provider]
    batch = live(make.from_bytes(json.dumps(own).encode() + b"\n", model_override=model))

    (one,) = results(batch)[0]
    row = UsageHour.objects.get()
    assert (row.completed, row.failed) == (1, 0), one
    assert row.input_tokens > 0
    assert row.output_tokens > 0
    assert batch.cost == row.cost > 0


@directly
def test_what_is_asked_for_one_by_one_costs_the_whole(make, provider):
    batch = live(make(LINES))

    took = what_answers_say(batch)
    assert batch.cost == price_of(provider, MODELS[provider], took, batch=False)


@every_provider
def test_collecting_again_adds_nothing(make):
    batch = live(make(LINES))
    before, money = booked(), spent()

    for _ in range(2):
        services.collect_again(batch)
        batch = live(batch)

    assert booked() == before
    assert spent() == money


class Booked:
    """Checks that every batch so far is in the ledger once, and holds nothing."""

    def __init__(self) -> None:
        self.batches = self.cost = 0

    def __call__(self, batch: Batch) -> None:
        self.batches += 1
        self.cost += batch.cost
        assert (batch.status, batch.reserved) == (Batch.Status.COMPLETED, 0)
        found = booked()
        counted = (found["batches"], found["completed"], found["failed"])
        assert counted == (self.batches, 2 * self.batches, self.batches)
        assert found["cost"] == self.cost > 0
        assert spent() == {batch.workspace_id: (0, self.cost)}


def until_collected(batch: Batch) -> Batch:
    """All of its life but the last step."""
    services.advance(batch.pk)
    while batch.jobs.exclude(status=Job.Status.ENDED).exists():
        for credential_id in services.credentials_due():
            services.poll(credential_id)
    return batch


def step(batch: Batch) -> None:
    services.advance(batch.pk)


def test_killed_anywhere_in_its_last_step_it_is_booked_once(make):
    assert kill_everywhere(lambda: until_collected(make(LINES)), step, Booked()) > 8


def test_killed_anywhere_in_its_first_step_it_holds_what_it_may_cost_once(make, workspace):
    workspace.monthly_budget = 1000
    workspace.save()

    assert kill_everywhere(lambda: make(LINES), step, Booked()) > 8


def test_killed_anywhere_while_it_is_collected_again_it_is_booked_once(make):
    batch = live(make(LINES))
    before, money = booked(), spent()

    def check(batch: Batch) -> None:
        assert booked() == before
        assert spent() == money

    def again() -> Batch:
        return services.collect_again(Batch.objects.get(pk=batch.pk))

    assert kill_everywhere(again, step, check) > 6


def test_a_price_that_is_set_later_counts_when_it_is_collected_again(make, credential):
    unknown = line(0)
    unknown["body"]["model"] = "ours"
    batch = live(make([unknown]))
    row = UsageHour.objects.get()
    assert (row.cost, row.unpriced, batch.cost) == (0, 1, None)
    assert row.input_tokens > 0

    credential.prices = {"ours": {"input": 2, "output": 8}}
    credential.save()
    services.collect_again(batch)
    batch = live(batch)

    row.refresh_from_db()
    assert batch.cost == row.cost == 2000 * row.input_tokens + 8000 * row.output_tokens
    assert (row.completed, row.unpriced) == (1, 0)
    assert spent() == {batch.workspace_id: (0, batch.cost)}


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_each_model_of_a_job_has_its_own_price(make):
    models = ["claude-opus-4-6", "claude-haiku-4-5", "claude-haiku-4-5", "nobodys"]
    lines = [line(number) for number in range(4)]
    for one, model in zip(lines, models, strict=True):
        one["body"]["model"] = model
    batch = live(make(lines))

    rows = {row.model: row for row in UsageHour.objects.all()}
    answers = {model: row.completed for model, row in rows.items()}
    assert {name: answers[name] for name in models[:3]} == {
        "claude-opus-4-6": 1,
        "claude-haiku-4-5": 2,
    }
    assert rows["claude-opus-4-6"].batches == 1
    for name in models[:2]:
        took = Tokens(rows[name].input_tokens, 0, rows[name].output_tokens)
        assert rows[name].cost == price_of("anthropic", name, took)
    assert sum(row.completed + row.failed for row in rows.values()) == batch.total == 4


def test_what_never_ran_costs_nothing(make):
    wrong = live(make.from_bytes(b"{}\n"))
    assert wrong.status == Batch.Status.FAILED
    assert wrong.cost == 0
    found = booked()
    assert (found["batches"], found["completed"], found["failed"]) == (1, 0, 0)

    failed = live(make([line(0), line(1, "[sandbox:batch=fail]")]))
    assert failed.status == Batch.Status.FAILED
    assert failed.cost == 0
    found = booked()
    assert (found["batches"], found["completed"], found["failed"]) == (2, 0, 2)
    assert {row.status for row in UsageHour.objects.all()} == {"failed"}
    assert spent() == {}


def test_refused_records_count_as_failed(make):
    said = line(1)
    said["body"]["messages"] = [
        {"role": "user", "content": [{"type": "file", "file": {"file_id": "file-000000000000"}}]}
    ]
    batch = live(make([line(0), said]))

    assert (batch.completed, batch.failed) == (1, 1)
    row = UsageHour.objects.get()
    assert (row.completed, row.failed, row.unpriced) == (1, 1, 0)


@every_provider
@pytest.mark.usefixtures("small_jobs")
def test_of_a_cancelled_batch_what_was_answered_is_paid(make, provider):
    batch = make([line(0), line(1), line(2, WAITS), line(3, WAITS)])
    while not batch.jobs.exclude(ending="").exists():
        services.advance(batch.pk)
        for credential_id in services.credentials_due():
            services.poll(credential_id)
    services.cancel(Batch.objects.get(pk=batch.pk))
    batch = live(batch)

    assert batch.status == Batch.Status.CANCELLED
    row = UsageHour.objects.get()
    assert row.status == "cancelled"
    assert (row.completed, row.failed) == (batch.completed, batch.failed)
    assert batch.completed >= 2
    took = what_answers_say(batch)
    assert batch.cost == row.cost
    assert (row.input_tokens, row.output_tokens) == (took.input, took.output)
    assert abs(row.cost - price_of(provider, MODELS[provider], took)) <= 2


def test_of_an_expired_batch_what_was_answered_is_paid(make):
    batch = live(make([line(number, "[sandbox:batch=expire]") for number in range(6)]))

    assert batch.status == Batch.Status.EXPIRED
    row = UsageHour.objects.get()
    assert (row.completed, row.failed) == (batch.completed, batch.failed) == (3, 3)
    assert batch.cost == row.cost > 0


def test_where_no_answer_tells_what_it_took_the_providers_sum_counts(make, monkeypatch):
    batch = live(make(2))
    before = booked()
    raw = batch.jobs.get().raw_results
    silent = [json.loads(text) for text in b"".join(files.stream(raw)).splitlines() if text]
    for one in silent:
        del one["response"]["body"]["usage"]
    content = "".join(json.dumps(one) + "\n" for one in silent).encode()
    monkeypatch.setattr(
        "providers.openai.upstream.OpenAIUpstream.results", lambda self, files: [content]
    )

    services.collect_again(batch)
    live(batch)
    assert booked() == before

    Job.objects.update(usage=None)
    services.collect_again(batch)
    batch = live(batch)
    found = booked()
    assert (found["input_tokens"], found["cost"], found["unpriced"]) == (0, 0, 2)
    assert batch.cost is None


def until_lost(batch: Batch, sandbox: Any) -> Batch:
    """Its provider has all answers, and then nothing any more."""
    until_collected(batch)
    sandbox.control("POST", "reset")
    return live(Batch.objects.get(pk=batch.pk))


# Of files that are gone Gemini says that they may be somebody else's: these are asked for again and again.
@pytest.mark.parametrize("provider", ["openai", "anthropic", "bedrock"], indirect=True)
def test_answers_that_nobody_can_read_are_never_free(make, sandbox):
    batch = until_lost(make(3), sandbox)

    assert (batch.status, batch.completed) == (Batch.Status.COMPLETED, 0)
    found = booked()
    assert found["failed"] == 3
    if batch.cost is None:
        assert (found["unpriced"], found["cost"]) == (3, 0)
        assert (Spend.objects.get().spent, Spend.objects.get().unpriced) == (0, 3)
    else:
        # The provider said what they took together.
        assert (found["unpriced"], batch.cost > 0) == (0, True)


def test_nobody_knows_what_a_job_cost_that_was_given_up(make, sandbox):
    batch = make(3)
    services.advance(batch.pk)
    Job.objects.update(submitted_at=timezone.now() - timedelta(days=9))
    sandbox.control("POST", "reset")

    batch = live(batch)

    assert (batch.status, batch.cost) == (Batch.Status.FAILED, None)
    assert booked()["unpriced"] == 3


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_what_nobody_knows_the_cost_of_counts_as_what_it_held(make, workspace, sandbox):
    workspace.monthly_budget = 1000
    workspace.save()
    batch = make(3)
    services.advance(batch.pk)
    batch.refresh_from_db()
    held = batch.reserved

    batch = until_lost(batch, sandbox)

    assert held > 0
    assert (batch.cost, batch.reserved) == (None, 0)
    assert spent() == {workspace.pk: (0, held)}
    services.collect_again(batch)
    live(batch)
    assert spent() == {workspace.pk: (0, held)}


@directly
def test_what_others_had_made_as_a_batch_costs_half_however_few_answers_there_are(make):
    batch = live(make(2))
    job = batch.jobs.get()
    whole = rates_for(batch, job, job.model)
    job.adopted = True

    half = rates_for(batch, job, job.model)

    assert whole.rates[0].output == 2 * half.rates[0].output > 0


def test_a_job_that_never_ran_cost_nothing_and_says_so():
    dropped, unknown, unbooked = (
        Job(credential=Credential(provider="openai"), booked=booked)
        for booked in ([], [{"model": "ours", "unpriced": 2}], None)
    )

    assert [one.cost for one in story.told([dropped, unknown, unbooked])] == [0, None, None]
