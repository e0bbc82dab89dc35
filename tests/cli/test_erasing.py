"""`manage.py bifrost … erase`: at providers and here, for good."""

import io
import json
import sys
from contextlib import nullcontext

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from batches import services
from batches.models import Batch, BatchEvent, Job
from files import services as files
from files.models import File, Upload, UpstreamFile
from providers.models import AuditEvent, Credential, VirtualKey, Workspace
from tests.batches.conftest import line, live, store

pytestmark = pytest.mark.django_db

WAITS = "[sandbox:seconds=60]"


@pytest.fixture
def workspace(db) -> Workspace:
    return Workspace.objects.create(name="research")


def said(*words: str) -> dict:
    out = io.StringIO()
    call_command("bifrost", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def erase(*words: str) -> dict:
    return said("workspaces", "erase", "research", "--yes", *words)


def make_key(workspace: Workspace) -> VirtualKey:
    key = VirtualKey(workspace=workspace, name="laptop")
    key.renew()
    key.save()
    return key


def test_all_of_a_workspace_goes_and_nothing_of_its_neighbours(make, workspace, sandbox):
    batch = live(make())
    make_key(workspace)
    own = Credential.objects.create(provider="gemini", name="own", workspace=workspace)
    Upload.objects.create(workspace=workspace, surface="genai", expires_at=batch.created_at)
    neighbour = Workspace.objects.create(name="neighbour")
    other, key = store(neighbour, b"theirs"), make_key(neighbour)
    paths = [file.path for file in File.objects.filter(workspace=workspace)]

    told = erase()

    assert told == {"erased": "research", "batches": 1, "files": 3, "keys": 1, "credentials": 1}
    assert not Workspace.objects.filter(name="research").exists()
    for model in (Batch, Job, BatchEvent, UpstreamFile, Upload):
        assert not model.objects.exists()
    assert not Credential.objects.filter(pk=own.pk).exists()
    assert list(VirtualKey.objects.all()) == [key]
    assert list(File.objects.all()) == [other]
    assert not any(map(default_storage.exists, paths))
    assert b"".join(files.stream(other)) == b"theirs"
    assert sandbox.count("files.delete") == 2


def test_what_it_was_called_is_remembered(make, workspace):
    live(make())

    erase()

    event = AuditEvent.objects.get(action="workspace.erased")
    assert (event.name, event.target, event.workspace) == ("research", workspace.pk, None)
    assert event.detail["batches"] == 1


def test_it_takes_a_yes_where_nobody_can_be_asked(workspace, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    with pytest.raises(CommandError, match="say --yes"):
        said("workspaces", "erase", "research")

    assert Workspace.objects.filter(name="research").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "erased"), [("research\n", True), ("yes\n", False)])
def test_at_a_terminal_its_name_is_typed(workspace, monkeypatch, typed, erased):
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    refused = pytest.raises(CommandError, match="Nothing was erased")
    with nullcontext() if erased else refused:
        call_command("bifrost", "workspaces", "erase", "research", stdout=io.StringIO())

    assert Workspace.objects.filter(name="research").exists() is not erased


def test_what_runs_stands_in_the_way_but_its_keys_are_revoked(make, workspace):
    batch, key = make([line(0, WAITS)]), make_key(workspace)
    while services.advance(batch.pk):
        pass

    with pytest.raises(CommandError, match="1 batch has not ended yet"):
        erase()

    key.refresh_from_db()
    assert key.revoked_at is not None
    assert Batch.objects.filter(pk=batch.pk).exists()


def test_what_runs_is_cancelled_if_that_is_said(make, workspace, sandbox):
    batch = make([line(0, WAITS)])
    while services.advance(batch.pk):
        pass

    assert erase("--cancel")["batches"] == 1

    assert sandbox.count("batches.cancel") == 1
    assert not Batch.objects.exists()


def test_a_cancel_that_takes_too_long_is_waited_for_the_next_time(make, workspace, sandbox):
    batch = make([line(0, WAITS)])
    while services.advance(batch.pk):
        pass
    sandbox.fault(operation="batches.cancel", status=503, times=40)

    with pytest.raises(CommandError, match="ask again"):
        erase("--cancel", "--wait", "0")

    sandbox.control("DELETE", "faults")
    assert erase("--cancel")["batches"] == 1


