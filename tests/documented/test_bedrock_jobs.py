"""Every snippet of the document "Bedrock SDK" about jobs, and what must come of it."""

import pytest
from botocore.config import Config
from botocore.exceptions import ParamValidationError

from tests.documented.bedrock import (
    BUCKETS,
    PROVIDERS,
    ROLE,
    answers_of,
    assert_completed,
    converses,
    create,
    ended,
    geminis,
    job,
    new_key,
    numbers,
    upload,
)
from tests.documented.conftest import MODELS, QUESTIONS, REGION, SLOW, Boto, assert_answered, chats

# The document leaves the role out.
WITHOUT_ROLE = [
    pytest.param({"roleArn": ROLE}, {}, id="a role"),
    pytest.param({"roleArn": ""}, {}, id="an empty one"),
    pytest.param({}, {"parameter_validation": False}, id="none, and no look at it"),
]


def test_create_a_batch_job_without_a_role(boto: Boto):
    """Bedrock SDK, Batch API, Create a Batch Job: Bedrock, as it stands.

    boto3 refuses it before it sends anything.
    """
    bedrock = boto("bedrock", "bedrock")
    wanted = job("bedrock", f"s3://{BUCKETS['bedrock']}/asked/questions.jsonl")
    del wanted["roleArn"]
    sent = []
    bedrock.meta.events.register("before-send", lambda request, **kwargs: sent.append(request))

    with pytest.raises(ParamValidationError, match="roleArn"):
        bedrock.create_model_invocation_job(**wanted)

    assert sent == []


@pytest.mark.parametrize(("role", "config"), WITHOUT_ROLE)
def test_create_a_batch_job(boto: Boto, role: dict[str, str], config: dict[str, bool]):
    """Bedrock SDK, Batch API, Create a Batch Job: Bedrock, in the ways that boto3 sends."""
    key, _ = upload(boto("s3", "bedrock"), "bedrock")
    bedrock = boto("bedrock", "bedrock", config=Config(**config))
    tags = [
        {"key": "endpoint", "value": "/v1/chat/completions"},
        {"key": "source", "value": "a-test"},
    ]
    wanted = job("bedrock", f"s3://{BUCKETS['bedrock']}/{key}", tags=tags)
    del wanted["roleArn"]

    response = bedrock.create_model_invocation_job(**wanted, **role)

    assert response["jobArn"].startswith(f"arn:aws:bedrock:{REGION}:")
    made = bedrock.get_model_invocation_job(jobIdentifier=response["jobArn"])
    assert made["jobName"] == wanted["jobName"]


def test_create_a_batch_job_for_openai(boto: Boto):
    """Bedrock SDK, Batch API, Create a Batch Job: OpenAI. Its key is the id of the file."""
    _, file_id = upload(boto("s3", "openai"), "openai")
    bedrock = boto("bedrock", "openai")

    response = bedrock.create_model_invocation_job(
        jobName=f"documented-{next(numbers)}",
        modelId=MODELS["openai"],
        roleArn="nobody-at-openai",
        inputDataConfig={
            "s3InputDataConfig": {"s3Uri": f"s3://for-openai/{file_id}", "s3InputFormat": "JSONL"}
        },
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://from-openai/"}},
        tags=[
            {"key": "endpoint", "value": "/v1/chat/completions"},
            {"key": "file_id", "value": file_id},
        ],
    )

    made = bedrock.get_model_invocation_job(jobIdentifier=response["jobArn"])
    assert made["inputDataConfig"]["s3InputDataConfig"]["s3Uri"] == f"s3://for-openai/{file_id}"


def test_create_a_batch_job_for_gemini(boto: Boto):
    """Bedrock SDK, Batch API, Create a Batch Job: Gemini. Its key is the id of the file."""
    _, file_id = upload(boto("s3", "gemini"), "gemini")
    bedrock = boto("bedrock", "gemini")

    response = bedrock.create_model_invocation_job(
        jobName=f"documented-{next(numbers)}",
        modelId=MODELS["gemini"],
        roleArn="nobody-at-gemini",
        inputDataConfig={
            "s3InputDataConfig": {"s3Uri": f"s3://for-gemini/{file_id}", "s3InputFormat": "JSONL"}
        },
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://from-gemini/"}},
    )

    made = bedrock.get_model_invocation_job(jobIdentifier=response["jobArn"])
    assert made["inputDataConfig"]["s3InputDataConfig"]["s3Uri"] == f"s3://for-gemini/{file_id}"


@pytest.mark.parametrize("provider", ["bedrock", "gemini"])
def test_list_batch_jobs(boto: Boto, provider: str):
    """Bedrock SDK, Batch API, List Batch Jobs."""
    arn = create(boto, provider)

    response = boto("bedrock", provider).list_model_invocation_jobs(maxResults=10)

    assert "invocationJobSummaries" in response
    [found] = [one for one in response["invocationJobSummaries"] if one["jobArn"] == arn]
    assert found["jobName"].startswith(f"documented-{provider}-")
    assert found["status"] in ("Submitted", "Validating", "Scheduled", "InProgress", "Completed")
    assert found.get("modelId") == MODELS[provider]


