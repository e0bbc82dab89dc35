"""`manage.py bifrost workspaces export`: everything, and no secret."""

import hashlib
import io
import json
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from batches.models import CustomIds, OutsideJob, Sample, Spend
from bifrost import export as export_module
from files import services as files
from files.models import Upload, UploadPart, UpstreamFile
from providers.models import AuditEvent, CredentialHealth, Workspace
from tests.admin import make
from tests.scoping.estate import owned_models

pytestmark = pytest.mark.django_db

SECRET = "sk-live-0123456789abcdef"


@pytest.fixture
def workspace(settings, tmp_path) -> Workspace:
    folder = {"BACKEND": "files.storage.FolderStore", "OPTIONS": {"location": tmp_path / "store"}}
    settings.STORAGES = {**settings.STORAGES, "default": folder}
    return make.workspace("research")


@pytest.fixture
def filled(workspace) -> Workspace:
    make.key(workspace=workspace)
    own = make.credential(secret=SECRET, workspace=workspace)
    batch = make.batch(
        workspace=workspace,
        status="completed",
        input_file=make.file(b"the input\n", workspace=workspace),
        output_file=make.file(b"the answers\n", workspace=workspace),
    )
    make.job(batch, credential=own)
    batch.note("completed", "1 succeeded")
    make.batch(workspace=make.workspace("neighbour"), name="not theirs")
    return workspace


def export(to: Path) -> dict:
    out = io.StringIO()
    call_command(
        "bifrost", "workspaces", "export", "research", "--to", str(to), "--json", stdout=out
    )
    return json.loads(out.getvalue())


def members(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        found = (one for one in path.rglob("*") if one.is_file())
        return {str(one.relative_to(path)): one.read_bytes() for one in found}
    with tarfile.open(path) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar.getmembers()}


@pytest.mark.parametrize("name", ["all.tar", "all"])
def test_everything_is_there_once_with_its_sum(filled, tmp_path, name):
    told = export(tmp_path / name)

    found = members(tmp_path / name)
    manifest = json.loads(found["manifest.json"])
    for table, count in {
        "workspace": 1,
        "keys": 1,
        "credentials": 1,
        "batches": 1,
        "jobs": 1,
        "events": 1,
        "files": 2,
    }.items():
        rows = [json.loads(line) for line in found[f"rows/{table}.jsonl"].splitlines()]
        assert len(rows) == manifest["counts"][table] == told[table] == count
    contents = sorted(found[member] for member in found if member.startswith("files/"))
    assert contents == [b"the answers\n", b"the input\n"]
    sums = dict(reversed(line.split("  ")) for line in found["SHA256SUMS"].decode().splitlines())
    assert sums.keys() == found.keys() - {"SHA256SUMS", "manifest.json"}
    for member, digest in sums.items():
        assert hashlib.sha256(found[member]).hexdigest() == digest


def test_nothing_secret_is_in_it_and_nothing_of_others(filled, tmp_path):
    key = filled.keys.get()
    kept = filled.credentials.get()

    export(tmp_path / "all")

    whole = b"".join(members(tmp_path / "all").values()).decode()
    for secret in (
        SECRET,
        key.digest,
        key.encrypted_signing_secret,
        key.signing_secret,
        kept.encrypted_secret,
        "not theirs",
    ):
        assert secret not in whole
    assert key.hint in whole


def test_only_its_owner_may_read_it(filled, tmp_path):
    for name in ("all", "all.tar"):
        export(tmp_path / name)

    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "all").rglob("*")}
    modes |= {(tmp_path / name).stat().st_mode & 0o077 for name in ("all", "all.tar")}
    assert modes == {0}


def test_how_far_it_is_goes_to_the_other_stream(filled, tmp_path, capsys):
    export(tmp_path / "all")

    assert "1 batches" in capsys.readouterr().err


def test_lost_bytes_are_counted_and_the_rest_is_there(filled, tmp_path):
    lost = filled.files.first()
    default_storage.delete(lost.path)

    told = export(tmp_path / "all")

    assert (told["stored_files"], told["lost_files"]) == (1, 1)
    assert f"files/{lost.pk}" not in members(tmp_path / "all")


@pytest.mark.parametrize("name", ["all", "all.tar"])
def test_what_breaks_off_leaves_nothing_that_looks_whole(filled, tmp_path, name):
    broken = filled.files.first()
    Path(default_storage.path(broken.path)).write_bytes(b"short")

    with pytest.raises(CommandError, match="Nothing was exported"):
        export(tmp_path / name)

    assert not list(tmp_path.glob("all*"))


def test_what_is_there_is_not_written_over(filled, tmp_path):
    (tmp_path / "all.tar").write_bytes(b"an older one")

    with pytest.raises(CommandError, match="there already"):
        export(tmp_path / "all.tar")

    assert (tmp_path / "all.tar").read_bytes() == b"an older one"


def test_who_exported_what_to_where_is_written_down(filled, tmp_path):
    export(tmp_path / "all")

    event = AuditEvent.objects.get(action="workspace.exported")
    assert (event.target, event.workspace) == (filled.pk, filled)
    assert event.detail == {"to": str(tmp_path / "all")}


def test_an_empty_workspace_is_exported_too(workspace, tmp_path):
    assert export(tmp_path / "all.tar")["bytes"] == 0


def test_a_large_file_takes_no_memory(workspace, tmp_path):
    with files.writing(workspace) as writer:
        for _ in range(64):
            writer.write(b"x" * 2**20)
    files.publish(writer.file, purpose="batch", filename="large.jsonl")
    tracemalloc.start()
    try:
        export(tmp_path / "all.tar")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 16 * 2**20


def test_no_table_of_a_workspace_is_forgotten(filled):
    """Left out are what stands for something else: codes of ids, parts of uploads, copies at
    providers; and how many jobs there were at a moment."""
    left_out = {CustomIds, CredentialHealth, OutsideJob, Sample, Upload, UploadPart, UpstreamFile}

    exported = {rows.model for rows in export_module._tables(filled).values()}

    assert {model for model, _ in owned_models()} - left_out == exported - {Workspace, Spend}
