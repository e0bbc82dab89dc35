"""What a workspace does not want kept is let go of: here, at the provider, and at last its rows."""

import json
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from batches import services
from batches.models import Batch, BatchEvent, Job
from batches.services import NotCollectableError, ResultsRemovedError, retention
from files import services as files
from files.models import File, UpstreamFile
from providers.models import AuditEvent
from tests.batches.conftest import every_provider, line, live, results, store

pytestmark = pytest.mark.django_db

WAITS = "[sandbox:seconds=60]"
DAY = timedelta(days=1)


@pytest.fixture
def keep(workspace):
    def keep(**days: int) -> None:
        for name, count in days.items():
            setattr(workspace, f"keep_{name}_days", count)
        workspace.save()

    return keep


def later(days: float) -> None:
    """What worker and beat do in one turn, so many days from now."""
    retention.retain(timezone.now() + days * DAY)
    services.expire()
    for credential_id in services.credentials_with_leftovers():
        services.discard(credential_id)


def readable(*found: File | None) -> list[bool]:
    rows = {file.pk: file for file in File.objects.filter(pk__in=[one.pk for one in found if one])}
    return [
        one is not None and one.pk in rows and default_storage.exists(rows[one.pk].path)
        for one in found
    ]


def test_everything_is_kept_unless_something_is_said(make):
    batch = live(make())

    later(10_000)

    assert len(results(Batch.objects.get(pk=batch.pk))[0]) == 3
    assert all(readable(batch.input_file, batch.output_file))


@every_provider
def test_results_go_when_their_time_is_over_and_not_before(make, keep, provider):
    keep(results=30)
    batch = live(make())
    raw = File.objects.get(purpose=File.Purpose.RAW_RESULTS)
    later(29)
    assert all(readable(batch.output_file, raw))

    later(30.1)

    assert readable(batch.input_file, batch.output_file, raw) == [True, False, False]
    batch.refresh_from_db()
    assert batch.archived_at is not None
    assert (batch.status, batch.completed) == (Batch.Status.COMPLETED, 3)
    with pytest.raises(ResultsRemovedError):
        list(services.results(batch, provider))
    with pytest.raises(NotCollectableError):
        services.collect_again(batch)


@every_provider
def test_at_the_provider_too_where_it_lets_us(make, keep, sandbox, provider):
    keep(results=1)
    batch = live(make())
    job = batch.jobs.get()
    before = job.upstream_files

    later(2)

    job.refresh_from_db()
    assert (job.forgetting, job.upstream_files) == (False, {})
    removal = {"openai": "files.delete", "anthropic": "batches.delete", "gemini": "batches.delete"}
    assert sandbox.count(removal.get(provider, "objects.delete")) > 0
    told = batch.events.get(kind="results removed", job=job).message
    assert told.startswith(job.upstream_id)
    # Google gives its files of results names that it does not take back.
    assert ("could not be" in told) is (provider == "gemini")
    assert before


@pytest.mark.parametrize("fault", [{"status": 401}, {"status": 503}, {"drop": "before"}], ids=str)
def test_what_the_provider_cannot_remove_now_goes_later(make, keep, sandbox, fault):
    keep(results=1, rows=1)
    batch = live(make())
    later(0)
    sandbox.fault(operation="files.delete", times=40, **fault)

    later(2)
    later(2)

    assert Job.objects.get().forgetting
    assert Batch.objects.filter(pk=batch.pk).exists()
    sandbox.control("DELETE", "faults")
    later(2)
    later(2)
    assert not Batch.objects.filter(pk=batch.pk).exists()


def test_a_key_that_is_gone_for_a_month_holds_up_nothing_for_ever(make, keep, credential):
    keep(rows=1)
    batch = live(make())
    later(2)
    Job.objects.update(forgetting=True)
    credential.encrypted_secret = "gAAAA-of-another-installation"
    credential.save()
    later(2)
    assert Job.objects.get().forgetting

    Batch.objects.update(archived_at=timezone.now() - 31 * DAY)
    later(2)
    later(2)

    assert not Batch.objects.filter(pk=batch.pk).exists()


def test_inputs_go_when_their_time_is_over_unless_a_batch_reads_them(make, keep):
    keep(inputs=7)
    ended, running = live(make()), make([line(0, WAITS)])
    while services.advance(running.pk):
        pass
    later(6)
    assert all(readable(ended.input_file, running.input_file))

    later(8)

    kept = readable(ended.input_file, running.input_file, ended.output_file)
    assert kept == [False, True, True]
    live(services.cancel(running))
    later(8)
    assert readable(running.input_file) == [False]


def test_rows_go_at_last_and_nothing_is_left_that_names_them(make, keep):
    keep(inputs=1, rows=90)
    batch = live(make())
    later(89)
    assert Batch.objects.filter(pk=batch.pk, archived_at=None).exists()

    for _ in range(3):
        later(91)

    assert not Batch.objects.exists()
    assert not Job.objects.exists()
    assert not BatchEvent.objects.exists()
    assert not UpstreamFile.objects.exists()
    assert not File.objects.exists()


