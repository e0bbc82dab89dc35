"""`manage.py bifrost outside` and `import`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from batches.models import Batch, OutsideJob
from providers.models import AuditEvent
from tests.batches.conftest import live
from tests.outside import elsewhere

pytestmark = pytest.mark.django_db


def said(*words: str) -> str:
    out = StringIO()
    call_command("bifrost", *words, stdout=out)
    return out.getvalue()


def test_what_others_made_is_listed_and_imported_by_its_id(credential, sandbox, workspace):
    name = elsewhere.make(credential, sandbox.url)
    told = json.loads(said("outside", "sync", "--json"))
    assert [(row["outside"], row["new"], row["error"]) for row in told] == [(1, 1, "")]
    assert AuditEvent.objects.get(action="jobs.listed").target == credential.pk
    (row,) = json.loads(said("outside", "list", "--json"))
    assert (row["upstream_id"], row["credential"], row["batch"]) == (name, "sandbox", "")

    words = ("import", "sandbox", name, "--workspace", workspace.name)
    made = json.loads(said(*words, "--json"))

    batch = Batch.objects.get()
    assert made["batch"] == f"batch_{batch.pk}"
    assert live(batch).completed == 2
    assert f"batch_{batch.pk}" in said(*words)
    assert f"batch_{batch.pk}" in said("outside", "list", "--adopted")
    assert AuditEvent.objects.get(action="job.adopted").actor_kind == "command"


def test_it_need_not_be_listed_first(credential, sandbox, workspace):
    name = elsewhere.make(credential, sandbox.url)

    said("import", credential.pk, name, "--workspace", workspace.name)

    assert OutsideJob.objects.get().batch is not None


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("import", "nobody", "batch_1", "--workspace", "default"), "no credential"),
        (("import", "sandbox", "batch_1", "--workspace", "nobody"), "no workspace"),
        (("import", "sandbox", "batch_never", "--workspace", "default"), "does not show a job"),
        (("outside", "list", "--limit", "0"), "at least"),
    ],
)
def test_what_cannot_be_done_says_why(credential, words, complaint):
    with pytest.raises(CommandError, match=complaint):
        said(*words)


def test_an_account_that_cannot_be_listed_fails_the_command_after_all_others(
    credential, sandbox, monkeypatch
):
    elsewhere.make(credential, sandbox.url)
    monkeypatch.setattr("providers.http.RETRY", None)
    broken = type(credential)(provider="openai", name="broken", base_url="http://127.0.0.1:9/v1")
    broken.save()

    with pytest.raises(CommandError, match="1 of 2"):
        said("outside", "sync")

    assert OutsideJob.objects.count() == 1


@pytest.mark.parametrize("by", ["name", "pk"])
def test_one_account_is_listed_alone(credential, sandbox, by):
    elsewhere.make(credential, sandbox.url)
    other = type(credential)(provider="openai", name="other", base_url="http://127.0.0.1:9/v1")
    other.save()

    told = json.loads(said("outside", "sync", getattr(credential, by), "--json"))

    assert [(row["credential"], row["new"]) for row in told] == [(credential.pk, 1)]
