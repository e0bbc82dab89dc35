"""A job as boto3 gets it, by any form of its id, through its whole life."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from django.db import models
from django.utils import timezone

from batches.models import Batch
from files.models import File
from gateway.bedrock import wire
from providers.models import Workspace
from tests.batches.conftest import live
from tests.bedrock.asking import SOURCE, TARGET, asked, questions, refusal, row

NOW = timezone.now().replace(microsecond=123456)


@pytest.fixture
def file(put):
    return put(questions("openai", "one", "two [sandbox:status=400]"))


@pytest.fixture
def made(workspace, file):
    """Makes a batch as another surface would."""

    def make(**fields: Any) -> Batch:
        given = {"surface": "openai", "provider": "openai", "endpoint": "/v1/chat/completions"}
        given |= {"workspace": workspace, "input_file": file}
        return Batch.objects.create(**{**given, **fields})

    return make


def test_it_works(jobs, file):
    client = jobs("openai")
    arn = client.create_model_invocation_job(
        **asked(modelInvocationType="InvokeModel", timeoutDurationInHours=48)
    )["jobArn"]
    job = client.get_model_invocation_job(jobIdentifier=arn)

    assert (job["jobArn"], job["jobName"], job["status"]) == (arn, "openai-job", "Submitted")
    assert job["modelId"] == "gpt-4o-mini"
    assert job["modelInvocationType"] == "InvokeModel"
    assert job["inputDataConfig"]["s3InputDataConfig"] == {
        "s3Uri": SOURCE,
        "s3InputFormat": "JSONL",
    }
    assert job["outputDataConfig"]["s3OutputDataConfig"] == {"s3Uri": TARGET}
    assert job["timeoutDurationInHours"] == 48
    assert job["jobExpirationTime"] - job["submitTime"] == timedelta(hours=48)
    assert job["submitTime"] == job["lastModifiedTime"] == row(arn).created_at
    assert job["totalRecordCount"] == 0
    assert not {"endTime", "message"} & set(job)

    live(row(arn))
    job = client.get_model_invocation_job(jobIdentifier=arn)

    assert job["status"] == "Completed"
    assert job["endTime"] == job["lastModifiedTime"] == row(arn).completed_at
    counts = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")
    assert [job[name] for name in counts] == [2, 2, 1, 1]
    assert job == {**job, **listed(client, arn)}


def listed(client: Any, arn: str) -> dict[str, Any]:
    found = client.list_model_invocation_jobs()["invocationJobSummaries"]
    return next(job for job in found if job["jobArn"] == arn)


def test_a_job_that_fails_says_why(jobs, put):
    put(b'{\n{"custom_id": 7}\n')
    client = jobs("openai")
    arn = client.create_model_invocation_job(**asked())["jobArn"]
    live(row(arn))
    job = client.get_model_invocation_job(jobIdentifier=arn)

    assert job["status"] == "Failed"
    assert job["message"].startswith("Line 1: ")
    assert job["message"].endswith(" (1 more)")
    assert job["endTime"] == row(arn).failed_at


def test_a_long_message_is_cut(made, jobs):
    errors = [{"code": "x", "message": "x" * 5000, "param": None, "line": 12}] * 3
    batch = made(status="failed", failed_at=NOW, errors=errors, total=3)
    job = jobs().get_model_invocation_job(jobIdentifier=batch.id)
    assert len(job["message"]) == 2048
    assert job["message"].endswith("x (2 more)")
    assert (job["errorRecordCount"], job["processedRecordCount"]) == (3, 3)


FORMS = [
    "{}",
    "arn:aws:bedrock:us-west-2:123456789:model-invocation-job/{}",
    "arn:aws:bedrock:eu-west-1:000000000000:model-invocation-job/{}",
    "batch_{}",
    "msgbatch_{}",
    "batches/{}",
]


@pytest.mark.parametrize("form", FORMS)
def test_any_form_of_an_id_does(made, jobs, form: str):
    batch = made()
    job = jobs().get_model_invocation_job(jobIdentifier=form.format(batch.id))
    assert job["jobArn"].endswith(f":model-invocation-job/{batch.id}")


def encodings(text: str) -> list[str]:
    """As SDKs, curl and whoever encodes more than is needed write an ARN into a path."""
    once = quote(text, safe="")
    each = "".join(f"%{ord(letter):02x}" for letter in text)
    return [text, quote(text), once, once.replace("%3A", ":"), once.lower(), each, quote(once)]


def test_any_encoding_of_an_arn_does(made, client, credentials):
    batch = made()
    arn = f"arn:aws:bedrock:us-west-2:123456789012:model-invocation-job/{batch.id}"
    for path in encodings(arn):
        headers = {"authorization": "Bearer sk-any"}
        answer = client.get(f"/bedrock/model-invocation-job/{path}", headers=headers)
        assert answer.status_code == 200, path
        answer = client.generic(
            "POST", f"/bedrock/model-invocation-job/{path}/stop", headers=headers
        )
        assert answer.json() == {}


@pytest.mark.parametrize(
    "name",
    ["abcdefghijkl", "abc123", "arn:aws:bedrock:us-west-2:1:model-invocation-job/abc123", "ü", "\0",
     "a" * 1000, "arn:aws:bedrock:eu-west-1:000000000000:model-invocation-job/abcdefghijkl", "a/b"],
)  # fmt: skip
def test_a_job_that_is_not_there(jobs, made, name: str):
    client = jobs()
    for call in (client.get_model_invocation_job, client.stop_model_invocation_job):
        error = refusal(call, jobIdentifier=name)
        assert isinstance(error, client.exceptions.ResourceNotFoundException)
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_what_was_deleted_or_is_anothers_is_not_there(jobs, made):
    gone = made(deleted_at=NOW)
    elsewhere = made(workspace=Workspace.objects.create(name="other"))
    for batch in (gone, elsewhere):
        error = refusal(jobs().get_model_invocation_job, jobIdentifier=batch.id)
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"
    assert jobs().list_model_invocation_jobs()["invocationJobSummaries"] == []


def test_the_region_is_that_of_the_signature(jobs, made):
    batch = made()
    for region in ("eu-central-1", "us-gov-west-1"):
        job = jobs(region=region).get_model_invocation_job(jobIdentifier=batch.id)
        assert job["jobArn"].split(":")[3] == region


def test_without_a_signature_there_is_a_usual_region(client, credentials, made):
    batch = made()
    for headers in (
        {"authorization": "Bearer sk-any"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=0"},
        {"authorization": "AWS4-HMAC-SHA256 Credential=AKID/2026/A_B/bedrock/aws4_request"},
    ):
        answer = client.get(f"/bedrock/model-invocation-job/{batch.id}", headers=headers)
        assert answer.json()["jobArn"].startswith("arn:aws:bedrock:us-east-1:000000000000:")


def test_a_batch_of_another_surface_is_a_job(jobs, made, file):
    batch = made(model="gpt-4o-mini")
    job = jobs().get_model_invocation_job(jobIdentifier=batch.id)
    assert (job["jobName"], job["roleArn"], job["modelId"]) == (batch.id, "", "gpt-4o-mini")
    assert job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"] == "s3://any/in/questions.jsonl"
    assert job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"] == "s3://bifrost-files/"
    assert job["timeoutDurationInHours"] == 24


def test_it_is_a_job_before_its_model_is_known(jobs, made, workspace):
    plain = File.objects.create(workspace=workspace, status="stored", filename="in.jsonl")
    batch = made(name="Nächtlich", input_file=plain, results_file=plain)
    # The names of GenAI's clients may be anything, which AWS's pattern does not allow.
    job = wire.write_job(batch, "")
    assert (job["jobName"], job["modelId"]) == ("Nächtlich", "unknown")
    place = {"s3Uri": f"s3://bifrost-files/file-{plain.id}"}
    assert job["inputDataConfig"]["s3InputDataConfig"] == {**place, "s3InputFormat": "JSONL"}
    assert job["outputDataConfig"]["s3OutputDataConfig"] == place


def test_every_status_of_ours_is_one_of_theirs(made):
    vendors = ServiceModel(Loader().load_service_model("bedrock", "service-2"))
    assert set(wire.STATUS) == set(vendors.shape_for("ModelInvocationJobStatus").enum)
    numbers = (0, 3)
    for status, total, attempts, completed in itertools.product(
        Batch.Status, numbers, numbers, numbers
    ):
        made(status=status, total=total, attempts=attempts, completed=completed)
    rows = Batch.objects.all()
    words = {batch.pk: wire.status_of(batch) for batch in rows}
    assert set(words.values()) == set(wire.STATUS)
    for word, meaning in wire.STATUS.items():
        found = rows.filter(meaning.query).values_list("pk", flat=True)
        assert set(found) == {pk for pk, told in words.items() if told == word}


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "validating"}, "Submitted"),
        ({"status": "validating", "attempts": 1}, "Validating"),
        ({"status": "validating", "attempts": 1, "total": 2}, "Scheduled"),
        ({"status": "in_progress", "total": 2}, "InProgress"),
        ({"status": "finalizing", "total": 2}, "InProgress"),
        ({"status": "completed", "total": 2, "completed": 2}, "Completed"),
        ({"status": "failed"}, "Failed"),
        ({"status": "expired", "total": 2, "completed": 1}, "PartiallyCompleted"),
        ({"status": "expired", "total": 2}, "Expired"),
        ({"status": "cancelling", "total": 2}, "Stopping"),
        ({"status": "cancelled", "total": 2}, "Stopped"),
    ],
)
def test_statuses_mean_what_aws_means(made, jobs, fields, word):
    batch = made(**fields)
    assert jobs().get_model_invocation_job(jobIdentifier=batch.id)["status"] == word


def test_times_are_exact_and_in_utc():
    moment = datetime(2026, 11, 21, 1, 2, 3, 4, tzinfo=UTC)
    elsewhere = moment.astimezone(datetime.strptime("+0530", "%z").tzinfo)
    assert wire.write_time(elsewhere) == "2026-11-21T01:02:03.000004Z"


def test_every_time_of_a_batch_counts_as_a_change():
    named = {
        field.name for field in Batch._meta.get_fields() if isinstance(field, models.DateTimeField)
    }
    # With `retrying_at` goes a new `in_progress_at`.
    others = {"expires_at", "archived_at", "deleted_at", "due_at", "retrying_at"}
    assert named - set(wire.TIMES) == others
