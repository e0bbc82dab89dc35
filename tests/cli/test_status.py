"""`manage.py bifrost status` and `bifrost batches list`."""

import io
import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches.models import Batch, Job
from bifrost.cli import progress as progress_module
from bifrost.cli.progress import progress
from bifrost.cli.verbs import Output
from bifrost.health import CHECKS
from providers.models import Credential, CredentialHealth, Workspace
from providers.services import default_workspace
from tests.batches.conftest import store
from tests.cli.test_workspaces import said

pytestmark = pytest.mark.django_db
SCRIPT = Path(__file__).resolve().parents[2] / "scripts/bifrost"


def batch(**fields: Any) -> Batch:
    workspace = fields.pop("workspace", None) or default_workspace()
    given = {
        "surface": "openai",
        "provider": "openai",
        "endpoint": "/v1/chat/completions",
        "input_file": store(workspace, b"{}\n"),
        "workspace": workspace,
        **fields,
    }
    return Batch.objects.create(**given)


def listed(*words: str) -> list[dict[str, Any]]:
    return json.loads(said("batches", "list", *words, "--json"))


def test_how_the_whole_stands():
    account = Credential.objects.create(provider="openai", name="main")
    now = timezone.now()
    CredentialHealth.objects.create(credential=account, failed_at=now, code="http_401")
    busy = batch(status="in_progress", due_at=None)
    late = now - timedelta(seconds=90)
    fields = {"batch": busy, "credential": account, "records": 1, "first": 0}
    Job.objects.create(**fields, ordinal=0, status="running", due_at=late, stuck_at=now)
    Job.objects.create(**fields, ordinal=1, status="collected")
    batch(status="failed", due_at=None)
    batch(status="failed", due_at=None, created_at=now - timedelta(days=2))

    told = json.loads(said("status", "--json"))

    assert {row["part"] for row in told["health"]} == set(CHECKS)
    assert told["credentials"][0]["how"] == "http_401"
    jobs = {row["provider"]: row for row in told["jobs"]}
    assert (jobs["openai"]["running"], jobs["openai"]["stuck"]) == (1, 1)
    assert jobs["gemini"]["running"] == 0
    counts = {row["status"]: row["batches"] for row in told["batches"]}
    assert (counts["in_progress"], counts["failed"], counts["completed"]) == (1, 1, 0)
    assert 90 <= told["waiting"][0]["next_poll_late_seconds"] < 180
    people = said("status")
    assert "HEALTH" in people
    assert "http_401" in people


def test_a_list_goes_on_where_it_ended():
    for _ in range(5):
        batch(model="gpt-5-mini")

    first = listed("--limit", "2")
    second = listed("--limit", "2", "--after", first[-1]["id"])
    third = listed("--limit", "2", "--after", second[-1]["id"])

    ids = [row["id"] for row in (*first, *second, *third)]
    assert ids == [f"batch_{one.pk}" for one in Batch.objects.all()]


def test_batches_of_one_moment_are_told_apart():
    now = timezone.now()
    for _ in range(3):
        batch(created_at=now)

    first = listed("--limit", "1")
    rest = listed("--after", first[0]["id"])

    assert len(rest) == 2
    assert first[0] not in rest


def test_a_list_is_narrowed_down():
    other = Workspace.objects.create(name="research")
    wanted = batch(workspace=other, status="failed", provider="gemini", model="gemini-2.5-pro")
    batch(status="failed")
    batch(workspace=other)

    for words in (
        ("--workspace", "research", "--status", "failed"),
        ("--provider", "gemini"),
        ("--model", "gemini-2.5-pro"),
    ):
        assert [row["id"] for row in listed(*words)] == [f"batch_{wanted.pk}"]
    assert len(listed("--status", "failed", "--status", "validating")) == 3


def test_cost_is_unknown_and_never_nothing():
    batch(cost=None)
    batch(cost=1_234_567)

    assert [row["cost_usd"] for row in listed()] == ["0.001234567", None]


def test_a_list_asks_once_for_all():
    for _ in range(3):
        batch()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        listed()

    assert len(queries) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [(("--limit", "0"), "one batch"), (("--after", "batch_none"), "no batch 'batch_none'")],
)
def test_what_cannot_be_listed_says_why(words: tuple[str, ...], why: str):
    with pytest.raises(CommandError, match=why):
        said("batches", "list", *words)


def test_progress_stays_out_of_the_answer(monkeypatch: pytest.MonkeyPatch):
    errors = io.StringIO()
    monkeypatch.setattr(progress_module.sys, "stderr", errors)

    with progress("Looks at records", 4) as done:
        done(2)
        done(2)

    assert "Looks at records" in errors.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


ROWS = [{"name": "a", "total": 12_345, "done": True}, {"name": "bc", "total": None, "done": False}]


def test_numbers_stand_below_one_another():
    stream = io.StringIO()

    Output(stream, as_json=False).rows(ROWS)

    assert stream.getvalue().splitlines() == [
        "name   total  done",
        "a     12,345  yes",
        "bc         -  no",
    ]


def test_an_empty_list_says_so():
    assert said("batches", "list") == "none\n"
    assert listed() == []


def test_what_is_wider_than_the_terminal_is_told_line_by_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "12")
    stream = Terminal()

    Output(stream, as_json=False).rows(ROWS)

    assert stream.getvalue().splitlines()[:5] == [
        "name   a",
        "total  12,345",
        "done   yes",
        "",
        "name   bc",
    ]


def test_the_script_works_from_anywhere_and_through_a_link(tmp_path: Path):
    link = tmp_path / "bifrost"
    link.symlink_to(SCRIPT)
    environment = {**os.environ, "BIFROST_DATA": str(tmp_path), "BIFROST_ENV_FILE": os.devnull}

    told = subprocess.run(
        [link, "batches"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert told.returncode == 2
    assert "bifrost batches" in told.stderr
    assert "retry" in told.stderr
