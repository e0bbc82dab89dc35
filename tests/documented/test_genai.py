"""Every snippet of the document "GenAI SDK": its calls, and instead of what it prints what it must be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai.types import (
    BatchJob,
    File,
    HttpOptions,
    ListBatchJobsConfig,
    UploadFileConfig,
)

from tests.documented.conftest import (
    MODELS,
    QUESTIONS,
    SLOW,
    assert_answered,
    chats,
    jsonl,
    poll,
)
from tests.stack import Stack

TERMINAL = ["JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"]
BEGUN = ["JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"]
WITH_FILES = ["gemini", "openai"]
WITH_BATCHES = ["gemini", "openai", "anthropic"]

Connect = Callable[[str], genai.Client]


@pytest.fixture
def connect(stack: Stack) -> Connect:
    """As the document's helper function makes clients."""

    def make(provider: str) -> genai.Client:
        options = HttpOptions(base_url=f"{stack.url}/genai", headers={"x-model-provider": provider})
        return genai.Client(api_key="a-key-of-mine", http_options=options)

    return make


def geminis(*questions: str) -> str:
    return jsonl(
        *(
            {
                "key": f"q-{number}",
                "request": {"contents": [{"parts": [{"text": question}], "role": "user"}]},
            }
            for number, question in enumerate(questions, 1)
        )
    )


def inline(*questions: str) -> list[Any]:
    """As the document's "Inline Request Format" has them."""
    return [
        {
            "contents": [{"parts": [{"text": question}], "role": "user"}],
            "config": {"response_modalities": ["TEXT"]},
        }
        for question in questions
    ]


@pytest.fixture
def gemini_file(tmp_path: Path) -> str:
    path = tmp_path / "questions.json"
    path.write_text(geminis(*QUESTIONS))
    return str(path)


@pytest.fixture
def openai_file(tmp_path: Path) -> str:
    path = tmp_path / "questions.jsonl"
    path.write_text(chats(MODELS["openai"], *QUESTIONS))
    return str(path)


def upload(client: genai.Client, path: str) -> File:
    """Whose type the SDK is told, since it knows none for every ending."""
    config = UploadFileConfig(display_name="questions", mime_type="application/jsonl")
    return client.files.upload(file=path, config=config)


def create(client: genai.Client, provider: str, *questions: str) -> BatchJob:
    return client.batches.create(model=MODELS[provider], src=inline(*questions or QUESTIONS))


def ended(client: genai.Client, batch: BatchJob, words: list[str] = TERMINAL) -> BatchJob:
    return poll(lambda: client.batches.get(name=batch.name), lambda told: told.state in words)


def assert_inline_answers(batch: BatchJob) -> None:
    assert batch.state == "JOB_STATE_SUCCEEDED"
    for one, question in zip(batch.dest.inlined_responses, QUESTIONS, strict=True):
        assert one.error is None
        assert one.response.text.strip().endswith(question)


def assert_file_of_answers(client: genai.Client, batch: BatchJob) -> None:
    assert batch.state == "JOB_STATE_SUCCEEDED"
    content = client.files.download(file=batch.dest.file_name)
    assert_answered(content, ["q-1", "q-2"], QUESTIONS)


def test_client_setup(stack: Stack):
    """GenAI SDK, Client Setup, Gemini Provider (Default)."""
    client = genai.Client(
        api_key="a-key-of-mine", http_options=HttpOptions(base_url=f"{stack.url}/genai")
    )

    batch = create(client, "gemini")
    assert batch.name in [one.name for one in client.batches.list().page]


@pytest.mark.parametrize("provider", MODELS)
def test_cross_provider_client_setup(stack: Stack, provider: str):
    """GenAI SDK, Client Setup, Cross-Provider Client Setup: one for each provider."""
    client = genai.Client(
        api_key="a-key-of-mine",
        http_options=HttpOptions(
            base_url=f"{stack.url}/genai", headers={"x-model-provider": provider}
        ),
    )

    batch = create(client, provider)
    assert batch.name in [one.name for one in client.batches.list().page]


def test_helper_function(connect: Connect):
    """GenAI SDK, Client Setup, Helper Function for Provider-Specific Clients.

    Each client lists what was asked of its own provider.
    """
    gemini, openai = connect("gemini"), connect("openai")

    batch = create(gemini, "gemini")

    assert batch.name in [one.name for one in gemini.batches.list().page]
    assert batch.name not in [one.name for one in openai.batches.list().page]


