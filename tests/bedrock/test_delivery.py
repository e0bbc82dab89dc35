"""Where results lie: as AWS lays them out, in our own store by name, or in the client's bucket."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batches import services
from batches.models import Batch
from files import names
from files import objects as bucket_objects
from files.buckets import NoSuchKeyError, bucket_of
from files.models import File
from providers.models import Credential, Workspace
from providers.services import SANDBOX_OPTIONS
from tests.batches.conftest import Sandbox, live
from tests.bedrock.asking import (
    IDS,
    MODELS,
    SOURCE,
    asked,
    content,
    questions,
    refusal,
    row,
    run,
)
from tests.bedrock.client import ROLE
from tests.sandbox import bedrock

OF_THE_CREDENTIAL = SANDBOX_OPTIONS["bedrock"]["role_arn"]
RESULTS, MANIFEST = "questions.jsonl.out", "manifest.json.out"
COUNTS = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")
OURS = [provider for provider in MODELS if provider != "bedrock"]
TEXTS = ("zero", "one [sandbox:status=400]", "two")
NAMES = ["c0", "c1", "c2"]


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Sandbox]:
    sandbox = Sandbox(sandbox_url)
    yield sandbox
    sandbox.control("DELETE", "faults")


@pytest.fixture
def aws(sandbox_url: str, credentials: dict[str, Credential]) -> Iterator[bedrock.Clients]:
    """The clients of the account that the credential for Bedrock is for."""
    key = credentials["bedrock"].options["access_key_id"]
    with bedrock.connected(sandbox_url, key) as clients:
        yield clients


def created(client: Any, provider: str = "openai", source: str = SOURCE, **more: Any) -> Batch:
    arn = client.create_model_invocation_job(**asked(provider, source, **more))["jobArn"]
    return row(arn)


def named(batch: Batch, name: str, folder: str = "out/") -> File | None:
    return names.find(batch.workspace, "any", f"{folder}{batch.id}/{name}")


def objects(aws: bedrock.Clients, bucket: str = "any", prefix: str = "") -> list[str]:
    listed = aws.storage.list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [one["Key"] for one in listed.get("Contents", ())]


def read(aws: bedrock.Clients, key: str, bucket: str = "any") -> list[dict]:
    lines = aws.storage.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("provider", OURS)
@pytest.mark.parametrize("dialect", IDS)
def test_results_are_named_in_our_own_store(jobs, put, provider: str, dialect: str):
    put(questions(dialect, *TEXTS, model=MODELS[provider]))
    batch = live(created(jobs(provider), provider))

    results = named(batch, RESULTS)
    assert results == batch.results_file
    assert [one[IDS[dialect]] for one in content(results)] == NAMES
    (manifest,) = content(named(batch, MANIFEST))
    assert [manifest[name] for name in COUNTS] == [3, 3, 2, 1]
    assert manifest["inputTokenCount"] > 0
    assert manifest["outputTokenCount"] > 0
    assert batch.errors is None


def test_they_are_there_before_the_job_says_so(jobs, put, monkeypatch):
    """And not half of them: a reader sees all, or that the job goes on."""
    put(questions("openai", "one"))
    batch = created(jobs("openai"))
    seen = []
    real = names.publish

    def publish(file: File, **fields: Any) -> File:
        seen.append(Batch.objects.get(pk=batch.pk).status)
        return real(file, **fields)

    monkeypatch.setattr(names, "publish", publish)
    live(batch)
    assert seen == ["finalizing", "finalizing"]


@pytest.mark.parametrize(
    ("uri", "folder"),
    [("s3://any", ""), ("s3://any/", ""), ("s3://any/a", "a/"), ("s3://any/a b/c/", "a b/c/")],
)
def test_the_folder_may_be_any(jobs, put, uri: str, folder: str):
    put(questions("openai", "one"))
    target = {"s3OutputDataConfig": {"s3Uri": uri}}
    batch = live(created(jobs("openai"), outputDataConfig=target))
    assert named(batch, RESULTS, folder)
    assert named(batch, MANIFEST, folder)


@pytest.mark.parametrize("key", ["in/questions", "questions.jsonl", "a b/ä.json"])
def test_results_are_named_after_the_input(jobs, put, key: str):
    put(questions("openai", "one"), key=key)
    batch = live(created(jobs("openai"), source=f"s3://any/{key}"))
    last = key.rpartition("/")[2].removesuffix(".jsonl")
    assert named(batch, f"{last}.jsonl.out")


def test_an_input_that_is_named_by_its_id_is_the_name(jobs, put):
    file = put(questions("openai", "one"))
    batch = live(created(jobs("openai"), source=f"s3://openai-files/file-{file.id}"))
    assert named(batch, f"file-{file.id}.jsonl.out")


def test_what_is_collected_again_takes_the_place(jobs, put):
    put(questions("openai", *TEXTS))
    batch = live(created(jobs("openai")))
    first = named(batch, RESULTS), named(batch, MANIFEST)

    batch = live(services.collect_again(batch))

    second = named(batch, RESULTS), named(batch, MANIFEST)
    assert not {file.pk for file in first} & {file.pk for file in second}
    assert content(second[0]) == content(second[0])
    for file in first:
        file.refresh_from_db()
        assert file.status == File.Status.DELETING
    assert not File.objects.filter(status=File.Status.WRITING).exists()


def test_what_a_client_put_there_is_replaced(jobs, put):
    put(questions("openai", "one"))
    batch = created(jobs("openai"))
    theirs = put(b"mine", key=f"out/{batch.id}/{RESULTS}")
    batch = live(batch)
    assert named(batch, RESULTS) == batch.results_file
    theirs.refresh_from_db()
    assert theirs.status == File.Status.DELETING


def test_two_jobs_do_not_mix(jobs, put):
    put(questions("openai", "one"))
    one, two = (live(created(jobs("openai"))) for _ in range(2))
    assert named(one, RESULTS) != named(two, RESULTS)


def test_a_job_that_failed_delivers_nothing(jobs, put):
    put(b"{\n")
    batch = live(created(jobs("openai")))
    assert batch.status == "failed"
    assert named(batch, RESULTS) is named(batch, MANIFEST) is None


def test_a_job_that_was_stopped_delivers_what_there_is(jobs, put):
    put(questions("openai", "[sandbox:seconds=60]", "two"))
    client = jobs("openai")
    batch = created(client)
    services.advance(batch.pk)
    client.stop_model_invocation_job(jobIdentifier=batch.pk)
    batch = live(batch)
    assert batch.status == "cancelled"
    assert len(content(named(batch, RESULTS))) == 2
    (manifest,) = content(named(batch, MANIFEST))
    assert manifest["totalRecordCount"] == 2


def test_a_batch_that_names_no_place_stays_with_us(workspace: Workspace, put, credentials):
    batch = services.create(
        workspace=workspace,
        input_file=put(questions("openai", "one")),
        repeat=services.Repeat("digest"),
        fields={
            "surface": "openai",
            "provider": "openai",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        },
    )[0]
    batch = live(batch)
    assert batch.results_file.bucket == ""
    assert File.objects.filter(purpose=File.Purpose.BATCH_OUTPUT).count() == 1


@pytest.mark.parametrize("dialect", IDS)
def test_bedrocks_are_objects_in_the_clients_bucket(jobs, aws, dialect: str):
    """Few records, which are asked for one by one."""
    body = questions(dialect, *TEXTS, model=MODELS["bedrock"])
    aws.storage.put_object(Bucket="any", Key="in/questions.jsonl", Body=body)
    batch = created(jobs(), "bedrock")
    assert batch.input_file.credential_id is not None
    batch = live(batch)

    folder = f"out/{batch.id}/"
    assert objects(aws, prefix="out/") == [f"{folder}{MANIFEST}", f"{folder}{RESULTS}"]
    told = read(aws, f"{folder}{RESULTS}")
    assert [one[IDS[dialect]] for one in told] == NAMES
    assert told == content(batch.results_file)
    (manifest,) = read(aws, f"{folder}{MANIFEST}")
    assert [manifest[name] for name in COUNTS] == [3, 3, 2, 1]
    assert batch.errors is None
    # What lies in the client's bucket is not named in ours, too.
    assert batch.results_file.bucket == ""
    assert named(batch, MANIFEST) is None


@pytest.mark.parametrize(("role", "used"), [(ROLE, ROLE), ("not-required", OF_THE_CREDENTIAL)])
def test_a_job_of_bedrocks_own_is_as_its_client_wants_it(jobs, aws, role: str, used: str):
    texts = [f"number {number}" for number in range(100)]
    body = questions("bedrock", *texts)
    aws.storage.put_object(Bucket="any", Key="in/questions.jsonl", Body=body)
    tags = [{"key": "team", "value": "a b"}]
    wanted = {"modelInvocationType": "Converse", "timeoutDurationInHours": 30, "tags": tags}
    wanted["roleArn"] = role
    batch = live(created(jobs(), "bedrock", **wanted))

    told = read(aws, f"out/{batch.id}/{RESULTS}")
    assert [one["recordId"] for one in told] == [f"c{number}" for number in range(100)]
    assert all(one["modelOutput"]["output"]["message"] for one in told)
    (manifest,) = read(aws, f"out/{batch.id}/{MANIFEST}")
    assert [manifest[name] for name in COUNTS] == [100, 100, 100, 0]
    assert manifest["inputTokenCount"] > 0
    assert manifest["outputTokenCount"] > 0
    (job,) = aws.jobs.list_model_invocation_jobs()["invocationJobSummaries"]
    assert job["modelInvocationType"] == "Converse"
    assert (job["roleArn"], job["timeoutDurationInHours"]) == (used, 30)


def test_an_object_that_changed_is_not_read(jobs, aws):
    for body in (questions("openai", "one"), questions("openai", "two")):
        aws.storage.put_object(Bucket="any", Key="in/questions.jsonl", Body=body)
        if b"one" in body:
            batch = created(jobs(), "bedrock")
    batch = live(batch)
    assert (batch.status, batch.errors[0]["code"]) == ("failed", "file_deleted")


def test_two_jobs_may_read_one_object(jobs, aws):
    body = questions("openai", "one", model=MODELS["bedrock"])
    aws.storage.put_object(Bucket="any", Key="in/questions.jsonl", Body=body)
    one, two = (created(jobs(), "bedrock") for _ in range(2))
    assert one.input_file == two.input_file
    assert live(one).completed == live(two).completed == 1


@pytest.fixture
def ready(jobs, put) -> Batch:
    """A job of Bedrock's whose results wait to be delivered."""
    file = put(questions("openai", *TEXTS, model=MODELS["bedrock"]))
    batch = created(jobs(), "bedrock", tags=[{"key": "file_id", "value": file.id}])
    run(batch)
    return batch


