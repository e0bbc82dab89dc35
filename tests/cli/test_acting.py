"""`manage.py bifrost batches show, poll, cancel, retry, collect, clone`."""

import json

import pytest
from django.core.management import CommandError

from batches import services
from batches.models import Batch
from bifrost.cli import acting
from providers.models import AuditEvent, Workspace
from providers.services import default_workspace
from tests.batches.conftest import line, live
from tests.batches.test_retry import heal, some_fail
from tests.cli.test_workspaces import said

pytestmark = pytest.mark.django_db

WAITS = "[sandbox:seconds=60]"


@pytest.fixture
def workspace(db: None) -> Workspace:
    return default_workspace()


@pytest.fixture(autouse=True)
def rung(monkeypatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(acting.tasks, "ring", rung.append)
    return rung


def told(*words: str) -> dict:
    return json.loads(said("batches", *words, "--json"))


def running(make) -> Batch:
    batch = make([line(0, WAITS), line(1)])
    while services.advance(batch.pk):
        pass
    return batch


def acts() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("action", "target"))


def test_a_batch_is_shown_with_its_jobs_and_its_latest_events(make):
    batch = live(make(some_fail(4, (1,))))

    shown = told("show", f"batch_{batch.pk}", "--events", "2")

    assert (shown["status"], shown["completed"], shown["failed"]) == ("completed", 3, 1)
    assert shown["why_failed"] == ["1 server_error"]
    (job,) = shown["jobs"]
    assert (job["records"], job["status"], job["provider_says"]) == (4, "collected", "completed")
    assert [event["what"] for event in shown["events"]] == ["fetched", "completed"]


def test_for_people_it_is_three_tables(make):
    batch = live(make())

    lines = said("batches", "show", batch.pk).splitlines()

    assert lines.count("") == 2
    assert any(one.split()[:2] == ["status", "completed"] for one in lines)
    assert any(one.startswith("job ") and "provider says" in one for one in lines)


def test_one_is_followed_to_its_end(make, monkeypatch, capsys):
    batch = running(make)
    monkeypatch.setattr(acting.time, "sleep", lambda seconds: ended(batch))

    def ended(batch: Batch) -> None:
        Batch.objects.filter(pk=batch.pk).update(status="completed", completed=2)

    assert told("show", batch.pk, "--follow")["status"] == "completed"
    assert f"batch_{batch.pk}" in capsys.readouterr().err


def test_what_failed_is_sent_again(make, rung):
    batch = heal(live(make(some_fail(3, (0,)))))

    assert told("retry", batch.pk)["status"] == "in_progress"

    assert rung == [batch.pk]
    assert live(batch).completed == 3
    assert acts() == [("batch.retried", batch.pk)]


def test_results_are_collected_again(make, rung):
    batch = live(make())

    assert told("collect", batch.pk)["status"] == "finalizing"

    assert rung == [batch.pk]
    assert acts() == [("batch.collected_again", batch.pk)]


def test_a_batch_is_cancelled(make, rung):
    batch = running(make)

    assert told("cancel", batch.pk)["status"] == "cancelling"

    assert rung == [batch.pk]
    assert acts() == [("batch.cancelled", batch.pk)]


def test_a_batch_is_polled(make):
    batch = running(make)

    told("poll", batch.pk)

    assert acts() == [("batch.polled", batch.pk)]
    with pytest.raises(CommandError, match="is running"):
        told("poll", live(make()).pk)


def test_a_batch_is_cloned_for_another_model(make, rung):
    batch = live(make(2, metadata={"team": "search"}))

    shown = told("clone", batch.pk, "--model", "gpt-5")

    (new,) = Batch.objects.exclude(pk=batch.pk)
    assert shown["id"] == f"batch_{new.pk}"
    assert rung == [new.pk]
    assert (new.input_file, new.model_override) == (batch.input_file, "gpt-5")
    assert new.metadata == {"team": "search"}
    assert live(new).completed == 2
    assert acts() == [("batch.cloned", batch.pk)]
    for one in (batch, new):
        assert one.events.filter(kind="cloned").count() == 1


@pytest.mark.parametrize("verb", ["cancel", "retry", "collect", "clone"])
def test_what_cannot_be_done_is_said_and_leaves_nothing(make, verb, rung):
    batch = live(make())
    Batch.objects.filter(pk=batch.pk).update(archived_at="2026-01-01T00:00Z")
    if verb == "clone":
        services.erase_file(batch.input_file, by=acting.actor(), leave=True)
    before = len(acts())

    with pytest.raises(CommandError):
        told(verb, batch.pk)

    assert (len(acts()), rung) == (before, [])
    assert Batch.objects.count() == 1


def test_a_clone_goes_to_no_provider_that_the_workspace_has_none_for(make):
    batch = live(make())

    with pytest.raises(CommandError, match="anthropic"):
        told("clone", batch.pk, "--provider", "anthropic")
