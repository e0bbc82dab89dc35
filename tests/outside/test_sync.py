"""A look at a provider's list finds what others made, and nothing that is ours."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches import services, tasks
from batches.models import Batch, Job, OutsideJob
from batches.services import outside
from providers.base import UpstreamError
from providers.models import Credential, Workspace
from tests.batches.conftest import every_provider, live
from tests.outside.conftest import OPERATOR, found
from tests.sandbox import bedrock
from tests.vendor_models import MODELS

pytestmark = pytest.mark.django_db
two_providers = pytest.mark.parametrize("provider", ["openai", "gemini"], indirect=True)
KNOWN = {
    "openai": {"name": "nightly", "endpoint": "/v1/chat/completions"},
    "anthropic": {"endpoint": "/v1/chat/completions", "total": 2},
    "gemini": {"name": "nightly", "model": MODELS["gemini"]},
    "bedrock": {
        "name": "nightly",
        "model": MODELS["bedrock"],
        "input_id": f"s3://{bedrock.BUCKET}/in/questions.jsonl",
    },
}


@every_provider
def test_a_job_of_others_is_found_with_what_its_provider_says(made, credential, provider):
    name = made()

    told = {"outside": 1, "new": 1, "unreadable": 0, "cut": False}
    assert vars(services.sync(credential.pk)) == told

    job = found(name)
    assert {field: getattr(job, field) for field in KNOWN[provider]} == KNOWN[provider]
    assert abs(job.made_at - timezone.now()) < timedelta(minutes=1)
    assert job.batch is None


@every_provider
def test_a_second_look_brings_status_and_counts_up_to_date(made, credential, sandbox, provider):
    name = made("[sandbox:seconds=60]", "Hello")
    services.sync(credential.pk)
    assert found(name).ending == ""
    upstream = outside._upstream_of(credential)

    upstream.cancel(name)
    while not found(name).ending:
        services.sync(credential.pk)

    assert found(name).ending == "cancelled"
    assert OutsideJob.objects.count() == 1


@two_providers
def test_our_own_jobs_are_not_outside(make, made, credential):
    running = make(2)
    while services.advance(running.pk):
        pass
    theirs = made()

    services.sync(credential.pk)

    assert [job.upstream_id for job in OutsideJob.objects.all()] == [theirs]


@every_provider
def test_a_job_of_ours_whose_submission_got_no_answer_is_not_outside(make, credential, sandbox):
    sandbox.fault(operation="batches.create", drop="after")
    batch = make(2)
    services.advance(batch.pk)
    assert batch.jobs.get().status == Job.Status.SUBMITTING
    assert sandbox.jobs_made() == 1

    services.sync(credential.pk)
    assert not OutsideJob.objects.exists()
    batch = live(batch)
    services.sync(credential.pk)

    assert batch.status == Batch.Status.COMPLETED
    assert not OutsideJob.objects.exists()
    assert sandbox.jobs_made() == 1


@pytest.mark.parametrize("provider", ["anthropic"], indirect=True)
def test_what_may_be_ours_is_not_adopted_while_nobody_can_tell(
    make, made, credential, workspace, sandbox
):
    """Else the job of ours would count as another's, and be sent again."""
    batch = make(2)
    name = made("[sandbox:seconds=60]")
    OutsideJob.objects.create(
        credential=credential, upstream_id=name, upstream_status="in_progress"
    )
    sandbox.fault(operation="batches.create", status=502)
    Job.objects.create(
        batch=batch,
        credential=credential,
        ordinal=0,
        first=0,
        records=2,
        status=Job.Status.SUBMITTING,
        submitting_at=timezone.now() - timedelta(minutes=1),
    )

    with pytest.raises(services.NotAdoptableError, match="submission got no answer"):
        services.adopt(found(name), workspace, by=OPERATOR)


def test_what_was_forgotten_while_somebody_looked_at_it_is_not_adopted(made, credential, workspace):
    name = made()
    services.sync(credential.pk)
    shown = found(name)
    OutsideJob.objects.all().delete()

    with pytest.raises(services.NotAdoptableError, match="not listed any more"):
        services.adopt(shown, workspace, by=OPERATOR)

    assert not Batch.objects.exists()


