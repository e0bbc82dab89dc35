"""Every snippet of the document "OpenAI SDK": its calls, and instead of what it prints what it must be."""

from collections.abc import Iterator
from typing import Any

import pytest
from openai import NotFoundError, OpenAI
from openai.types import Batch, FileObject

from tests.documented.conftest import (
    MODELS,
    QUESTIONS,
    SLOW,
    assert_answered,
    chats,
    messages,
    poll,
)
from tests.stack import Stack

BUCKET = "documented-openai"
S3 = {"bucket": BUCKET, "region": "us-west-2", "prefix": "asked-for-openai"}
ENDED = ("completed", "failed", "expired", "cancelled")
WITH_FILES = ("bedrock", "openai", "gemini")
# What a create says beside the provider.
OF_JOBS: dict[str, dict[str, Any]] = {
    "openai": {},
    "bedrock": {"model": MODELS["bedrock"], "output_s3_uri": f"s3://{BUCKET}/answered"},
    "gemini": {"model": MODELS["gemini"]},
}


@pytest.fixture
def client(stack: Stack) -> Iterator[OpenAI]:
    with stack.openai() as made:
        yield made


def upload(client: OpenAI, provider: str, *questions: str) -> FileObject:
    place = {"storage_config": {"s3": S3}} if provider == "bedrock" else {}
    content = chats(MODELS[provider], *questions or QUESTIONS)
    return client.files.create(
        file=("questions.jsonl", content.encode(), "application/jsonl"),
        purpose="batch",
        extra_body={"provider": provider, **place},
    )


def create(client: OpenAI, provider: str, *questions: str) -> Batch:
    """Of a file, but of inline requests for Anthropic."""
    if provider == "anthropic":
        requests = messages(MODELS[provider], *questions or QUESTIONS)
        input_file_id, more = "", {"requests": requests}
    else:
        input_file_id = upload(client, provider, *questions).id
        more = OF_JOBS[provider]
    return client.batches.create(
        input_file_id=input_file_id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"provider": provider, **more},
    )


def text_of(response: Any) -> str:
    """In whatever way the SDK's line has it."""
    if hasattr(response, "read"):
        content = response.read()
    elif hasattr(response, "content"):
        content = response.content
    else:
        content = response
    return content.decode("utf-8") if isinstance(content, bytes) else content


def test_client_setup(stack: Stack):
    """OpenAI SDK, Client Setup."""
    client = OpenAI(base_url=f"{stack.url}/openai", api_key="a-key-of-mine")

    made = create(client, "openai")
    assert made.id in [batch.id for batch in client.batches.list(limit=10).data]


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_upload_a_file(client: OpenAI, provider: str):
    """OpenAI SDK, Files API, Upload a File: OpenAI Provider, Gemini Provider."""
    content = chats(MODELS[provider], *QUESTIONS)

    response = client.files.create(
        file=("questions.jsonl", content.encode(), "application/jsonl"),
        purpose="batch",
        extra_body={"provider": provider},
    )

    assert response.id.startswith("file-")
    assert (response.filename, response.bytes) == ("questions.jsonl", len(content))


def test_upload_a_file_to_bedrock(client: OpenAI):
    """OpenAI SDK, Files API, Upload a File: Bedrock Provider."""
    content = chats(MODELS["bedrock"], *QUESTIONS)

    response = client.files.create(
        file=("questions.jsonl", content.encode(), "application/jsonl"),
        purpose="batch",
        extra_body={
            "provider": "bedrock",
            "storage_config": {
                "s3": {
                    "bucket": BUCKET,
                    "region": "us-west-2",
                    "prefix": "asked-for-openai",
                },
            },
        },
    )

    assert response.id.startswith("file-")
    assert (response.filename, response.bytes) == ("questions.jsonl", len(content))


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_list_files(client: OpenAI, provider: str):
    """OpenAI SDK, Files API, List Files: without a place in S3."""
    uploaded = upload(client, provider)

    response = client.files.list(extra_query={"provider": provider})

    assert (uploaded.id, "questions.jsonl") in [(one.id, one.filename) for one in response.data]


