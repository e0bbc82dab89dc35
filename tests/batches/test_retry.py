"""Records without an answer, tried again in the batch that they belong to."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from batches import services
from batches.chosen import packed, unpacked
from batches.models import Batch, Job, Spend
from files import services as files
from providers.models import Credential
from tests.batches.conftest import every_provider, line, live, results
from tests.batches.test_killed import is_complete, kill_everywhere

pytestmark = pytest.mark.django_db

FAILS, HEALED = "[sandbox:status=500]", "[sandbox:healed=now]"
# OpenAI's images have no words at Anthropic.
UNSAID = {"content": [{"type": "input_audio", "input_audio": {"data": "eA==", "format": "wav"}}]}


def heal(batch: Batch) -> Batch:
    """What made records fail is no more: the sandbox always answers the same."""
    path = Path(default_storage.path(batch.input_file.path))
    path.write_bytes(path.read_bytes().replace(FAILS.encode(), HEALED.encode()))
    return batch


def some_fail(total: int, failing: Iterable[int]) -> list[dict]:
    return [line(number, FAILS if number in failing else "") for number in range(total)]


def ids(lines: list[dict]) -> list[str]:
    return [one["custom_id"] for one in lines]


@given(st.sets(st.integers(0, 300)))
def test_numbers_survive_their_packing(numbers):
    runs = packed(sorted(numbers))

    assert list(unpacked(runs)) == sorted(numbers)
    assert len(runs) <= 2 * len(numbers)


@every_provider
def test_what_failed_is_tried_again_and_only_that(make, sandbox):
    batch = live(make(some_fail(6, (1, 4))))
    before = {one["custom_id"]: one for one in results(batch)[0]}
    heal(batch)

    services.retry(batch)
    assert batch.status == Batch.Status.IN_PROGRESS
    assert (batch.completed_at, batch.retrying_at is None) == (None, False)
    batch = live(batch)

    output, errors = results(batch)
    assert ids(output) == [f"c-{number}" for number in range(6)]
    assert errors == []
    assert (batch.status, batch.completed, batch.failed) == ("completed", 6, 0)
    assert all(
        one["response"]["body"]["choices"]
        == before[one["custom_id"]]["response"]["body"]["choices"]
        for one in output
        if one["custom_id"] in before
    )
    assert [(job.records, job.first) for job in batch.jobs.order_by("ordinal")] == [(6, 0), (2, 1)]
    assert sandbox.jobs_made() == 2
    assert batch.retrying_at is None


def test_what_fails_again_has_its_newest_failure_and_may_be_tried_once_more(make, sandbox):
    batch = live(make(some_fail(5, (0, 2, 3))))

    batch = live(services.retry(batch))
    assert (batch.completed, batch.failed) == (2, 3)
    heal(batch)
    batch = live(services.retry(batch))

    assert ids(results(batch)[0]) == [f"c-{number}" for number in range(5)]
    assert [job.records for job in batch.jobs.order_by("ordinal")] == [5, 3, 3]
    assert batch.events.filter(kind="retrying").count() == 2


def test_results_stay_until_the_new_ones_are_written(make):
    batch = live(make(some_fail(3, (1,))))
    output, errors = batch.output_file, batch.error_file

    services.retry(batch)
    while services.advance(batch.pk):
        pass
    batch.refresh_from_db()
    assert batch.status == Batch.Status.IN_PROGRESS
    assert (batch.output_file, batch.error_file) == (output, errors)
    assert b"".join(files.stream(output))
    assert (batch.completed, batch.failed) == (2, 0)
    for credential_id in services.credentials_due():
        services.poll(credential_id)
    batch.refresh_from_db()
    assert batch.completed + batch.failed <= batch.total

    batch = live(heal(batch))
    output.refresh_from_db()
    assert batch.output_file != output
    assert output.status != "stored"


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_what_the_provider_has_no_words_for_is_not_tried_again(make, sandbox):
    lines = some_fail(3, (0,))
    lines[2]["body"]["messages"][0] |= UNSAID
    batch = live(make(lines))
    assert (batch.failed, batch.refused) == (2, 1)
    heal(batch)

    batch = live(services.retry(batch))

    assert (batch.completed, batch.failed, batch.refused) == (2, 1, 1)
    assert batch.jobs.get(ordinal=1).records == 1
    with pytest.raises(services.NotRetriableError, match="could be sent has an answer"):
        services.retry(batch)


@every_provider
def test_what_is_tried_again_is_split_as_everything_is(make, small_jobs, sandbox):
    batch = live(make(some_fail(7, (0, 1, 3, 4, 6))))
    first = batch.jobs.count()
    heal(batch)

    batch = live(services.retry(batch))

    assert len(results(batch)[0]) == 7
    again = batch.jobs.exclude(chosen=None).order_by("ordinal")
    assert [job.records for job in again] == [2, 2, 1]
    assert [list(unpacked(job.chosen)) for job in again] == [[0, 1], [3, 4], [6]]
    assert [job.ordinal for job in again] == [first, first + 1, first + 2]


@pytest.mark.parametrize("provider", ["bedrock"], indirect=True)
def test_each_model_has_jobs_of_its_own_again(make):
    lines = some_fail(6, (1, 2, 5))
    for number in (2, 3):
        lines[number]["body"]["model"] = "anthropic.claude-3-haiku-20240307-v1:0"
    batch = live(make(lines))
    heal(batch)

    batch = live(services.retry(batch))

    assert ids(results(batch)[0]) == [f"c-{number}" for number in range(6)]
    again = batch.jobs.exclude(chosen=None)
    assert sorted(list(unpacked(job.chosen)) for job in again) == [[1, 5], [2]]


def test_records_of_an_expired_and_of_a_cancelled_batch_are_tried_again(make, sandbox):
    batch = make([line(0, "[sandbox:seconds=60]"), line(1)])
    while services.advance(batch.pk):
        pass
    sandbox.force(batch.jobs.get().upstream_id, "expired")
    batch = live(batch)
    assert batch.status == Batch.Status.EXPIRED
    services.retry(batch)
    while services.advance(batch.pk):
        pass
    services.cancel(batch)
    sandbox.force(batch.jobs.get(ordinal=1).upstream_id, "cancelled")
    batch = live(batch)
    assert batch.status == Batch.Status.CANCELLED
    path = Path(default_storage.path(batch.input_file.path))
    path.write_bytes(path.read_bytes().replace(b"seconds=60", b"seconds=00"))

    batch = live(services.retry(batch))

    assert (batch.status, batch.completed) == ("completed", 2)
    assert (batch.expired_at, batch.cancelled_at, batch.cancelling_at) == (None, None, None)


def test_a_batch_that_its_provider_refused_as_a_whole_is_sent_again(make, sandbox):
    sandbox.fault(operation="batches.create", status=400)
    batch = live(make(3))
    assert batch.status == Batch.Status.FAILED

    batch = live(services.retry(batch))

    assert (batch.status, batch.completed, batch.errors) == ("completed", 3, None)
    assert len(results(batch)[0]) == 3


def test_a_retry_that_its_provider_refuses_leaves_what_was_there(make, sandbox):
    batch = live(make(some_fail(3, (1,))))
    sandbox.fault(operation="batches.create", status=400)

    batch = live(services.retry(batch))

    output, errors = results(batch)
    assert (batch.status, ids(output), ids(errors)) == ("completed", ["c-0", "c-2"], ["c-1"])


def test_a_retry_is_cancelled_before_it_is_planned(make, sandbox):
    batch = live(make(some_fail(3, (1,))))

    services.retry(batch)
    services.cancel(batch)
    batch = live(batch)

    assert (batch.status, batch.completed, batch.failed) == ("cancelled", 2, 1)
    assert (sandbox.jobs_made(), batch.retrying_at) == (1, None)


def test_collecting_again_after_a_retry_tells_the_same(make):
    batch = live(services.retry(heal(live(make(some_fail(4, (1, 2)))))))
    before = results(batch)

    batch = live(services.collect_again(batch))

    assert results(batch) == before


def test_other_surfaces_read_the_same(make):
    batch = live(services.retry(heal(live(make(some_fail(3, (2,)))))))

    told = b"".join(services.results(batch, "anthropic"))

    assert told.count(b'"succeeded"') == 3


def running(make) -> Batch:
    batch = make(1)
    services.advance(batch.pk)
    return Batch.objects.get(pk=batch.pk)


def changed(**fields: object):
    def change(make) -> Batch:
        batch = live(make(some_fail(2, (1,))))
        Batch.objects.filter(pk=batch.pk).update(**fields)
        return Batch.objects.get(pk=batch.pk)

    return change


def unread(make) -> Batch:
    batch = changed()(make)
    files.delete(batch.input_file)
    return Batch.objects.get(pk=batch.pk)


def without_a_credential(make) -> Batch:
    batch = changed()(make)
    Credential.objects.update(enabled=False)
    return batch


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (running, "wait until it has ended"),
        (lambda make: live(make([])), "clone it instead"),
        (lambda make: live(make(2)), "has an answer"),
        (changed(archived_at="2026-01-01T00:00Z"), "results were removed"),
        (changed(deleted_at="2026-01-01T00:00Z"), "client deleted it"),
        (unread, "input was deleted"),
        (changed(stand_in=True), "nobody has its requests"),
        (without_a_credential, "No credential reaches openai"),
    ],
)
def test_it_says_why_a_batch_cannot_be_tried_again(make, state, why):
    batch = state(make)
    before = Batch.objects.filter(pk=batch.pk).values().get()

    with pytest.raises(services.NotRetriableError, match=why):
        services.retry(batch)

    assert Batch.objects.filter(pk=batch.pk).values().get() == before


def test_asked_for_twice_it_is_done_once(make, sandbox):
    batch = live(make(some_fail(2, (1,))))
    same = Batch.objects.get(pk=batch.pk)

    services.retry(batch)
    with pytest.raises(services.NotRetriableError, match="changed meanwhile"):
        services.retry(same)
    live(batch)

    assert sandbox.jobs_made() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(400)
def test_killed_anywhere_in_a_retry_it_is_submitted_once_and_completes(make, sandbox):
    tried = 0

    def failed() -> Batch:
        return live(make([line(0), line(1, "[sandbox:status=400]"), line(2)]))

    def again(batch: Batch) -> None:
        services.retry(Batch.objects.get(pk=batch.pk))
        services.advance(batch.pk)

    def check(batch: Batch) -> None:
        nonlocal tried
        tried += 1
        if batch.jobs.count() == 1:
            # Killed before anything was written: it was not asked for.
            batch = live(services.retry(batch))
        assert is_complete(batch)
        assert sandbox.count("batches.create") == sandbox.jobs_made() == 2 * tried
        assert batch.jobs.filter(status=Job.Status.COLLECTED).count() == 2

    assert kill_everywhere(failed, again, check) > 8


def limited(make, workspace, budget: str) -> tuple[Batch, Spend]:
    """A batch with a failed record, made last month, and what was spent in that one."""
    workspace.monthly_budget = 1000
    workspace.save()
    batch = make(some_fail(3, (1,)))
    Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=32))
    batch = live(batch)
    workspace.monthly_budget = Decimal(budget)
    workspace.save()
    return Batch.objects.get(pk=batch.pk), Spend.objects.get()


def test_a_retry_holds_what_it_may_cost_until_its_end_and_adds_what_it_did(make, workspace):
    batch, first = limited(make, workspace, "1000")
    assert (first.held, first.spent) == (0, batch.cost)

    services.retry(heal(batch))
    services.advance(batch.pk)

    held = Spend.objects.get()
    batch.refresh_from_db()
    assert (held.held, held.spent) == (batch.reserved, first.spent)
    assert batch.reserved > 0
    batch = live(batch)
    both = Spend.objects.get()
    assert (both.held, both.spent) == (batch.reserved, batch.cost) == (0, both.spent)
    assert both.spent > first.spent


def test_a_retry_costs_no_more_than_is_left_of_the_month_of_its_batch(make, workspace, sandbox):
    batch, first = limited(make, workspace, "0.01")
    Spend.objects.update(spent=F("spent") + 9_900_000)

    batch = live(services.retry(heal(batch)))

    assert (batch.status, batch.completed, batch.failed) == ("completed", 2, 1)
    assert sandbox.jobs_made() == 1
    assert "$0.01 a month" in batch.events.get(kind="not retried").message
    Spend.objects.update(spent=10_000_000)
    with pytest.raises(services.NotRetriableError, match="are spent"):
        services.retry(batch)
