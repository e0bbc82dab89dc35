"""Stopping a batch, wherever it is in its life."""

from collections.abc import Callable

import pytest

from batches import services
from batches.models import Batch, Job
from batches.services import submit
from batches.services.claim import Claim
from providers.bedrock import direct as direct_lane
from tests.batches.conftest import directly, line, live, results, revive

pytestmark = pytest.mark.django_db

SLOW = "[sandbox:seconds=1]"


def test_cancelled_before_it_was_sent_it_is_never_sent(make, sandbox):
    batch = live(services.cancel(make()))

    assert batch.status == Batch.Status.CANCELLED
    assert sandbox.count("batches.create") == 0
    assert batch.output_file is None
    assert batch.cancelling_at <= batch.cancelled_at


def test_cancelled_half_way_every_record_has_a_line(make, sandbox):
    batch = make([line(number, SLOW) for number in range(8)])
    services.advance(batch.pk)
    batch.refresh_from_db()

    batch = live(services.cancel(batch))

    output, errors = results(batch)
    assert batch.status == Batch.Status.CANCELLED
    assert len(output) + len(errors) == 8
    assert {one["error"]["code"] for one in errors} <= {"batch_cancelled"}
    assert sandbox.count("batches.cancel") == 1


def test_cancelled_twice_it_is_asked_of_the_provider_once(make, sandbox):
    batch = make([line(0, SLOW)])
    services.advance(batch.pk)
    batch.refresh_from_db()

    services.cancel(batch)
    live(services.cancel(batch))

    assert sandbox.count("batches.cancel") == 1


def test_an_ended_batch_cannot_be_cancelled(make):
    batch = live(make())

    with pytest.raises(services.NotCancellableError, match="completed"):
        services.cancel(batch)


def test_a_cancel_that_comes_while_it_is_submitted_wins(make, sandbox, monkeypatch):
    batch = make([line(0, SLOW)])
    moved = Job.objects.filter(batch=batch)

    def cancel_meanwhile(*args, **options):
        if moved.filter(status=Job.Status.SUBMITTING).exists():
            monkeypatch.undo()
            services.cancel(Batch.objects.get(pk=batch.pk))

    from providers.openai.upstream import OpenAIUpstream  # noqa: PLC0415

    submit = OpenAIUpstream.submit

    def slow_submit(self, *args):
        state = submit(self, *args)
        cancel_meanwhile()
        return state

    monkeypatch.setattr(OpenAIUpstream, "submit", slow_submit)
    batch = live(batch)

    assert batch.status == Batch.Status.CANCELLED
    assert sandbox.count("batches.create") == 1
    assert batch.jobs.get().upstream_status in ("cancelled", "completed")


def test_a_provider_that_is_down_delays_a_cancel_and_does_not_lose_it(make, sandbox):
    batch = make([line(0, SLOW)])
    services.advance(batch.pk)
    batch.refresh_from_db()
    services.cancel(batch)
    sandbox.fault(operation="batches.cancel", status=503, times=2)
    sandbox.fault(operation="batches.retrieve", status=503, times=4)

    services.advance(batch.pk)
    batch.refresh_from_db()
    assert batch.status == Batch.Status.CANCELLING
    assert batch.attempts == 1
    assert batch.events.filter(kind="postponed").exists()

    sandbox.control("DELETE", "faults")
    assert live(batch).status == Batch.Status.CANCELLED


def test_cancelled_while_a_worker_holds_it_the_provider_is_told(make, sandbox, monkeypatch):
    batch = make([line(0, SLOW)])
    services.advance(batch.pk)
    rest = Claim.rest

    def cancelled_just_before(claim: Claim) -> None:
        services.cancel(Batch.objects.get(pk=batch.pk))
        rest(claim)

    with monkeypatch.context() as patched:
        patched.setattr(Claim, "rest", cancelled_just_before)
        assert services.advance(batch.pk)
    batch = live(batch)

    assert batch.status == Batch.Status.CANCELLED
    assert sandbox.count("batches.cancel") == 1


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens when an upstream asks whether to go on, for the first time, the second time, and so on."""
    monkeypatch.setattr(direct_lane, "BEAT_SECONDS", 0)
    happens: list[Callable[[], object]] = []
    goes_on = submit._goes_on

    def meanwhile(claim: Claim) -> bool:
        if happens:
            happens.pop(0)()
        return goes_on(claim)

    monkeypatch.setattr(submit, "_goes_on", meanwhile)
    return happens


def nothing() -> None:
    pass


@directly
def test_records_that_are_asked_for_one_by_one_are_in_progress_meanwhile(make, asked):
    seen = []
    batch = make(30)
    asked += [lambda: seen.append(Batch.objects.get(pk=batch.pk).status)] * 3

    batch = live(batch)

    assert seen == ["validating", "in_progress", "in_progress"]
    assert (batch.status, batch.completed) == (Batch.Status.COMPLETED, 30)
    assert batch.in_progress_at <= batch.jobs.get().submitted_at


@directly
@pytest.mark.parametrize("beats", [0, 5])
def test_records_that_are_asked_for_one_by_one_stop_between_two(make, sandbox, asked, beats):
    batch = make(60)
    asked += [*[nothing] * beats, lambda: services.cancel(Batch.objects.get(pk=batch.pk))]

    batch = live(batch)

    output, errors = results(batch)
    assert batch.status == Batch.Status.CANCELLED
    assert sandbox.count("models.invoke") == len(output) < 60
    assert bool(output) == (beats > 0)
    assert {one["error"]["code"] for one in errors} == {"batch_cancelled"}
    assert len(output) + len(errors) == 60


@directly
def test_what_a_dead_worker_had_asked_for_is_kept_though_nobody_goes_on(make, sandbox, asked):
    def die() -> None:
        raise KeyboardInterrupt

    batch = make(60)
    asked += [*[nothing] * 20, die]
    with pytest.raises(KeyboardInterrupt):
        services.advance(batch.pk)
    asked_for = sandbox.count("models.invoke")
    services.cancel(Batch.objects.get(pk=batch.pk))
    revive()

    batch = live(batch)

    output, errors = results(batch)
    assert batch.status == Batch.Status.CANCELLED
    assert 0 < len(output) == asked_for == sandbox.count("models.invoke")
    assert len(output) + len(errors) == 60


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_job_in_doubt_keeps_no_other_from_being_cancelled(make, sandbox, small_jobs):
    batch = make([line(number, "[sandbox:seconds=60]") for number in range(4)])
    sandbox.fault(operation="batches.create", drop="after")
    for _ in range(2):
        revive()
        services.advance(batch.pk)
    doubtful, running = batch.jobs.order_by("ordinal")
    assert (doubtful.status, running.status) == (Job.Status.SUBMITTING, Job.Status.RUNNING)

    services.cancel(Batch.objects.get(pk=batch.pk))
    revive()
    services.advance(batch.pk)

    assert sandbox.count("batches.cancel") == 1
    running.refresh_from_db()
    assert running.upstream_status == "canceling"
    # Its results tell whose it is.
    made = sandbox.control("GET", "calls?operation=batches.create")["calls"]
    sandbox.force(made[0]["object"], "ended")
    assert live(batch).status == Batch.Status.CANCELLED
    assert sandbox.jobs_made() == 2