def test_upload_a_file(connect: Connect, gemini_file: str):
    """GenAI SDK, Files API, Upload a File: Gemini."""
    client = connect("gemini")
    response = client.files.upload(
        file=gemini_file, config=UploadFileConfig(display_name="questions of Gemini")
    )

    assert response.name.startswith("files/")
    assert response.display_name == "questions of Gemini"
    assert response.mime_type == "application/json"


def test_upload_a_file_for_openai(connect: Connect, openai_file: str):
    """GenAI SDK, Files API, Upload a File: OpenAI.

    The SDK knows no type for the ending of the file, and sends nothing until it is told one.
    """
    client = connect("openai")
    with pytest.raises(ValueError, match="mime type"):
        client.files.upload(file=openai_file, config=UploadFileConfig(display_name="questions"))

    config = UploadFileConfig(display_name="questions", mime_type="application/jsonl")
    response = client.files.upload(file=openai_file, config=config)

    assert response.name.startswith("files/")
    assert response.size_bytes == Path(openai_file).stat().st_size


@pytest.mark.parametrize("provider", WITH_FILES)
def test_list_files(connect: Connect, gemini_file: str, provider: str):
    """GenAI SDK, Files API, List Files: Gemini, OpenAI."""
    client = connect(provider)
    uploaded = upload(client, gemini_file)

    listed = {file.name: file for file in client.files.list(config={"page_size": 50})}

    assert listed[uploaded.name].display_name == "questions"
    assert hasattr(listed[uploaded.name], "size_bytes")
    assert listed[uploaded.name].size_bytes == len(geminis(*QUESTIONS))


@pytest.mark.parametrize("provider", WITH_FILES)
def test_retrieve_file_metadata(connect: Connect, gemini_file: str, provider: str):
    """GenAI SDK, Files API, Retrieve File Metadata."""
    client = connect(provider)
    uploaded = upload(client, gemini_file)

    response = client.files.get(name=uploaded.name)

    assert response.name == uploaded.name
    assert response.display_name == "questions"
    assert hasattr(response, "size_bytes")
    assert response.size_bytes == len(geminis(*QUESTIONS))


@pytest.mark.parametrize("provider", WITH_FILES)
def test_delete_a_file(connect: Connect, gemini_file: str, provider: str):
    """GenAI SDK, Files API, Delete a File."""
    client = connect(provider)
    uploaded = upload(client, gemini_file)

    client.files.delete(name=uploaded.name)

    with pytest.raises(genai.errors.ClientError) as caught:
        client.files.get(name=uploaded.name)
    assert caught.value.code == 404


def test_create_a_batch_with_file(connect: Connect, tmp_path: Path):
    """GenAI SDK, Batch API, Create a Batch with File: Gemini. Its file has one line."""
    client = connect("gemini")
    path = tmp_path / "question.json"
    path.write_text(geminis(QUESTIONS[0]))
    uploaded = client.files.upload(
        file=str(path), config=UploadFileConfig(display_name="a question of Gemini")
    )

    batch = client.batches.create(model=MODELS["gemini"], src=uploaded.name)

    assert batch.name.startswith("batches/")
    assert batch.state in BEGUN


def test_create_a_batch_with_file_for_openai(connect: Connect, openai_file: str):
    """GenAI SDK, Batch API, Create a Batch with File: OpenAI.

    The SDK does not send such a file before it is told its type.
    """
    client = connect("openai")
    with pytest.raises(ValueError, match="mime type"):
        client.files.upload(file=openai_file, config=UploadFileConfig(display_name="questions"))
    config = UploadFileConfig(display_name="questions", mime_type="application/jsonl")
    uploaded = client.files.upload(file=openai_file, config=config)

    batch = client.batches.create(model=MODELS["openai"], src=uploaded.name)

    assert batch.name.startswith("batches/")
    assert batch.state in BEGUN
    assert_file_of_answers(client, ended(client, batch))


@pytest.mark.parametrize("provider", WITH_BATCHES)
def test_create_a_batch_with_inline_requests(connect: Connect, provider: str):
    """GenAI SDK, Batch API, Create a Batch with Inline Requests: one for each provider."""
    client = connect(provider)
    batch = client.batches.create(model=MODELS[provider], src=inline(*QUESTIONS))

    assert batch.name.startswith("batches/")
    assert batch.state in BEGUN


