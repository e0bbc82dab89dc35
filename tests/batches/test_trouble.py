"""What goes wrong at a provider is seen, tried again, and touches nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches import services
from batches.models import Batch, BatchEvent, Job
from batches.services import submit
from files import services as files
from tests.batches.conftest import every_provider, line, live, results, revive

pytestmark = pytest.mark.django_db


def running(batch: Batch) -> Job:
    while services.advance(batch.pk):
        pass
    return batch.jobs.get()


def poll(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
    services.poll(job.credential_id)
    job.refresh_from_db()
    return job


@every_provider
def test_a_provider_that_cannot_be_reached_is_tried_again(make, credential, monkeypatch):
    credential.base_url = "http://127.0.0.1:9/v1"
    credential.save()
    monkeypatch.setattr("providers.http.RETRY", None)
    batch = make()

    services.advance(batch.pk)

    batch.refresh_from_db()
    assert batch.status == Batch.Status.VALIDATING
    assert batch.attempts == 1
    assert batch.last_error in ("127.0.0.1 cannot be reached", "S3 cannot be reached")
    assert batch.due_at > timezone.now() - timedelta(seconds=1)


@every_provider
def test_a_batch_that_never_got_through_fails_when_its_time_is_over(make, sandbox):
    sandbox.fault(operation="batches.create", status=429, retry_after=0.01)
    batch = make()
    Batch.objects.filter(pk=batch.pk).update(expires_at=timezone.now())

    services.advance(batch.pk)

    batch.refresh_from_db()
    assert batch.status == Batch.Status.FAILED
    assert "completion window" in batch.errors[0]["message"]


@every_provider
def test_jobs_that_never_got_through_expire_beside_those_that_did(make, sandbox, small_jobs):
    batch = make(6)
    sandbox.fault(operation="batches.create", times=1, latency=0)
    sandbox.fault(operation="batches.create", status=409, times=None)
    services.advance(batch.pk)
    assert batch.jobs.filter(status=Job.Status.PLANNED).count() == 2
    Batch.objects.update(expires_at=timezone.now(), due_at=timezone.now())

    batch = live(batch)

    output, errors = results(batch)
    assert batch.status == Batch.Status.EXPIRED
    assert [one["custom_id"] for one in output] == ["c-0", "c-1"]
    assert {one["error"]["code"] for one in errors} == {"batch_expired"}
    assert len(errors) == 4


@every_provider
def test_one_job_that_is_refused_for_now_delays_no_other(make, sandbox, small_jobs):
    sandbox.fault(operation="batches.create", status=409)
    batch = make(6)

    services.advance(batch.pk)

    statuses = [job.status for job in batch.jobs.order_by("ordinal")]
    assert statuses == [Job.Status.PLANNED, Job.Status.RUNNING, Job.Status.RUNNING]
    assert Batch.objects.get(pk=batch.pk).status == Batch.Status.IN_PROGRESS
    revive()
    assert live(batch).completed == 6
    assert sandbox.jobs_made() == 3


@every_provider
def test_a_lost_answer_is_not_looked_for_at_once(make, sandbox, monkeypatch):
    """The provider may still be at work on the call, and not list the job yet."""
    monkeypatch.setattr(submit, "SETTLE_SECONDS", 30)
    sandbox.fault(operation="batches.create", status=502)
    batch = make()

    services.advance(batch.pk)

    batch.refresh_from_db()
    assert batch.due_at - timezone.now() > timedelta(seconds=25)
    assert batch.jobs.get().status == Job.Status.SUBMITTING
    services.cancel(batch)
    batch.refresh_from_db()
    assert batch.due_at - timezone.now() > timedelta(seconds=20)


def test_trouble_of_the_account_is_met_once(make, sandbox, small_jobs):
    sandbox.fault(operation="batches.create", status=429, times=None)
    batch = make(6)

    services.advance(batch.pk)

    assert sandbox.count("batches.create") == 1


@every_provider
def test_a_job_that_succeeded_is_told_though_the_others_are_refused(make, sandbox, small_jobs):
    sandbox.fault(operation="batches.create", times=1, latency=0)
    sandbox.fault(operation="batches.create", status=400, times=None, message="Not this one.")

    batch = live(make(4))

    output, errors = results(batch)
    assert batch.status == Batch.Status.COMPLETED
    assert [one["custom_id"] for one in output] == ["c-0", "c-1"]
    assert all("Not this one." in one["error"]["message"] for one in errors)


@every_provider
def test_results_wait_for_a_key_and_are_not_given_up(make, sandbox, provider):
    batch = make()
    job = running(batch)
    while job.status != Job.Status.ENDED:
        poll(job)
    sandbox.fault(provider="*", status=403, times=None)

    services.advance(batch.pk)

    batch.refresh_from_db()
    assert batch.status == Batch.Status.FINALIZING
    assert "403" in batch.last_error
    sandbox.control("DELETE", "faults")
    revive()
    assert live(batch).completed == 3


@every_provider
def test_what_was_kept_serves_where_the_key_no_longer_does(make, sandbox):
    batch = live(make())
    sandbox.fault(provider="*", status=403, times=None)

    batch = live(services.collect_again(batch))

    assert (batch.status, batch.completed) == (Batch.Status.COMPLETED, 3)


@every_provider
def test_a_provider_that_refuses_for_good_fails_the_batch_with_its_words(make, sandbox):
    sandbox.fault(operation="batches.create", status=403, message="Not on your plan.")

    batch = live(make())

    assert batch.status == Batch.Status.FAILED
    assert "Not on your plan." in batch.errors[0]["message"]
    assert sandbox.count("batches.create") == 1


def test_an_account_without_credential_fails_with_a_sentence(make, credential):
    batch = make()
    credential.enabled = False
    credential.save()

    batch = live(batch)

    assert batch.errors[0]["code"] == "no_credential"


def test_a_secret_that_no_key_opens_is_the_operators_to_see(make, credential):
    batch = make()
    credential.encrypted_secret = "gAAAA-of-another-installation"
    credential.save()

    services.advance(batch.pk)

    batch.refresh_from_db()
    assert batch.status == Batch.Status.VALIDATING
    assert "BIFROST_ENCRYPTION_KEYS" in batch.last_error


@every_provider
def test_an_unknown_word_of_the_provider_is_an_error_that_is_seen(make, sandbox):
    job = running(make([line(0, "[sandbox:seconds=60]")]))
    sandbox.force(job.upstream_id, "pondering")

    poll(poll(job))

    assert job.status == Job.Status.RUNNING
    assert job.attempts == 2
    assert job.last_error == "unknown job status 'pondering'"
    assert BatchEvent.objects.filter(kind="poll failed", job=job).count() == 1


@every_provider
def test_a_job_of_eight_days_that_cannot_be_told_is_given_up(make, sandbox):
    job = running(make([line(0, "[sandbox:seconds=60]")]))
    sandbox.force(job.upstream_id, "pondering")
    long_ago = timezone.now() - timedelta(days=9)
    Job.objects.filter(pk=job.pk).update(submitted_at=long_ago)

    poll(poll(job))

    assert job.status == Job.Status.ENDED
    batch = live(job.batch)
    assert batch.status == Batch.Status.FAILED
    assert "pondering" in batch.errors[0]["message"]


@every_provider
@pytest.mark.parametrize("others", [1, 5])
def test_one_poisoned_job_does_not_delay_the_others(make, sandbox, others):
    poisoned = running(make([line(0, "[sandbox:seconds=60]")]))
    sandbox.force(poisoned.upstream_id, "pondering")

    for batch in [make() for _ in range(others)]:
        assert live(batch).status == Batch.Status.COMPLETED

    poisoned.refresh_from_db()
    assert poisoned.last_error


@every_provider
def test_many_jobs_are_asked_for_in_one_call(make, sandbox):
    batches = [make([line(0, "[sandbox:seconds=60]")]) for _ in range(12)]
    jobs = [running(batch) for batch in batches]
    Job.objects.update(due_at=timezone.now())
    before = sandbox.count("batches.list"), sandbox.count("batches.retrieve")

    services.poll(jobs[0].credential_id)

    after = sandbox.count("batches.list"), sandbox.count("batches.retrieve")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 0)
    assert not Job.objects.filter(polled_at=None).exists()


def test_two_workers_never_take_the_same_step(make):
    batch = make()

    first = Batch.objects.claim(batch.pk, was=Batch.ACTIVE)
    second = Batch.objects.claim(batch.pk, was=Batch.ACTIVE)

    assert first is not None
    assert second is None


def test_a_forgotten_batch_is_found(make, settings):
    settings.SWEEP_SECONDS = 60
    batch = make()
    assert services.forgotten() == []

    Batch.objects.update(due_at=timezone.now() - timedelta(seconds=61))

    assert services.forgotten() == [batch.pk]


def test_a_full_store_postpones_the_results(make, monkeypatch):
    batch = make()
    job = running(batch)
    while job.status != Job.Status.ENDED:
        poll(job)

    def no_room(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.store(), "create", no_room, raising=False)
    services.advance(batch.pk)
    batch.refresh_from_db()
    assert batch.status == Batch.Status.FINALIZING
    assert batch.last_error == "the store failed: OSError"

    monkeypatch.undo()
    Batch.objects.update(due_at=timezone.now())
    assert live(batch).status == Batch.Status.COMPLETED


@every_provider
def test_no_text_of_a_record_gets_into_events_or_errors(make, sandbox, caplog):
    secret_text = "the patient's name is Rumpelstilzchen"
    batch = live(make([line(0, secret_text), line(1, f"{secret_text} [sandbox:status=400]")]))
    broken = live(make.from_bytes(b'{"custom_id": "a", "body": "Rumpelstilzchen"}\n'))

    told = [event.message for event in BatchEvent.objects.all()]
    assert "Rumpelstilzchen" not in repr([told, batch.errors, broken.errors, caplog.text])


def test_a_step_that_a_dead_worker_left_is_seen_in_the_timeline(make):
    batch = make()
    Batch.objects.claim(batch.pk, was=Batch.ACTIVE)
    Batch.objects.update(due_at=timezone.now())

    live(batch)

    assert batch.events.get(kind="taken over").message.startswith("try 2")