def test_list_files_of_bedrock(client: OpenAI):
    """OpenAI SDK, Files API, List Files: with one."""
    uploaded = upload(client, "bedrock")
    elsewhere = {**S3, "prefix": "nothing-is-here"}

    def listed(place: dict[str, str]) -> list[str]:
        query = {"provider": "bedrock", "storage_config": {"s3": place}}
        return [file.id for file in client.files.list(extra_query=query).data]

    assert uploaded.id in listed(S3)
    assert listed(elsewhere) == []


@pytest.mark.parametrize("provider", WITH_FILES)
def test_retrieve_file_metadata(client: OpenAI, provider: str):
    """OpenAI SDK, Files API, Retrieve File Metadata."""
    uploaded = upload(client, provider)

    response = client.files.retrieve(uploaded.id, extra_query={"provider": provider})

    assert response.id == uploaded.id
    assert response.filename == "questions.jsonl"
    assert response.purpose == "batch"
    assert response.bytes == len(chats(MODELS[provider], *QUESTIONS))


@pytest.mark.parametrize("provider", WITH_FILES)
def test_delete_a_file(client: OpenAI, provider: str):
    """OpenAI SDK, Files API, Delete a File."""
    uploaded = upload(client, provider)

    response = client.files.delete(uploaded.id, extra_query={"provider": provider})

    assert response.deleted
    with pytest.raises(NotFoundError):
        client.files.retrieve(uploaded.id, extra_query={"provider": provider})


@pytest.mark.parametrize("provider", WITH_FILES)
def test_download_file_content(client: OpenAI, provider: str):
    """OpenAI SDK, Files API, Download File Content."""
    uploaded = upload(client, provider)

    response = client.files.content(uploaded.id, extra_query={"provider": provider})

    assert text_of(response) == chats(MODELS[provider], *QUESTIONS)


def test_create_a_batch(client: OpenAI):
    """OpenAI SDK, Batch API, Create a Batch: OpenAI Provider."""
    uploaded = upload(client, "openai")

    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"provider": "openai"},
    )

    assert batch.id.startswith("batch_")
    assert batch.status == "validating"
    assert batch.input_file_id == uploaded.id


def test_create_a_batch_at_bedrock(client: OpenAI):
    """OpenAI SDK, Batch API, Create a Batch: Bedrock Provider."""
    uploaded = upload(client, "bedrock")

    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={
            "provider": "bedrock",
            "model": MODELS["bedrock"],
            "output_s3_uri": f"s3://{BUCKET}/answered",
        },
    )

    assert batch.id.startswith("batch_")
    assert batch.status == "validating"
    assert batch.input_file_id == uploaded.id


def test_create_a_batch_at_anthropic(client: OpenAI):
    """OpenAI SDK, Batch API, Create a Batch: Anthropic Provider."""
    batch = client.batches.create(
        input_file_id="",
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={
            "provider": "anthropic",
            "requests": messages(MODELS["anthropic"], *QUESTIONS),
        },
    )

    assert batch.id.startswith("batch_")
    assert batch.status == "validating"


def test_create_a_batch_at_gemini(client: OpenAI):
    """OpenAI SDK, Batch API, Create a Batch: Gemini Provider."""
    uploaded = upload(client, "gemini")

    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"provider": "gemini", "model": MODELS["gemini"]},
    )

    assert batch.id.startswith("batch_")
    assert batch.status == "validating"
    assert batch.input_file_id == uploaded.id


@pytest.mark.parametrize("provider", MODELS)
def test_list_batches(client: OpenAI, provider: str):
    """OpenAI SDK, Batch API, List Batches."""
    made = create(client, provider)

    def listed(model: str) -> list[str]:
        query = {"provider": provider, "model": model}
        response = client.batches.list(limit=10, extra_query=query)
        assert all(batch.status for batch in response.data)
        return [batch.id for batch in response.data]

    assert made.id in poll(lambda: listed(MODELS[provider]), lambda ids: made.id in ids)
    assert listed("another-model") == []


