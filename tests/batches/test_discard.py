"""What was sent to a provider ahead of a job is removed when its batch has ended, and nothing else is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches import services
from batches.models import Batch
from files.models import UpstreamFile
from tests.batches.conftest import every_provider, line, live, results
from tests.providers.vendors import VENDORS

pytestmark = pytest.mark.django_db

WAITS = "[sandbox:seconds=60]"


def discard() -> int:
    """As worker and beat do."""
    return sum(map(services.discard, services.credentials_with_leftovers()))


@every_provider
def test_it_is_removed_once_the_batch_has_ended(make, sandbox, provider):
    removal = VENDORS[provider].removal
    batch = live(make())

    assert discard() == (1 if removal else 0)

    assert sandbox.count(removal) == (1 if removal else 0)
    assert not UpstreamFile.objects.exists()
    assert discard() == 0
    assert len(results(live(services.collect_again(batch)))[0]) == 3


@every_provider
def test_while_a_batch_runs_it_stays(make, sandbox, provider):
    batch = make([line(0, WAITS)])
    while services.advance(batch.pk):
        pass

    assert discard() == 0

    live(services.cancel(Batch.objects.get(pk=batch.pk)))
    assert discard() == (1 if VENDORS[provider].removal else 0)


def test_what_a_refused_job_left_is_removed_too(make, sandbox):
    sandbox.fault(operation="batches.create", status=403)
    batch = live(make())

    assert (batch.status, discard()) == (Batch.Status.FAILED, 1)


def test_the_timeline_says_what_was_removed(make):
    batch = live(make())
    (name,) = UpstreamFile.objects.values_list("upstream_id", flat=True)

    discard()

    assert batch.events.get(kind="input removed").message.startswith(name)


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 503}, {"drop": "before"}], ids=str)
def test_what_cannot_be_removed_now_is_removed_later(make, sandbox, fault):
    live(make())
    sandbox.fault(operation="files.delete", times=4, **fault)

    assert discard() == 0
    sandbox.control("DELETE", "faults")
    assert discard() == 1


def test_one_that_is_never_removed_holds_up_no_other(make, sandbox):
    batches = [live(make()) for _ in range(3)]
    sandbox.fault(operation="files.delete", status=400, message="Not this one.")

    assert discard() == 3

    assert not UpstreamFile.objects.exists()
    told = [batch.events.get(kind="input removed").message for batch in batches]
    assert ["Not this one." in message for message in told] == [True, False, False]


def test_what_was_removed_though_nobody_heard_of_it_is_gone(make, sandbox):
    live(make())
    sandbox.fault(operation="files.delete", drop="after")

    assert discard() == 1
    assert not UpstreamFile.objects.exists()


def test_a_secret_that_no_key_opens_waits(make, credential):
    live(make())
    credential.encrypted_secret = "gAAAA-of-another-installation"
    credential.save()

    assert discard() == 0
    assert UpstreamFile.objects.count() == 1


@pytest.mark.parametrize("provider", ["gemini"], indirect=True)
def test_a_file_that_the_provider_has_let_go_of_is_sent_again(make, sandbox):
    """Gemini's files last 48 hours, and so long an outage of ours may last."""
    batch = make()
    sandbox.fault(operation="batches.create", status=429)
    services.advance(batch.pk)
    sandbox.control("POST", "clock", advance=49 * 3600)

    batch = live(batch)

    assert batch.status == Batch.Status.COMPLETED
    assert len(results(batch)[0]) == 3
    assert (sandbox.count("files.upload"), sandbox.jobs_made()) == (2, 1)
    assert discard() == 2


@pytest.mark.parametrize("provider", ["gemini"], indirect=True)
@pytest.mark.parametrize(("hours", "uploads"), [(23, 1), (25, 2)])
def test_a_file_that_has_lain_for_long_is_sent_again(make, sandbox, hours, uploads):
    batch = make()
    sandbox.fault(operation="batches.create", status=429)
    services.advance(batch.pk)
    made = timezone.now() - timedelta(hours=hours)
    UpstreamFile.objects.update(created_at=made)

    batch = live(batch)

    assert batch.status == Batch.Status.COMPLETED
    assert sandbox.count("files.upload") == uploads
