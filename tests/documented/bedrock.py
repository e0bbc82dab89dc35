"""The records, files and jobs of the document "Bedrock SDK"."""

from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from tests.documented.conftest import MODELS, QUESTIONS, Boto, assert_answered, chats, jsonl, poll

ROLE = "arn:aws:iam::000000000000:role/batches"
TERMINAL = ["Completed", "Failed", "Stopped"]
PROVIDERS = ["bedrock", "openai", "gemini"]
# In Bedrock's case one of S3, in all others no more than a name.
BUCKETS = {"bedrock": "documented-boto3", "openai": "for-openai", "gemini": "for-gemini"}
OUTPUTS = {
    "bedrock": "s3://documented-boto3/answered/",
    "openai": "s3://from-openai/",
    "gemini": "s3://from-gemini/",
}
NAMES = ["q-1", "q-2"]
numbers = count()


def converses(*questions: str) -> str:
    return jsonl(
        *(
            {
                "recordId": f"q-{number}",
                "modelInput": {
                    "messages": [{"role": "user", "content": [{"text": question}]}],
                    "inferenceConfig": {"maxTokens": 100},
                },
            }
            for number, question in enumerate(questions, 1)
        )
    )


def geminis(*questions: str) -> str:
    return jsonl(
        *(
            {
                "request": {
                    "contents": [{"role": "user", "parts": [{"text": question}]}],
                    "generationConfig": {"maxOutputTokens": 100},
                },
                "metadata": {"key": f"q-{number}"},
            }
            for number, question in enumerate(questions, 1)
        )
    )


def content(provider: str, *questions: str) -> bytes:
    """The records that the document has for a provider."""
    text = {
        "bedrock": converses,
        "openai": lambda *asked: chats(MODELS["openai"], *asked),
        "gemini": geminis,
    }[provider](*questions or QUESTIONS)
    return text.encode()


def new_key() -> str:
    return f"asked/questions-{next(numbers)}.jsonl"


def upload(s3: Any, provider: str, *questions: str) -> tuple[str, str]:
    """The key and the file's id, which is the ETag."""
    key = new_key()
    response = s3.put_object(
        Bucket=BUCKETS[provider],
        Key=key,
        Body=content(provider, *questions),
        ContentType="application/jsonl",
    )
    return key, response.get("ETag", "").strip('"')


def job(provider: str, uri: str, **more: Any) -> dict[str, Any]:
    """The arguments that create one."""
    return {
        "jobName": f"documented-{provider}-{next(numbers)}",
        "modelId": MODELS[provider],
        "roleArn": ROLE if provider == "bedrock" else f"nobody-at-{provider}",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": uri, "s3InputFormat": "JSONL"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": OUTPUTS[provider]}},
        **more,
    }


def create(boto: Boto, provider: str, *questions: str) -> str:
    key, _ = upload(boto("s3", provider), provider, *questions)
    wanted = job(provider, f"s3://{BUCKETS[provider]}/{key}")
    return boto("bedrock", provider).create_model_invocation_job(**wanted)["jobArn"]


def ended(bedrock: Any, arn: str) -> Any:
    return poll(
        lambda: bedrock.get_model_invocation_job(jobIdentifier=arn),
        lambda told: told["status"] in TERMINAL,
    )


def assert_completed(bedrock: Any, s3: Any, provider: str, arn: str) -> None:
    """And that every question has its answer, where the job was to write it."""
    response = ended(bedrock, arn)
    assert response["status"] == "Completed"
    assert (response["totalRecordCount"], response["successRecordCount"]) == (2, 2)
    listed = bedrock.list_model_invocation_jobs(maxResults=20)
    assert arn in [one["jobArn"] for one in listed.get("invocationJobSummaries", [])]

    assert_answered(answers_of(s3, provider, arn), NAMES, QUESTIONS)


def answers_of(s3: Any, provider: str, arn: str) -> bytes:
    """The object that a job wrote, beneath a folder of its own."""
    bucket, _, prefix = OUTPUTS[provider].removeprefix("s3://").partition("/")
    folder = f"{prefix}{arn.rpartition('/')[2]}/"
    written = s3.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    [key] = [one["Key"] for one in written if one["Key"].endswith(".jsonl.out")]
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def code_of(error: ClientError) -> str:
    return error.response["Error"]["Code"]