def test_what_a_client_uploaded_outlives_the_batch_that_read_it(make, keep):
    keep(rows=1)
    batch = live(make())

    later(2)
    later(2)

    assert not Batch.objects.exists()
    assert readable(batch.input_file) == [True]


def test_requests_that_came_with_their_batch_go_with_it(make, keep):
    keep(rows=1)
    requests = live(make(inline=True)).input_file

    for _ in range(3):
        later(2)

    assert not Batch.objects.exists()
    assert readable(requests) == [False]


def test_a_batch_that_runs_is_left_alone_however_old(make, keep):
    keep(inputs=0, results=0, rows=0)
    batch = make([line(0, WAITS)])
    while services.advance(batch.pk):
        pass

    later(1000)

    batch.refresh_from_db()
    assert (batch.archived_at, batch.ended) == (None, False)
    assert readable(batch.input_file) == [True]


def test_another_workspace_keeps_its_own(make, keep):
    batch = live(make())
    keep(results=1)
    elsewhere = batch.workspace.__class__.objects.create(name="elsewhere")
    Batch.objects.filter(pk=batch.pk).update(workspace=elsewhere)

    later(2)

    assert Batch.objects.get(pk=batch.pk).archived_at is None


def test_a_manifest_goes_with_the_results_that_it_counts(make, keep):
    keep(results=1)
    batch = live(make(output_uri="s3://anything/here/", surface="bedrock"))
    manifest = File.objects.get(key__endswith="manifest.json.out")

    later(2)

    assert readable(manifest, batch.results_file) == [False, False]


def test_results_that_are_being_collected_again_are_not_old(make, keep):
    keep(results=1)
    batch = live(make())
    Batch.objects.filter(pk=batch.pk).update(completed_at=timezone.now() - 5 * DAY)

    again = services.collect_again(Batch.objects.get(pk=batch.pk))
    later(0)
    batch = live(again)
    later(0.5)

    assert batch.archived_at is None
    assert len(results(batch)[0]) == 3


def test_a_turn_does_a_part_and_the_next_ones_the_rest(make, keep, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 1)
    keep(inputs=1, rows=1)
    inputs = [live(make(1)).input_file for _ in range(5)]

    left = []
    for _ in range(12):
        later(2)
        left.append(Batch.objects.count())

    assert left[0] == 5
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)
    assert not any(readable(*inputs))


def test_the_audit_trail_stays(make, keep, workspace):
    AuditEvent.objects.create(
        actor_kind="system", actor="x", action="batch.cancelled", workspace=workspace
    )
    keep(inputs=0, results=0, rows=0)
    live(make())

    for _ in range(3):
        later(1)

    assert AuditEvent.objects.count() == 1


def test_what_its_results_were_is_told_to_each_client_as_its_vendor_would(make, keep, client):
    keep(results=1)
    batch = live(make())
    later(2)
    headers = {"authorization": "Bearer any", "x-api-key": "any", "x-goog-api-key": "any"}

    told = client.get(f"/openai/batches/batch_{batch.pk}", headers=headers).json()
    content = client.get(f"/openai/files/{told['output_file_id']}/content", headers=headers)
    assert (told["status"], content.status_code) == ("completed", 404)

    url = f"/anthropic/v1/messages/batches/msgbatch_{batch.pk}"
    told = client.get(url, headers=headers).json()
    assert told["archived_at"] is not None
    assert told["results_url"] is None
    gone = client.get(f"{url}/results", headers=headers)
    assert (gone.status_code, gone.json()["error"]["type"]) == (404, "not_found_error")

    told = client.get(f"/genai/v1beta/batches/{batch.pk}", headers=headers).json()
    name = told["response"]["responsesFile"]
    gone = client.get(f"/genai/v1beta/{name}:download?alt=media", headers=headers)
    assert (told["done"], gone.status_code) == (True, 404)


def test_inline_responses_are_no_longer_told_once_they_are_removed(make, keep, client):
    keep(results=1)
    batch = live(make(inline=True, surface="genai"))
    later(2)

    answer = client.get(f"/genai/v1beta/batches/{batch.pk}", headers={"x-goog-api-key": "any"})

    assert answer.status_code == 200
    assert "inlinedResponses" not in json.dumps(answer.json())


def test_a_copy_of_what_is_in_a_clients_bucket_goes_and_the_original_stays(
    workspace, keep, credential
):
    copy = store(workspace, b"{}\n")
    files.publish(copy, purpose=File.Purpose.COPY)
    original = File.objects.create(
        workspace=workspace,
        purpose="batch",
        filename="theirs.jsonl",
        status="stored",
        credential=credential,
        bucket="theirs",
        key="theirs.jsonl",
        copy=copy,
    )
    keep(inputs=1)

    later(2)

    assert readable(copy) == [False]
    original.refresh_from_db()
    assert original.status == File.Status.STORED
