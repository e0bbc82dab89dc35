"""What others made stays theirs: it is let go of here, and at its provider only when an operator says so."""

import pytest

from batches import services
from batches.models import Batch, OutsideJob
from files.models import File
from tests.batches.conftest import every_provider, live
from tests.outside.conftest import OPERATOR, found

pytestmark = pytest.mark.django_db
two_providers = pytest.mark.parametrize("provider", ["openai", "gemini"], indirect=True)


def results_there(batch: Batch) -> bytes:
    job = batch.jobs.get()
    return b"".join(services.jobs.upstream_of(job).results(job.upstream_files))


@two_providers
def test_a_workspace_that_keeps_no_results_does_not_take_them_from_their_maker(adopted, credential):
    batch = live(adopted())

    assert services.archive(batch, "at once")
    services.discard(credential.pk)

    assert b"theirs-1" in results_there(batch)
    assert not batch.jobs.get().forgetting


@every_provider
def test_erased_it_is_gone_where_its_provider_lets_go_of_it(
    adopted, credential, provider, workspace
):
    batch = live(adopted())
    job = batch.jobs.get()
    upstream = services.jobs.upstream_of(job)

    services.erase_batch(batch, by=OPERATOR)

    assert not Batch.objects.exists()
    assert not File.objects.filter(status=File.Status.STORED).exists()
    # A folder of somebody's bucket that no job of ours wrote to is never touched.
    if provider == "bedrock":
        assert b"theirs-1" in b"".join(upstream.results(job.upstream_files))
    elif provider != "gemini":
        with pytest.raises(services.jobs.UpstreamError):
            b"".join(upstream.results(job.upstream_files))
    assert OutsideJob.objects.get().batch is None


def test_what_was_erased_here_and_is_still_there_may_be_adopted_again(
    adopted, credential, workspace
):
    batch = live(adopted())
    name = batch.jobs.get().upstream_id
    services.erase_batch(batch, by=OPERATOR)
    services.sync(credential.pk)

    again = live(services.adopt(found(name), workspace, by=OPERATOR))

    # Its results are gone by now, and with them all that was known.
    assert again.status == Batch.Status.COMPLETED
    assert again.pk != batch.pk
    assert (again.completed, again.failed) == (0, 2)


@two_providers
def test_without_its_requests_nothing_is_tried_again(adopted, provider):
    batch = live(adopted("Hello", "[sandbox:status=400]"))

    if batch.stand_in:
        with pytest.raises(services.NotRetriableError, match="nobody has its requests"):
            services.retry(batch)
        with pytest.raises(services.NotClonableError, match="Nobody has the requests"):
            services.clone(batch)
        return
    batch = live(services.retry(batch))
    assert (batch.completed, batch.failed) == (1, 1)
    assert [job.adopted for job in batch.jobs.order_by("ordinal")] == [True, False]


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_a_job_whose_results_are_gone_fails_with_the_providers_words(adopted, credential, sandbox):
    batch = adopted()
    job = batch.jobs.get()
    while not job.ending:
        services.poll(credential.pk)
        job.refresh_from_db()
    sandbox.fault(operation="batches.results", status=404, times=None, message="Archived.")

    batch = live(batch)

    assert batch.status == Batch.Status.FAILED
    assert "Archived." in batch.errors[0]["message"]