@pytest.mark.parametrize("status", [403, 404, 400])
def test_a_bucket_that_refuses_does_not_lose_the_results(ready, jobs, sandbox, aws, status: int):
    sandbox.fault(provider="s3", operation="objects.put", status=status, times=None)
    batch = live(ready)

    assert (batch.status, batch.completed, batch.failed) == ("completed", 2, 1)
    assert [one["custom_id"] for one in content(batch.results_file)] == NAMES
    assert [one["code"] for one in batch.errors] == ["delivery_failed"]
    assert batch.events.filter(kind="not delivered").exists()
    job = jobs().get_model_invocation_job(jobIdentifier=batch.id)
    assert job["status"] == "Completed"
    assert "could not be delivered" in job["message"]

    sandbox.control("DELETE", "faults")
    batch = live(services.collect_again(batch))

    assert batch.errors is None
    assert len(read(aws, f"out/{batch.id}/{RESULTS}")) == 3
    assert "message" not in jobs().get_model_invocation_job(jobIdentifier=batch.id)


def test_a_bucket_that_is_down_is_waited_for(ready, sandbox, aws):
    """Whatever was written for a try that came to nothing is gone."""
    sandbox.fault(provider="s3", operation="objects.put", status=503, times=None)
    for _ in range(2):
        Batch.objects.update(due_at=ready.created_at)
        services.advance(ready.pk)
    ready.refresh_from_db()
    assert ready.status == "finalizing"
    assert "S3 cannot be used now" in ready.last_error
    assert not File.objects.filter(status=File.Status.WRITING).exists()

    sandbox.control("DELETE", "faults")
    Batch.objects.update(due_at=ready.created_at)
    batch = live(ready)
    assert batch.status == "completed"
    assert len(read(aws, f"out/{batch.id}/{RESULTS}")) == 3