@pytest.mark.parametrize("provider", WITH_BATCHES)
def test_list_batches(connect: Connect, provider: str):
    """GenAI SDK, Batch API, List Batches."""
    client = connect(provider)
    made = create(client, provider)

    listed = client.batches.list(config=ListBatchJobsConfig(page_size=10))

    states = {job.name: job.state for job in listed}
    assert states[made.name] in BEGUN


@pytest.mark.parametrize("provider", WITH_BATCHES)
def test_retrieve_batch_status(connect: Connect, provider: str):
    """GenAI SDK, Batch API, Retrieve Batch Status."""
    client = connect(provider)
    made = create(client, provider)

    batch = client.batches.get(name=made.name)

    assert batch.name == made.name
    assert batch.state in BEGUN


@pytest.mark.parametrize("provider", WITH_BATCHES)
def test_cancel_a_batch(connect: Connect, provider: str):
    """GenAI SDK, Batch API, Cancel a Batch.

    It reads the name of what `cancel` gives, and whatever is answered, the SDK gives None. What became of
    the batch is there to get.
    """
    client: Any = connect(provider)
    made = create(client, provider, SLOW)

    cancelled = client.batches.cancel(name=made.name)

    with pytest.raises(AttributeError, match="NoneType"):
        assert cancelled.name
    batch = client.batches.get(name=made.name)
    assert batch.state in ["JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED"]
    assert ended(client, batch).state == "JOB_STATE_CANCELLED"


@pytest.mark.parametrize("provider", WITH_BATCHES)
def test_delete_a_batch(connect: Connect, provider: str):
    """GenAI SDK, Batch API, Delete a Batch."""
    client = connect(provider)
    made = create(client, provider)

    client.batches.delete(name=made.name)

    with pytest.raises(genai.errors.ClientError) as caught:
        client.batches.get(name=made.name)
    assert caught.value.code == 404


def test_gemini_batch_workflow(connect: Connect, gemini_file: str):
    """GenAI SDK, End-to-End Workflows, Gemini Batch Workflow."""
    client = connect("gemini")
    uploaded = client.files.upload(
        file=gemini_file, config=UploadFileConfig(display_name="the whole way")
    )
    batch = client.batches.create(model=MODELS["gemini"], src=uploaded.name)

    batch = ended(client, batch)

    assert_file_of_answers(client, batch)
    listed = client.batches.list(config=ListBatchJobsConfig(page_size=20))
    assert any(job.name == batch.name for job in listed)
    client.files.delete(name=uploaded.name)
    client.batches.delete(name=batch.name)


def test_openai_workflow(connect: Connect):
    """GenAI SDK, End-to-End Workflows, OpenAI via GenAI SDK Workflow."""
    client = connect("openai")
    batch = client.batches.create(model=MODELS["openai"], src=inline(*QUESTIONS))

    batch = ended(client, batch)

    assert_inline_answers(batch)
    client.batches.delete(name=batch.name)


def test_anthropic_workflow(connect: Connect):
    """GenAI SDK, End-to-End Workflows, Anthropic via GenAI SDK Workflow.

    Its loop waits for one word more, which is Anthropic's and not Google's.
    """
    client = connect("anthropic")
    batch = client.batches.create(model=MODELS["anthropic"], src=inline(*QUESTIONS))

    batch = ended(client, batch, [*TERMINAL, "ended"])

    assert_inline_answers(batch)


def test_gemini_batch_format(connect: Connect, tmp_path: Path):
    """GenAI SDK, JSON Format Reference, Gemini Batch Format."""
    client = connect("gemini")
    path = tmp_path / "question.json"
    path.write_text(
        '{"key": "alone", "request": {"contents": '
        '[{"parts": [{"text": "Why is the sky blue?"}], "role": "user"}]}}'
    )
    uploaded = client.files.upload(file=str(path))
    batch = client.batches.create(model=MODELS["gemini"], src=uploaded.name)

    content = client.files.download(file=ended(client, batch).dest.file_name)

    assert_answered(content, ["alone"], ("Why is the sky blue?",))


def test_inline_request_format(connect: Connect):
    """GenAI SDK, JSON Format Reference, Inline Request Format."""
    client = connect("gemini")
    request: Any = {
        "contents": [{"parts": [{"text": "Why is the sky blue?"}], "role": "user"}],
        "config": {"response_modalities": ["TEXT"]},
    }
    batch = client.batches.create(model=MODELS["gemini"], src=[request])

    batch = ended(client, batch)

    [told] = batch.dest.inlined_responses or []
    assert told.response.text.strip().endswith("Why is the sky blue?")