def test_what_a_provider_does_not_let_go_of_is_left_only_if_that_is_said(make, workspace, sandbox):
    live(make())
    sandbox.fault(operation="files.delete", status=503, times=400)

    with pytest.raises(CommandError, match="--leave"):
        erase()
    assert Workspace.objects.filter(name="research").exists()

    erase("--leave")
    assert not Workspace.objects.filter(name="research").exists()


def test_what_was_begun_is_finished_by_the_next(make, workspace, sandbox):
    for _ in range(2):
        live(make())
    sandbox.fault(operation="files.delete", status=503, times=400)
    with pytest.raises(CommandError):
        erase()
    sandbox.control("DELETE", "faults")

    erase()

    assert not Batch.objects.exists()
    assert not File.objects.exists()


def test_an_unfinished_upload_leaves_nothing(workspace):
    with files.writing(workspace) as writer:
        writer.write(b"half of it")
    path = writer.file.path

    erase()

    assert not default_storage.exists(path)
    assert not File.objects.exists()


def test_the_default_workspace_is_there_again_and_empty(db):
    call_command("bifrost", "workspaces", "make", "default", stdout=io.StringIO())
    old = store(Workspace.objects.get(name="default"), b"x")

    said("workspaces", "erase", "default", "--yes")

    assert Workspace.objects.filter(name="default").exists()
    assert not File.objects.filter(pk=old.pk).exists()


def test_one_batch_goes_with_its_input_and_results(make, workspace, sandbox):
    one, other = live(make()), live(make())
    paths = [one.input_file.path, one.output_file.path]

    assert said("batches", "erase", f"batch_{one.pk}", "--yes") == {"erased": one.pk}

    assert list(Batch.objects.all()) == [other]
    assert File.objects.count() == 3
    assert not any(map(default_storage.exists, paths))
    event = AuditEvent.objects.get(action="batch.erased")
    assert (event.target, event.workspace) == (one.pk, workspace)


def test_an_input_that_another_batch_read_stays(make, workspace):
    one, other = live(make()), live(make())
    Batch.objects.filter(pk=other.pk).update(input_file=one.input_file)

    said("batches", "erase", one.pk, "--yes")

    assert b"".join(files.stream(File.objects.get(pk=one.input_file_id)))


def test_one_file_goes_and_if_a_batch_names_it_a_bare_row_stays(make, workspace):
    batch, alone = live(make()), store(workspace, b"alone")

    for file in (batch.input_file, alone):
        said("files", "erase", f"file-{file.pk}", "--yes")

    assert not File.objects.filter(pk=alone.pk).exists()
    bare = File.objects.get(pk=batch.input_file_id)
    assert (bare.status, bare.filename, bare.sha256) == ("deleted", "", "")
    assert not default_storage.exists(bare.path)
    assert AuditEvent.objects.filter(action="file.erased").count() == 2


def test_a_file_that_a_running_batch_reads_is_not_erased(make):
    batch = make([line(0, WAITS)])

    with pytest.raises(CommandError, match="not ended yet"):
        said("files", "erase", batch.input_file_id, "--yes")


@pytest.mark.parametrize("noun", ["batches", "files"])
def test_what_is_not_there_is_said_to_be_so(db, noun):
    with pytest.raises(CommandError, match="There is no"):
        said(noun, "erase", "000000000000", "--yes")


def test_what_is_kept_for_how_long_is_set_and_written_down(workspace):
    told = said(
        "workspaces", "keep", "research", "--inputs", "30", "--results", "7", "--rows", "90"
    )
    kept = {name: told[name] for name in told if name.startswith("keep_")}
    assert kept == {"keep_inputs_days": 30, "keep_results_days": 7, "keep_rows_days": 90}

    said("workspaces", "keep", "research", "--inputs", "forever")

    workspace.refresh_from_db()
    assert (workspace.keep_inputs_days, workspace.keep_results_days) == (None, 7)
    event = AuditEvent.objects.filter(action="workspace.retention_set").latest("id")
    assert event.detail == {"inputs": None}


@pytest.mark.parametrize("words", [(), ("--inputs", "-1"), ("--rows", "soon")])
def test_how_long_is_a_number_of_days(workspace, words):
    with pytest.raises(CommandError):
        said("workspaces", "keep", "research", *words)