def test_retrieve_batch_job_status(boto: Boto):
    """Bedrock SDK, Batch API, Retrieve Batch Job Status.

    `statistics`, which it looks for, is no field of boto3's: the counts have fields of their own.
    """
    arn = create(boto, "bedrock")

    response = ended(boto("bedrock", "bedrock"), arn)

    assert response["jobArn"] == arn
    assert response["jobName"].startswith("documented-bedrock-")
    assert response["status"] == "Completed"
    assert response["modelId"] == MODELS["bedrock"]
    assert "statistics" not in response
    assert response["totalRecordCount"] == 2
    assert response["successRecordCount"] == 2
    assert response["errorRecordCount"] == 0


def test_stop_a_batch_job(boto: Boto):
    """Bedrock SDK, Batch API, Stop a Batch Job."""
    arn = create(boto, "bedrock", SLOW)
    bedrock = boto("bedrock", "bedrock")

    bedrock.stop_model_invocation_job(jobIdentifier=arn)

    assert ended(bedrock, arn)["status"] == "Stopped"


def test_bedrock_workflow(boto: Boto):
    """Bedrock SDK, End-to-End Batch Workflow, Bedrock Provider.

    As it stands boto3 refuses the job, of which it leaves out the role.
    """
    s3, bedrock = boto("s3", "bedrock"), boto("bedrock", "bedrock")
    key = new_key()
    response = s3.put_object(
        Bucket=BUCKETS["bedrock"],
        Key=key,
        Body=converses(*QUESTIONS).encode(),
        ContentType="application/jsonl",
    )
    file_id = response.get("ETag", "").strip('"')
    tags = [
        {"key": "endpoint", "value": "/v1/chat/completions"},
        {"key": "file_id", "value": file_id},
    ]
    wanted = job("bedrock", f"s3://{BUCKETS['bedrock']}/{key}", tags=tags)
    del wanted["roleArn"]
    with pytest.raises(ParamValidationError, match="roleArn"):
        bedrock.create_model_invocation_job(**wanted)

    arn = bedrock.create_model_invocation_job(**wanted, roleArn=ROLE)["jobArn"]

    assert_completed(bedrock, s3, "bedrock", arn)


def test_openai_workflow(boto: Boto):
    """Bedrock SDK, End-to-End Batch Workflow, OpenAI Provider."""
    s3, bedrock = boto("s3", "openai"), boto("bedrock", "openai")
    response = s3.put_object(
        Bucket="for-openai",
        Key=f"whole-{next(numbers)}.jsonl",
        Body=chats(MODELS["openai"], *QUESTIONS).encode(),
        ContentType="application/jsonl",
    )
    file_id = response.get("ETag", "").strip('"')
    tags = [
        {"key": "endpoint", "value": "/v1/chat/completions"},
        {"key": "file_id", "value": file_id},
    ]

    wanted = job("openai", f"s3://for-openai/{file_id}", tags=tags)
    arn = bedrock.create_model_invocation_job(**wanted)["jobArn"]

    assert_completed(bedrock, s3, "openai", arn)


def test_gemini_workflow(boto: Boto):
    """Bedrock SDK, End-to-End Batch Workflow, Gemini Provider."""
    s3, bedrock = boto("s3", "gemini"), boto("bedrock", "gemini")
    response = s3.put_object(
        Bucket="for-gemini",
        Key=f"whole-{next(numbers)}.jsonl",
        Body=geminis(*QUESTIONS).encode(),
        ContentType="application/jsonl",
    )
    file_id = response.get("ETag", "").strip('"')

    wanted = job("gemini", f"s3://for-gemini/{file_id}")
    arn = bedrock.create_model_invocation_job(**wanted)["jobArn"]

    assert_completed(bedrock, s3, "gemini", arn)


FORMATS = {
    "bedrock": '{"recordId": "alone", "modelInput": {"messages": [{"role": "user", "content": '
    '[{"text": "Why is the sky blue?"}]}], "inferenceConfig": {"maxTokens": 100}}}',
    "openai": '{"custom_id": "alone", "method": "POST", "url": "/v1/chat/completions", "body": '
    '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Why is the sky blue?"}], '
    '"max_tokens": 100}}',
    "gemini": '{"request": {"contents": [{"role": "user", "parts": [{"text": "Why is the sky '
    'blue?"}]}], "generationConfig": {"maxOutputTokens": 100}}, "metadata": {"key": "alone"}}',
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_jsonl_format(boto: Boto, provider: str):
    """Bedrock SDK, JSONL Format Reference: one for each provider."""
    s3, bedrock = boto("s3", provider), boto("bedrock", provider)
    key = new_key()
    s3.put_object(Bucket=BUCKETS[provider], Key=key, Body=FORMATS[provider].encode())
    wanted = job(provider, f"s3://{BUCKETS[provider]}/{key}")

    arn = bedrock.create_model_invocation_job(**wanted)["jobArn"]

    assert ended(bedrock, arn)["status"] == "Completed"
    assert_answered(answers_of(s3, provider, arn), ["alone"], ("Why is the sky blue?",))
