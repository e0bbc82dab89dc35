"""Which of several credentials a batch goes to: by weight, once, and never to a drained one."""

from collections import Counter

import pytest
from django.db import IntegrityError, transaction

from batches import services
from batches.models import Job
from providers.models import Credential, Workspace
from tests.batches.conftest import live

pytestmark = pytest.mark.django_db

DRAWS = 400
ROLE = "arn:aws:iam::000000000000:role/batches"


def made(name: str, **fields: object) -> Credential:
    return Credential.objects.create(**{"provider": "openai", "name": name, **fields})


def chosen(workspace: Workspace, provider: str = "openai", **wanted: object) -> str | None:
    found = Credential.objects.choose(workspace=workspace, provider=provider, **wanted)
    return found and found.name


def test_each_is_taken_as_often_as_it_weighs(workspace):
    made("light", weight=1)
    made("heavy", weight=3)

    times = Counter(chosen(workspace) for _ in range(DRAWS))

    # 300 and 100 are expected; to miss by as much is a matter of one in a billion.
    assert 245 < times["heavy"] < 355
    assert times["light"] + times["heavy"] == DRAWS


def test_a_workspaces_own_go_before_the_shared_whatever_these_weigh(workspace):
    made("shared", weight=1000)
    made("own", workspace=workspace)
    made("of others", workspace=Workspace.objects.create(name="others"), weight=1000)

    assert {chosen(workspace) for _ in range(20)} == {"own"}


def test_a_drained_one_is_never_taken(workspace):
    made("drained", weight=1000, enabled=False)
    assert chosen(workspace) is None

    made("open")
    assert {chosen(workspace) for _ in range(20)} == {"open"}


def test_a_weight_of_nothing_cannot_be_kept(workspace):
    with pytest.raises(IntegrityError), transaction.atomic():
        made("nothing", weight=0)


def test_the_one_whose_bucket_a_batch_names_goes_first(workspace):
    made("own", provider="bedrock", workspace=workspace, weight=1000)
    made("fitting", provider="bedrock", options={"bucket": "theirs"})

    assert {chosen(workspace, "bedrock") for _ in range(20)} == {"own"}
    assert {chosen(workspace, "bedrock", buckets={"theirs"}) for _ in range(20)} == {"fitting"}


def test_only_one_that_allows_the_role_is_taken(workspace, settings):
    settings.AUTH = "keys"
    made("strict", provider="bedrock", options={"role_arn": "arn:other"}, weight=1000)
    assert chosen(workspace, "bedrock", role=ROLE) is None

    made("listed", provider="bedrock", options={"roles": [ROLE]})
    assert {chosen(workspace, "bedrock", role=ROLE) for _ in range(20)} == {"listed"}


def test_all_jobs_of_a_batch_stay_with_one(make, credential, small_jobs):
    second = Credential.objects.get(pk=credential.pk)
    second.pk, second.name = "second000000", "second"
    second.save(force_insert=True)
    batch = make(8)
    assert services.advance(batch.pk)
    (taken,) = set(Job.objects.values_list("credential_id", flat=True))
    # Drained or not, the one that has the jobs is watched to their end, and the other takes none.
    Credential.objects.update(enabled=False)

    assert live(batch).completed == 8

    assert batch.jobs.count() == 4
    assert set(batch.jobs.values_list("credential_id", flat=True)) == {taken}
