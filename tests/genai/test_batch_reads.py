"""Batches as operations: what they say, in lists too, and how they are cancelled and deleted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from google import genai

from batches.models import Batch, BatchEvent
from files.models import File
from gateway.genai import operations
from providers.models import Workspace
from tests.batches.conftest import live
from tests.genai.asking import MODEL, Raw, ask, fields, inline

VERSION = "type.googleapis.com/google.ai.generativelanguage.v1main"
PATH = f"models/{MODEL}:batchGenerateContent"


def test_every_status_has_a_state_that_the_sdk_knows():
    assert set(operations.STATE) == set(Batch.Status)
    known = {state.value for state in genai.types.JobState}
    for state in operations.STATE.values():
        assert genai._transformers.t_job_state(state) in known


# What is over for how long, for each status.
TIMES = {
    "completed": "completed_at",
    "failed": "failed_at",
    "expired": "expired_at",
    "cancelled": "cancelled_at",
}


@pytest.mark.parametrize("status", Batch.Status)
def test_a_batch_of_any_surface_is_told(views: Raw, make: Callable[..., Batch], status: str):
    now = timezone.now()
    ended = {TIMES[status]: now + timedelta(hours=2)} if status in TIMES else {}
    batch = make(
        status=status,
        model="gpt-4o",
        total=5,
        completed=2,
        failed=1,
        in_progress_at=now + timedelta(hours=1),
        errors=[{"code": "x", "message": "It is wrong.", "param": "body.n", "line": 3}]
        if status == "failed"
        else None,
        **ended,
    )

    operation = views.get(f"batches/{batch.pk}").json
    metadata = operation["metadata"]

    assert metadata["state"] == operations.STATE[status]
    assert metadata["model"] == "models/gpt-4o"
    assert operation.get("done", False) is (status in TIMES)
    assert ("endTime" in metadata) is (status in TIMES)
    assert metadata["updateTime"] > metadata["createTime"]
    counts = [int(metadata["batchStats"][name]) for name in metadata["batchStats"]]
    expected = {"validating": [0, 0, 0, 0], "failed": [5, 0, 5, 0]}.get(status, [5, 2, 1, 2])
    assert counts == expected
    codes = {"failed": 13, "expired": 4, "cancelled": 1}
    assert operation.get("error", {}).get("code") == codes.get(status)
    assert "response" not in operation
    for form in ("batch_{}", "msgbatch_{}"):
        assert views.get(f"batches/{form.format(batch.pk)}").json == operation


def test_why_a_batch_failed(views: Raw, make: Callable[..., Batch]):
    wrong = [
        {"code": "invalid_type", "message": "No number.", "param": "body.n", "line": 3},
        {"code": "empty_file", "message": "Nothing.", "param": None, "line": None},
    ]
    batch = make(status="failed", errors=wrong, failed_at=timezone.now())

    error = views.get(f"batches/{batch.pk}").json["error"]

    assert (error["code"], error["message"]) == (3, "line 3, body.n: No number.")
    assert error["details"][0]["fieldViolations"] == [
        {"field": "line 3, body.n", "description": "No number."},
        {"field": "", "description": "Nothing."},
    ]


def test_results_in_a_file(views: Raw, make: Callable[..., Batch], store: Callable[..., File]):
    told = store(purpose="batch_output")
    name = {"responsesFile": f"files/{told.pk}"}
    done = make(status="completed", completed_at=timezone.now(), results_file=told, total=1)
    stopped = make(status="cancelled", cancelled_at=timezone.now(), results_file=told, total=1)

    operation = views.get(f"batches/{done.pk}").json
    assert operation["metadata"]["output"] == name
    assert operation["response"] == {"@type": f"{VERSION}.GenerateContentBatchOutput", **name}
    operation = views.get(f"batches/{stopped.pk}").json
    assert operation["metadata"]["output"] == name
    assert "response" not in operation
    assert operation["error"]["code"] == 1


@pytest.mark.parametrize("name", ["000000000000", "batch_000000000000", "%00", "x" * 300])
def test_what_is_not_there_is_not_found(views: Raw, make: Callable[..., Batch], name: str):
    make(deleted_at=timezone.now(), id="000000000000")
    for answer in (
        views.get(f"batches/{name}"),
        views.post(f"batches/{name}:cancel"),
        views.delete(f"batches/{name}"),
    ):
        assert (answer.status, answer.error["status"]) == (404, "NOT_FOUND")


def test_another_workspaces_batch_is_not_found(views: Raw, make: Callable[..., Batch]):
    batch = make()
    Batch.objects.update(workspace=Workspace.objects.create(name="theirs"))

    assert views.get(f"batches/{batch.pk}").status == 404
    assert views.get("batches").json == {"operations": []}


def test_the_list_is_of_all_or_of_one_provider(views: Raw, make: Callable[..., Batch]):
    pks = [make(provider=provider).pk for provider in ("openai", "gemini")]
    make(deleted_at=timezone.now())

    def listed(**headers: str) -> list[str]:
        found = views.get("batches", **headers).json["operations"]
        return [one["name"].removeprefix("batches/") for one in found]

    assert listed() == pks[::-1]
    assert listed(x_model_provider="openai") == pks[:1]
    assert listed(x_model_provider="anthropic") == []


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_walk_sees_everything_once_while_rows_come_and_go(
    views: Raw, make: Callable[..., Batch], size: int
):
    lasting = [make(status="completed").pk for _ in range(4)]
    going = [make(status="completed").pk for _ in range(3)]
    Batch.objects.filter(pk__in=[*lasting[:2], going[0]]).update(created_at=timezone.now())
    seen: list[str] = []
    token = ""
    while True:
        page = views.get(f"batches?pageSize={size}&pageToken={token}").json
        seen += [one["name"].removeprefix("batches/") for one in page["operations"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
        assert views.delete(f"batches/{going.pop() if going else seen[-1]}").status == 200
        make(status="completed")

    assert len(seen) == len(set(seen))
    assert set(lasting) <= set(seen)


def test_cancel(views: Raw, make: Callable[..., Batch]):
    batch = make(status="in_progress")

    bodies: list[object] = [b"", b"{}", {}]
    for body in bodies:
        answer = views.post(f"batches/{batch.pk}:cancel", body)
        assert (answer.status, answer.json) == (200, {})
        operation = views.get(f"batches/{batch.pk}").json
        assert operation["metadata"]["state"] == "JOB_STATE_CANCELLING"
        assert "done" not in operation
    assert fields(views.post(f"batches/{batch.pk}:cancel", {"now": True})) == ["now"]


@pytest.mark.parametrize("status", ["finalizing", "completed", "failed", "expired"])
def test_what_has_ended_is_not_cancelled(views: Raw, make: Callable[..., Batch], status: str):
    batch = make(status=status)

    answer = views.post(f"batches/{batch.pk}:cancel")

    assert (answer.status, answer.error["status"]) == (400, "FAILED_PRECONDITION")


@pytest.mark.parametrize("status", Batch.Status)
def test_delete_stops_what_runs(views: Raw, make: Callable[..., Batch], status: str):
    batch = make(status=status)

    bodies: list[object] = [b"", {}]
    for body in bodies:
        answer = views.delete(f"batches/{batch.pk}", body)
        assert (answer.status == 200) is (body == b"")
    assert views.get(f"batches/{batch.pk}").status == 404

    batch.refresh_from_db()
    stopped = {"validating": "cancelling", "in_progress": "cancelling"}
    assert batch.status == stopped.get(status, status)
    assert batch.deleted_at
    assert BatchEvent.objects.filter(batch=batch, kind="deleted").count() == 1


def test_what_is_deleted_while_it_runs_ends_all_the_same(gemini: genai.Client):
    job = gemini.batches.create(model=MODEL, src=[ask("[sandbox:seconds=60]")])
    gemini.batches.delete(name=job.name)
    assert list(gemini.batches.list()) == []

    assert live(Batch.objects.get()).status == "cancelled"


def test_calls_take_nothing_else(views: Raw, make: Callable[..., Batch]):
    name = f"batches/{make(status='completed').pk}"
    for answer in (
        views.get(f"{name}?view=full"),
        views.get("batches?filter=state"),
        views.post(f"{name}:cancel?now=1"),
        views.post(f"{PATH}?validateOnly=true", inline({"request": ask()})),
        views.delete(f"{name}?force=1"),
    ):
        assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
        assert "Unknown parameter" in answer.error["message"]
