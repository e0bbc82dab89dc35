"""Jobs that are stopped, and errors as boto3 raises them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.db import OperationalError

from batches import services
from batches.models import Batch
from providers.models import VirtualKey
from tests.batches.conftest import live
from tests.bedrock import client as inside
from tests.bedrock.asking import asked, questions, refusal, row


@pytest.fixture
def made(jobs, put):
    """The client, and a job of its own."""
    put(questions("openai", "one [sandbox:seconds=60]", "two"))
    client = jobs("openai")
    return client, client.create_model_invocation_job(**asked())["jobArn"]


def test_it_works(made):
    client, arn = made
    services.advance(row(arn).pk)
    assert client.get_model_invocation_job(jobIdentifier=arn)["status"] == "InProgress"

    assert set(client.stop_model_invocation_job(jobIdentifier=arn)) == {"ResponseMetadata"}
    assert client.get_model_invocation_job(jobIdentifier=arn)["status"] == "Stopping"
    # Who stops it again has nothing to change.
    client.stop_model_invocation_job(jobIdentifier=arn)
    live(row(arn))

    job = client.get_model_invocation_job(jobIdentifier=arn)
    assert job["status"] == "Stopped"
    assert job["processedRecordCount"] == job["totalRecordCount"] == 2
    conflict(client, arn)


@pytest.mark.parametrize("status", ["completed", "failed", "expired", "cancelled", "finalizing"])
def test_one_that_has_ended_is_a_conflict(made, status: str):
    client, arn = made
    Batch.objects.filter(pk=row(arn).pk).update(status=status)
    conflict(client, arn)
    assert row(arn).status == status


def conflict(client: Any, arn: str) -> None:
    error = refusal(client.stop_model_invocation_job, jobIdentifier=arn)
    assert isinstance(error, client.exceptions.ConflictException)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_it_takes_no_parameters(client, made):
    _, arn = made
    path = f"/bedrock/model-invocation-job/{arn}/stop"
    headers = {"authorization": "Bearer sk-any"}
    for body in (b"", b"{}"):
        answer = client.post(path, body, "application/json", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {})
    answer = client.post(path, {"why": "?"}, "application/json", headers=headers)
    assert (answer.status_code, answer["x-amzn-errortype"]) == (400, "ValidationException")


@pytest.mark.parametrize("text", ["bf-unknown", "AKIDUNKNOWN"])
def test_a_key_that_is_none_is_denied(client, credentials, settings, text: str):
    settings.AUTH = "keys"
    answer = client.get(
        "/bedrock/model-invocation-jobs", headers={"authorization": f"Bearer {text}"}
    )
    assert (answer.status_code, answer["x-amzn-errortype"]) == (403, "AccessDeniedException")


def test_a_key_works_as_a_bearer_token_and_as_a_pair(client, credentials, workspace, settings, put):
    settings.AUTH = "keys"
    put(questions("openai", "one"))
    key = VirtualKey(workspace=workspace, name="boto3")
    texts = key.renew()
    key.save()
    pair = {"key": texts.access_key_id, "secret": texts.secret_access_key}
    boto = inside.boto(client, "openai", **pair)
    assert row(boto.create_model_invocation_job(**asked())["jobArn"]).virtual_key == key
    answer = client.get(
        "/bedrock/model-invocation-jobs", headers={"authorization": f"Bearer {texts.key}"}
    )
    assert len(answer.json()["invocationJobSummaries"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "", 404),
        ("GET", "/foundation-models", 404),
        ("POST", "/model/gpt-4o/invoke", 404),
        ("DELETE", "/model-invocation-jobs", 405),
        ("GET", "/model-invocation-job", 405),
        ("PUT", "/model-invocation-job/abcdefghijkl", 405),
        ("GET", "/filesystem", 404),
    ],
)
def test_an_operation_that_is_not_there(client, credentials, method: str, path: str, status: int):
    answer = client.generic(method, f"/bedrock{path}", headers={"authorization": "Bearer sk-any"})
    assert answer.status_code == status
    assert answer["x-amzn-errortype"] == "UnknownOperationException"
    assert answer["x-amzn-requestid"]
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("failure", "code", "status"),
    [
        (OperationalError("secret"), "ServiceUnavailableException", 503),
        (ZeroDivisionError("secret"), "InternalServerException", 500),
    ],
)
def test_what_is_broken_says_nothing_of_itself(jobs, monkeypatch, failure, code, status):
    def broken(*arguments: Any) -> None:
        raise failure

    monkeypatch.setattr(Batch, "of", broken)
    error: ClientError = refusal(jobs().get_model_invocation_job, jobIdentifier="abcdefghijkl")
    assert error.response["Error"]["Code"] == code
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert "secret" not in str(error)
