"""A create that is repeated with the same clientRequestToken makes no second job."""

import pytest

from batches.models import Batch
from files import services as files
from gateway.bedrock.asked import idempotency_key, token_of
from tests.bedrock.asking import TARGET, asked, questions, refusal, row


@pytest.fixture
def file(put):
    return put(questions("openai", "one"))


def test_the_same_token_gets_the_same_job(jobs, file):
    client = jobs("openai")
    made = [
        client.create_model_invocation_job(**asked(clientRequestToken="once"))["jobArn"]
        for _ in range(3)
    ]
    assert len(set(made)) == 1
    assert client.get_model_invocation_job(jobIdentifier=made[0])["clientRequestToken"] == "once"


def test_it_does_so_when_the_input_is_gone(jobs, file):
    client = jobs("openai")
    wanted = asked(clientRequestToken="once")
    first = client.create_model_invocation_job(**wanted)["jobArn"]
    files.delete(file)
    assert client.create_model_invocation_job(**wanted)["jobArn"] == first


@pytest.mark.parametrize(
    "other",
    [
        {"jobName": "other"},
        {"modelId": "gpt-5-mini"},
        {"roleArn": ""},
        {"tags": [{"key": "a", "value": "b"}]},
        {"timeoutDurationInHours": 48},
        {"modelInvocationType": "InvokeModel"},
        {"outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"{TARGET}2/"}}},
    ],
)
def test_it_is_for_one_body(jobs, file, other: dict):
    client = jobs("openai")
    client.create_model_invocation_job(**asked(clientRequestToken="once"))
    wanted = asked(clientRequestToken="once", **other)
    error = refusal(client.create_model_invocation_job, **wanted)
    assert isinstance(error, client.exceptions.ConflictException)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "clientRequestToken" in str(error)


def test_it_is_for_one_provider(jobs, file):
    more = {"clientRequestToken": "once", "tags": [{"key": "file_id", "value": file.id}]}
    jobs("openai").create_model_invocation_job(**asked(**more))
    error = refusal(jobs("anthropic").create_model_invocation_job, **asked(**more))
    assert error.response["Error"]["Code"] == "ConflictException"


def test_the_order_of_the_fields_does_not_matter(client, credentials, file):
    headers = {"authorization": "Bearer sk-any", "x-model-provider": "openai"}
    body = asked(clientRequestToken="once")
    answers = [
        client.post("/bedrock/model-invocation-job", one, "application/json", headers=headers)
        for one in (body, dict(reversed(body.items())))
    ]
    assert answers[0].json() == answers[1].json()


def test_boto3_gives_each_create_a_token_of_its_own(jobs, file):
    client = jobs("openai")
    made = {client.create_model_invocation_job(**asked())["jobArn"] for _ in range(3)}
    assert len(made) == 3


def test_without_a_token_each_create_is_a_job(client, credentials, file):
    headers = {"authorization": "Bearer sk-any", "x-model-provider": "openai"}
    for _ in range(2):
        client.post("/bedrock/model-invocation-job", asked(), "application/json", headers=headers)
    assert Batch.objects.filter(idempotency_key=None).count() == 2


@pytest.mark.parametrize("length", [1, 236, 237, 256])
def test_a_token_of_any_length_is_known_again(jobs, file, length: int):
    client = jobs("openai")
    wanted = asked(clientRequestToken="a" * length)
    first = client.create_model_invocation_job(**wanted)["jobArn"]
    assert client.create_model_invocation_job(**wanted)["jobArn"] == first
    assert len(row(first).idempotency_key) <= 255
    # One that is too long to be kept is known by its hash, and not told again.
    told = client.get_model_invocation_job(jobIdentifier=first).get("clientRequestToken")
    assert told == ("a" * length if length <= 236 else None)


@pytest.mark.parametrize("key", [None, "", "clientRequestToken", "once"])
def test_no_key_of_another_surface_is_a_token(key):
    """No header can hold the line end that is in every token's key."""
    assert token_of(key) == ""
    assert "\n" in idempotency_key("once")
