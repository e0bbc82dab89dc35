"""The same records through every provider: OpenAI's lines in, OpenAI's lines out."""

import pytest
from django.utils import timezone

from batches import services
from batches.models import Batch, Job
from tests.batches.conftest import every_provider, line, live, results

pytestmark = [pytest.mark.django_db, every_provider]

WAITS = "[sandbox:seconds=60]"


def running(batch: Batch) -> list[Job]:
    while services.advance(batch.pk):
        pass
    return list(batch.jobs.order_by("ordinal"))


def test_a_batch_of_several_jobs_has_one_set_of_results(make, sandbox, small_jobs):
    batch = live(make([line(0), line(1, "[sandbox:status=400]"), *map(line, range(2, 5))]))

    output, errors = results(batch)
    assert [one["custom_id"] for one in output] == ["c-0", "c-2", "c-3", "c-4"]
    assert [one["custom_id"] for one in errors] == ["c-1"]
    assert (batch.jobs.count(), sandbox.jobs_made()) == (3, 3)
    assert not batch.events.filter(kind="stray results").exists()


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [("expired", "expired", "batch_expired"), ("cancelled", "completed", "batch_cancelled")],
)
def test_a_job_that_ended_early_says_so_of_every_record(
    make, sandbox, ending: str, status: str, code: str
):
    batch = make([line(0, WAITS), line(1)])
    sandbox.force(running(batch)[0].upstream_id, ending)

    batch = live(batch)

    output, errors = results(batch)
    assert (batch.status, len(output) + len(errors)) == (status, 2)
    assert {one["error"]["code"] for one in errors} <= {code}
    assert (batch.completed, batch.failed) == (len(output), len(errors))


def test_a_cancelled_batch_has_a_line_for_every_record(make, sandbox):
    batch = make([line(0, WAITS), *map(line, range(1, 4))])
    running(batch)

    batch = live(services.cancel(Batch.objects.get(pk=batch.pk)))

    output, errors = results(batch)
    assert (batch.status, len(output) + len(errors)) == (Batch.Status.CANCELLED, 4)
    assert {one["error"]["code"] for one in errors} <= {"batch_cancelled"}
    assert sandbox.count("batches.cancel") == 1


def test_a_job_that_was_given_up_fails_its_records_alone(make, small_jobs):
    batch = make(4)
    lost, _ = running(batch)
    Job.objects.filter(pk=lost.pk).update(
        status=Job.Status.ENDED,
        ending="failed",
        ended_at=timezone.now(),
        due_at=None,
        problems=[{"code": "no_answer", "message": "Given up.", "param": None, "line": None}],
    )

    batch = live(batch)

    output, errors = results(batch)
    assert batch.status == Batch.Status.COMPLETED
    assert [one["custom_id"] for one in output] == ["c-2", "c-3"]
    assert [one["error"]["message"] for one in errors] == ["Given up.", "Given up."]


def test_a_lost_record_fails_alone(make):
    batch = live(make([line(0, "[sandbox:lost]"), line(1, "[sandbox:twice]"), line(2)]))

    output, errors = results(batch)
    assert [one["custom_id"] for one in output] == ["c-1", "c-2"]
    assert [one["custom_id"] for one in errors] == ["c-0"]