@pytest.mark.parametrize("provider", MODELS)
def test_retrieve_batch_status(client: OpenAI, provider: str):
    """OpenAI SDK, Batch API, Retrieve Batch Status."""
    made = create(client, provider)

    batch = client.batches.retrieve(made.id, extra_query={"provider": provider})

    assert batch.id == made.id
    assert batch.status in ("validating", "in_progress", "finalizing", "completed")
    assert batch.request_counts
    assert batch.request_counts.total in (0, len(QUESTIONS))
    assert batch.request_counts.completed <= batch.request_counts.total
    assert batch.request_counts.failed == 0


@pytest.mark.parametrize("provider", MODELS)
def test_cancel_a_batch(client: OpenAI, provider: str):
    """OpenAI SDK, Batch API, Cancel a Batch."""
    made = create(client, provider, SLOW)

    batch = client.batches.cancel(made.id, extra_body={"provider": provider})

    assert batch.id == made.id
    assert batch.status in ("cancelling", "cancelled")
    assert ended(client, batch, provider).status == "cancelled"


def ended(client: OpenAI, batch: Batch, provider: str, words: tuple[str, ...] = ENDED) -> Batch:
    return poll(
        lambda: client.batches.retrieve(batch.id, extra_query={"provider": provider}),
        lambda told: told.status in words,
    )


def assert_completed(client: OpenAI, batch: Batch, provider: str) -> None:
    """And that every question has its answer."""
    assert batch.status == "completed"
    assert batch.request_counts
    assert batch.request_counts.to_dict() == {"total": 2, "completed": 2, "failed": 0}
    assert batch.error_file_id is None
    answers = client.files.content(batch.output_file_id or "", extra_query={"provider": provider})
    assert_answered(answers.read(), ["q-1", "q-2"], QUESTIONS)


def test_openai_batch_workflow(client: OpenAI):
    """OpenAI SDK, End-to-End Workflows, OpenAI Batch Workflow."""
    provider = "openai"
    content = chats(MODELS[provider], *QUESTIONS)
    uploaded = client.files.create(
        file=("whole.jsonl", content.encode(), "application/jsonl"),
        purpose="batch",
        extra_body={"provider": provider},
    )
    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"provider": provider},
    )

    assert_completed(client, ended(client, batch, provider), provider)


def test_bedrock_batch_workflow(client: OpenAI):
    """OpenAI SDK, End-to-End Workflows, Bedrock Batch Workflow."""
    provider = "bedrock"
    content = chats(MODELS[provider], *QUESTIONS)
    uploaded = client.files.create(
        file=("whole.jsonl", content.encode(), "application/jsonl"),
        purpose="batch",
        extra_body={
            "provider": provider,
            "storage_config": {
                "s3": {"bucket": BUCKET, "region": "us-west-2", "prefix": "whole"},
            },
        },
    )
    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={
            "provider": provider,
            "model": MODELS[provider],
            "output_s3_uri": f"s3://{BUCKET}/answered",
        },
    )

    assert_completed(client, ended(client, batch, provider), provider)


def test_anthropic_inline_batch_workflow(client: OpenAI):
    """OpenAI SDK, End-to-End Workflows, Anthropic Inline Batch Workflow.

    Its loop waits for one word more, which is Anthropic's and not OpenAI's.
    """
    provider = "anthropic"
    batch = client.batches.create(
        input_file_id="",
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"provider": provider, "requests": messages(MODELS[provider], *QUESTIONS)},
    )

    batch = ended(client, batch, provider, words=(*ENDED, "ended"))

    assert_completed(client, batch, provider)


def test_gemini_batch_workflow(client: OpenAI):
    """OpenAI SDK, End-to-End Workflows, Gemini Batch Workflow."""
    provider = "gemini"
    content = chats(MODELS[provider], *QUESTIONS)
    uploaded = client.files.create(
        file=("whole.jsonl", content.encode(), "application/jsonl"),
        purpose="batch",
        extra_body={"provider": provider},
    )
    batch = client.batches.create(
        input_file_id=uploaded.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        extra_body={"provider": provider, "model": MODELS[provider]},
    )

    assert_completed(client, ended(client, batch, provider), provider)