def test_the_gateways_own_folder_is_no_place_for_results(jobs, ready):
    for uri in ("s3://bifrost/bifrost", "s3://bifrost/bifrost/mine/"):
        target = {"s3OutputDataConfig": {"s3Uri": uri}}
        wanted = asked("bedrock", outputDataConfig=target)
        error = refusal(jobs().create_model_invocation_job, **wanted)
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        assert "Bifrost's own" in str(error)
    # It may become so later.
    Batch.objects.filter(pk=ready.pk).update(output_uri="s3://bifrost/bifrost/")
    batch = live(ready)
    assert batch.status == "completed"
    assert "Bifrost's own" in batch.errors[0]["message"]


def test_without_a_credential_the_results_stay(ready):
    Credential.objects.filter(provider="bedrock").update(enabled=False)
    batch = live(ready)
    assert (batch.status, len(content(batch.results_file))) == ("completed", 3)
    assert batch.errors[0]["code"] == "delivery_failed"


def test_results_in_a_bucket_that_others_share_are_not_theirs(ready):
    batch = live(ready)
    key = f"out/{batch.id}/{RESULTS}"
    others = Workspace.objects.create(name="others")

    assert bucket_objects.find(batch.workspace, bucket_of(batch.workspace, "any"), key).size
    with pytest.raises(NoSuchKeyError):
        bucket_objects.find(others, bucket_of(others, "any"), key)


