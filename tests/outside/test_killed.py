"""Whoever adopts may die between any two statements: nothing is half adopted, and nothing is sent."""

import pytest

from batches import services
from batches.models import Batch, Job, OutsideJob
from files.models import File
from tests.batches.conftest import live, results, revive
from tests.batches.test_killed import DONE, KILLED, MANY, in_a_child
from tests.outside.conftest import OPERATOR, found

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def test_killed_anywhere_it_is_adopted_whole_or_not_at_all(made, credential, workspace, sandbox):
    name = made()
    services.sync(credential.pk)
    for traces in range(MANY):
        code = in_a_child(
            lambda: services.adopt(found(name), workspace, by=OPERATOR), killed_after=traces
        )
        adopted = found(name).batch is not None
        assert Batch.objects.count() == Job.objects.count() == adopted
        if code == DONE:
            break
        assert code == KILLED

    assert traces > 1
    batch = live(services.adopt(found(name), workspace, by=OPERATOR))
    assert Batch.objects.count() == 1
    assert len(results(batch)[0]) == 2
    assert File.objects.exclude(status="writing").filter(purpose="batch").count() == 2
    assert sandbox.jobs_made() == 1


@pytest.mark.parametrize("provider", ["openai", "gemini"], indirect=True)
def test_killed_anywhere_while_it_is_collected_it_ends_whole(
    made, credential, workspace, sandbox, provider
):
    name = made("Hello", "[sandbox:status=400]")
    services.sync(credential.pk)
    batch = services.adopt(found(name), workspace, by=OPERATOR)
    while not Job.objects.filter(status=Job.Status.ENDED).exists():
        services.poll(credential.pk)
        revive()

    for traces in range(MANY):
        revive()
        code = in_a_child(lambda: services.advance(batch.pk), killed_after=traces)
        if code == DONE:
            break

    batch = live(batch)
    answered, failed = results(batch)
    assert traces > 5
    assert (len(answered), len(failed), batch.total) == (1, 1, 2)
    assert sandbox.jobs_made() == 1
    assert OutsideJob.objects.get().batch == batch
