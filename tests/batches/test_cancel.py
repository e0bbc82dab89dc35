"""Stopping a batch, wherever it is in its life."""

import pytest

from batches import services
from batches.models import Batch, Job
from batches.services.claim import Claim
from tests.batches.conftest import line, live, results

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