def test_what_is_collected_again_replaces_the_objects(ready, aws):
    batch = live(ready)
    aws.storage.put_object(Bucket="any", Key=f"out/{batch.id}/{RESULTS}", Body=b"{}")
    batch = live(services.collect_again(batch))
    assert len(read(aws, f"out/{batch.id}/{RESULTS}")) == 3


def test_records_without_words_alone_are_delivered_too(jobs, put, aws):
    """Then there is no job, and so no credential of one."""
    record = json.loads(questions("openai", "one", model=MODELS["bedrock"]))
    record["body"]["n"] = 3
    file = put(json.dumps(record).encode())
    batch = created(jobs(), "bedrock", tags=[{"key": "file_id", "value": file.id}])
    batch = live(batch)
    assert (batch.failed, batch.jobs.count()) == (1, 0)
    (told,) = read(aws, f"out/{batch.id}/{RESULTS}")
    assert told["error"]["code"] == "unsupported_feature"


def test_a_bucket_that_is_not_there_is_told_at_once(jobs, aws, sandbox):
    sandbox.fault(provider="s3", operation="objects.head", status=403)
    error = refusal(jobs().create_model_invocation_job, **asked("bedrock"))
    assert error.response["Error"]["Code"] == "AccessDeniedException"
    sandbox.fault(provider="s3", operation="objects.head", status=503, times=None)
    error: ClientError = refusal(jobs().create_model_invocation_job, **asked("bedrock"))
    assert error.response["Error"]["Code"] == "ServiceUnavailableException"
