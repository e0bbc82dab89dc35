"""Batches as Google's operations: what may be asked, and what is said of every batch, whoever made it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from google import genai

from batches.models import Batch, BatchEvent
from files import services as files
from files.models import File
from gateway.genai import operations
from providers.models import Credential, Workspace
from tests.batches.conftest import live
from tests.genai.asking import MODEL, Raw, ask, jsonl, lines

VERSION = "type.googleapis.com/google.ai.generativelanguage.v1main"
PATH = f"models/{MODEL}:batchGenerateContent"
EMBED = "models/gemini-embedding-001:asyncBatchEmbedContent"


@pytest.fixture
def store(workspace: Workspace) -> Callable[..., File]:
    def keep(content: bytes = lines("One"), **fields: Any) -> File:
        with files.writing(workspace) as writer:
            writer.write(content)
        return files.publish(writer.file, **{"purpose": "batch", "filename": "in.jsonl", **fields})

    return keep


@pytest.fixture
def make(workspace: Workspace, store: Callable[..., File]) -> Callable[..., Batch]:
    """A batch as it may stand, whoever made it."""

    def batch(**fields: Any) -> Batch:
        given = {
            "surface": "openai",
            "provider": "openai",
            "endpoint": "/v1/chat/completions",
            "due_at": None,
            **fields,
        }
        return Batch.objects.create(workspace=workspace, input_file=store(), **given)

    return batch


def inline(*elements: Any, **batch: Any) -> dict[str, Any]:
    return {"batch": {"inputConfig": {"requests": {"requests": list(elements)}}, **batch}}


def filed(name: str, **batch: Any) -> dict[str, Any]:
    return {"batch": {"inputConfig": {"fileName": name}, **batch}}


def fields(answer: Any) -> list[str]:
    return [one["field"] for one in answer.error["details"][0]["fieldViolations"]]


def test_an_operation_is_as_google_has_it(views: Raw, store: Callable[..., File]):
    file = store()

    operation = views.post(PATH, filed(f"files/{file.pk}", displayName="mine", priority="0")).json

    batch = Batch.objects.get()
    created = batch.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    name = f"batches/{batch.pk}"
    counts = ("requestCount", "successfulRequestCount", "failedRequestCount", "pendingRequestCount")
    assert operation == {
        "name": name,
        "metadata": {
            "@type": f"{VERSION}.GenerateContentBatch",
            "model": f"models/{MODEL}",
            "displayName": "mine",
            "inputConfig": {"fileName": f"files/{file.pk}"},
            "createTime": created,
            "updateTime": created,
            "batchStats": dict.fromkeys(counts, "0"),
            "state": "BATCH_STATE_PENDING",
            "name": name,
        },
    }
    assert views.get(name).json == operation
    assert views.get("batches").json == {"operations": [operation]}
    assert (batch.surface, batch.provider, batch.endpoint) == (
        "genai",
        "gemini",
        "/v1/chat/completions",
    )


def test_googles_guide_says_it_in_snake_case(views: Raw, store: Callable[..., File]):
    for source in (
        {"file_name": f"files/{store().pk}"},
        {"requests": {"requests": [{"request": ask(), "metadata": {"key": "a"}}]}},
    ):
        answer = views.post(PATH, {"batch": {"display_name": "mine", "input_config": source}})
        assert answer.json["metadata"]["displayName"] == "mine"
    assert sorted(Batch.objects.values_list("inline", flat=True)) == [False, True]


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o-mini",
        "openai/gpt-4o",
        "anthropic.claude-3-sonnet-20240229-v1:0",
        "ft:gpt-4o:org::id",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3",
    ],
)
def test_models_may_have_slashes_and_colons(views: Raw, model: str):
    for address in (f"models/{model}", f"models/{model.replace('/', '%2F')}"):
        operation = views.post(f"{address}:batchGenerateContent", inline({"request": ask()})).json
        assert operation["metadata"]["model"] == f"models/{model}"
    assert set(Batch.objects.values_list("model_override", flat=True)) == {model}


def test_tuned_models(views: Raw):
    answer = views.post("tunedModels/mine:batchGenerateContent", inline({"request": ask()}))

    assert Batch.objects.get().model_override == "tunedModels/mine"
    assert answer.json["metadata"]["model"] == "models/tunedModels/mine"


@pytest.mark.parametrize(
    "path", ["models/%00:batchGenerateContent", f"models/{'x' * 256}:batchGenerateContent"]
)
def test_models_that_are_none(views: Raw, path: str):
    answer = views.post(path, inline({"request": ask()}))

    assert (answer.status, fields(answer)) == (400, ["model"])


@pytest.mark.parametrize(
    ("line", "endpoint"),
    [
        ({"key": "a", "request": ask()}, "/v1/chat/completions"),
        ({"key": "a", "request": {"content": {"parts": []}}}, "/v1/chat/completions"),
        ({"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {}}, "/v1/responses"),
        ({"custom_id": "a", "params": {}}, "/v1/chat/completions"),
        ({"nothing": "known"}, "/v1/chat/completions"),
        ("no record", "/v1/chat/completions"),
    ],
)
def test_the_first_line_of_a_file_says_what_is_asked(
    views: Raw, store: Callable[..., File], line: Any, endpoint: str
):
    views.post(PATH, filed(f"files/{store(jsonl([line])).pk}"))

    assert Batch.objects.get().endpoint == endpoint


def test_embeddings_are_asked_for_by_the_address(views: Raw, store: Callable[..., File]):
    file = store(jsonl([{"key": "a", "request": {"content": {"parts": [{"text": "a"}]}}}]))
    bodies = (filed(f"files/{file.pk}"), inline({"request": {"content": {"parts": []}}}))
    for body in bodies:
        metadata = views.post(EMBED, body).json["metadata"]
        assert metadata["@type"] == f"{VERSION}.EmbedContentBatch"

    assert set(Batch.objects.values_list("endpoint", flat=True)) == {"/v1/embeddings"}


def test_the_provider_is_the_headers(views: Raw):
    for provider in ("openai", "anthropic", "gemini", "bedrock", " OpenAI "):
        views.post(PATH, inline({"request": ask()}), x_model_provider=provider)
        assert Batch.objects.latest("created_at").provider == provider.strip().lower()

    answer = views.post(PATH, inline({"request": ask()}), x_model_provider="azure")
    assert fields(answer) == ["x-model-provider"]
    assert "'bedrock'" in answer.error["message"]


def test_a_provider_without_a_credential(views: Raw):
    Credential.objects.filter(provider="gemini").delete()

    answer = views.post(PATH, inline({"request": ask()}))

    assert (answer.status, answer.error["status"]) == (400, "FAILED_PRECONDITION")
    assert not Batch.objects.exists()
    assert not File.objects.filter(status=File.Status.STORED).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "batch.inputConfig.fileName"),
        ({"batch": None}, "batch.inputConfig.fileName"),
        ({"batch": []}, "batch"),
        ({"batch": {}, "more": 1}, "more"),
        ({"batch": {"inputConfig": {}}}, "batch.inputConfig.fileName"),
        ({"batch": {"inputConfig": {"fileName": 1}}}, "batch.inputConfig.fileName"),
        ({"batch": {"inputConfig": {"fileName": "a", "gcsUri": "b"}}}, "batch.inputConfig.gcsUri"),
        ({"batch": {"inputConfig": {"requests": []}}}, "batch.inputConfig.requests"),
        ({"batch": {"inputConfig": {"requests": {}}}}, "batch.inputConfig.fileName"),
        (
            {"batch": {"inputConfig": {"requests": {"requests": []}}}},
            "batch.inputConfig.requests.requests",
        ),
        (
            {"batch": {"inputConfig": {"requests": {"requests": 1}}}},
            "batch.inputConfig.requests.requests",
        ),
        (
            {"batch": {"inputConfig": {"requests": {"more": 1, "requests": [{"request": {}}]}}}},
            "batch.inputConfig.requests.more",
        ),
        (filed("a", displayName=1), "batch.displayName"),
        (filed("a", displayName="x" * 513), "batch.displayName"),
        (filed("a", displayName="\0"), "batch.displayName"),
        (filed("a", webhookConfig={"uris": []}), "batch.webhookConfig"),
        (filed("a", priority=7), "batch.priority"),
        (filed("a", model="models/gemini-other"), "batch.model"),
        (filed("files/000000000000"), "name"),
        (filed("files/\0"), "batch.inputConfig.fileName"),
    ],
)
def test_a_wrong_create_is_refused_by_name(views: Raw, body: Any, field: str):
    answer = views.post(PATH, body)

    assert answer.status == (404 if field == "name" else 400)
    assert fields(answer) == [field]
    assert not Batch.objects.exists()
    assert not File.objects.exists()


def test_a_file_and_requests_at_once(views: Raw):
    source = {"fileName": "files/a", "requests": {"requests": [{"request": ask()}]}}

    answer = views.post(PATH, {"batch": {"inputConfig": source}})

    assert fields(answer) == ["batch.inputConfig.fileName"]
    assert not File.objects.filter(status=File.Status.STORED).exists()


def test_the_model_may_be_said_again(views: Raw, store: Callable[..., File]):
    for model in (MODEL, f"models/{MODEL}"):
        assert views.post(PATH, filed(f"files/{store().pk}", model=model)).status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"batch": \xff}', b"null"])
def test_a_body_that_is_no_object(views: Raw, body: bytes):
    answer = views.post(PATH, body)

    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")


def test_a_file_by_the_name_that_its_client_chose(views: Raw, store: Callable[..., File]):
    file = store(name="my-questions")

    views.post(PATH, filed("files/my-questions"))

    assert Batch.objects.get().input_file == file


def test_an_idempotency_key_makes_one_batch(views: Raw, store: Callable[..., File]):
    body = filed(f"files/{store().pk}")
    names = {views.post(PATH, body, idempotency_key="once").json["name"] for _ in range(2)}
    assert len(names) == 1

    answer = views.post(PATH, filed(f"files/{store().pk}"), idempotency_key="once")
    assert (answer.status, answer.error["status"]) == (400, "ALREADY_EXISTS")
    again = {views.post(PATH, body).json["name"] for _ in range(2)}
    assert len(again | names) == 3


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