def test_what_is_listed_no_longer_is_seen_to_be_gone_and_forgotten_later(made, credential):
    name = made()
    services.sync(credential.pk)
    gone = OutsideJob.objects.create(
        credential=credential, upstream_id="batch_gone", upstream_status="completed"
    )
    seen_at = gone.seen_at

    services.sync(credential.pk)
    assert found("batch_gone").seen_at == seen_at < found(name).seen_at
    OutsideJob.objects.filter(pk=gone.pk).update(seen_at=timezone.now() - outside.KEPT_UNSEEN * 2)
    services.sync(credential.pk)

    assert OutsideJob.objects.get().upstream_id == name


def test_a_word_that_nobody_knows_is_counted_and_hides_no_other(made, credential, sandbox):
    odd, plain = made(), made()
    sandbox.force(odd, "pondering")

    assert services.sync(credential.pk).unreadable == 1

    assert OutsideJob.objects.get().upstream_id == plain


def test_a_look_goes_back_so_far_and_no_further(made, credential, monkeypatch):
    names = [made() for _ in range(3)]
    monkeypatch.setattr(outside, "MOST", 2)

    assert services.sync(credential.pk).cut

    assert {job.upstream_id for job in OutsideJob.objects.all()} == set(names[1:])
    monkeypatch.setattr(outside, "MOST", 3)
    assert not services.sync(credential.pk).cut
    monkeypatch.setattr(outside, "OLDEST", -timedelta(hours=1))
    OutsideJob.objects.all().delete()
    services.sync(credential.pk)
    assert not OutsideJob.objects.exists()


def test_accounts_that_clients_brought_are_left_alone_and_one_that_fails_stops_no_other(
    made, credential, monkeypatch
):
    made()
    Credential.objects.create(provider="openai", name="brought", direct=True)
    broken = Credential.objects.create(
        provider="openai", name="broken", base_url="http://127.0.0.1:9/v1"
    )
    monkeypatch.setattr("providers.http.RETRY", None)
    with pytest.raises(UpstreamError):
        services.sync(broken.pk)

    for credential_id in services.credentials_to_sync():
        tasks.sync_credential(credential_id)

    assert set(services.credentials_to_sync()) == {credential.pk, broken.pk}
    assert OutsideJob.objects.count() == 1


def test_adopting_twice_gives_the_same_batch_and_no_other_workspace_gets_it(adopted, workspace):
    batch = adopted()
    job = found(batch.jobs.get().upstream_id)

    assert services.adopt(job, workspace, by=OPERATOR) == batch
    with pytest.raises(services.NotAdoptableError):
        services.adopt(job, Workspace.objects.create(name="other"), by=OPERATOR)

    assert Batch.objects.count() == 1


def test_what_was_adopted_by_one_way_to_an_account_is_not_adopted_by_another(
    adopted, credential, workspace
):
    batch = adopted()
    other = Credential(provider="openai", name="same account", base_url=credential.base_url)
    other.secret = credential.secret
    other.save()
    services.sync(other.pk)
    assert not OutsideJob.objects.filter(credential=other).exists()
    listed = OutsideJob.objects.create(
        credential=other, upstream_id=batch.jobs.get().upstream_id, upstream_status="completed"
    )

    with pytest.raises(services.NotAdoptableError, match="already"):
        services.adopt(listed, workspace, by=OPERATOR)


def test_what_stands_on_a_workspaces_own_account_goes_to_no_other(made, credential, workspace):
    credential.workspace = Workspace.objects.create(name="owner")
    credential.save()
    name = made()
    services.sync(credential.pk)

    with pytest.raises(services.NotAdoptableError, match="belongs to"):
        services.adopt(found(name), workspace, by=OPERATOR)

    assert not Batch.objects.exists()


def test_one_that_is_older_than_any_list_is_found_by_its_id(made, credential, monkeypatch):
    name = made()
    monkeypatch.setattr(outside, "MOST", 0)
    services.sync(credential.pk)
    assert not OutsideJob.objects.exists()

    assert services.sync_one(credential, name).upstream_id == name
    with pytest.raises(services.NoSuchJobError):
        services.sync_one(credential, "batch_never_was")


@two_providers
def test_one_of_ours_is_not_found_by_its_id_either(make, credential):
    batch = make(2)
    while services.advance(batch.pk):
        pass

    with pytest.raises(services.NoSuchJobError, match="that Bifrost made"):
        services.sync_one(credential, batch.jobs.get().upstream_id)
