"""Every snippet of the document "Anthropic SDK": its calls, and instead of what it prints what it must be."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import anthropic
import pytest
from anthropic.types.beta.messages import BetaMessageBatch, BetaMessageBatchIndividualResponse

from tests.documented.conftest import MODELS, QUESTIONS, SLOW, chats, messages, poll
from tests.stack import Stack

TEXT = b"Some words to keep until somebody asks for them."

Connect = Callable[[str | None], anthropic.Anthropic]


@pytest.fixture
def connect(stack: Stack) -> Iterator[Connect]:
    """Clients that name a provider, or none: then it is Anthropic."""
    with ExitStack() as opened:

        def make(provider: str | None = None) -> anthropic.Anthropic:
            headers = {"x-model-provider": provider} if provider else {}
            client = anthropic.Anthropic(
                base_url=f"{stack.url}/anthropic",
                api_key="a-key-of-mine",
                default_headers=headers,
                max_retries=0,
                _strict_response_validation=True,
            )
            return opened.enter_context(client)

        yield make


@pytest.fixture
def client(connect: Connect) -> anthropic.Anthropic:
    return connect(None)


def create(client: anthropic.Anthropic, provider: str, *questions: str) -> BetaMessageBatch:
    requests = messages(MODELS[provider], *questions or QUESTIONS)
    return client.beta.messages.batches.create(requests=requests)


def ended(client: anthropic.Anthropic, batch: BetaMessageBatch) -> BetaMessageBatch:
    return poll(
        lambda: client.beta.messages.batches.retrieve(batch.id),
        lambda told: told.processing_status in ["ended", "completed"],
    )


def assert_answered(results: list[BetaMessageBatchIndividualResponse]) -> None:
    assert [one.custom_id for one in results] == ["q-1", "q-2"]
    for one, question in zip(results, QUESTIONS, strict=True):
        assert one.result.type == "succeeded"
        assert one.result.message.content[0].text.strip().endswith(question)


def test_client_setup(stack: Stack):
    """Anthropic SDK, Client Setup, Anthropic Provider (Default)."""
    client = anthropic.Anthropic(base_url=f"{stack.url}/anthropic", api_key="a-key-of-mine")

    batch = create(client, "anthropic")
    assert batch.id in [one.id for one in client.beta.messages.batches.list(limit=10).data]


@pytest.mark.parametrize("provider", ["openai", "bedrock", "gemini"])
def test_cross_provider_client(stack: Stack, provider: str):
    """Anthropic SDK, Client Setup, Cross-Provider Client."""
    client = anthropic.Anthropic(
        base_url=f"{stack.url}/anthropic",
        api_key="a-key-of-mine",
        default_headers={"x-model-provider": provider},
    )

    batch = create(client, provider)
    assert batch.id in [one.id for one in client.beta.messages.batches.list(limit=10).data]


def test_upload_a_file(client: anthropic.Anthropic):
    """Anthropic SDK, Files API, Upload a File: Anthropic Provider."""
    response = client.beta.files.upload(file=("words.txt", TEXT, "text/plain"))

    assert response.id.startswith("file_")
    assert response.filename == "words.txt"


def test_upload_a_file_for_openai(connect: Connect):
    """Anthropic SDK, Files API, Upload a File: OpenAI Provider."""
    content = chats(MODELS["openai"], *QUESTIONS).encode()

    response = connect("openai").beta.files.upload(
        file=("questions.jsonl", content, "application/jsonl")
    )

    assert response.id.startswith("file_")
    assert response.size_bytes == len(content)


def test_list_files(client: anthropic.Anthropic):
    """Anthropic SDK, Files API, List Files: Anthropic Provider.

    What it reads as the size is no field of the SDK's: the server sends it beside the SDK's own.
    """
    uploaded = client.beta.files.upload(file=("words.txt", TEXT, "text/plain"))

    response = client.beta.files.list()

    [file] = [one for one in response.data if one.id == uploaded.id]
    assert file.filename == "words.txt"
    assert file.size == file.size_bytes == len(TEXT)
    assert "size" not in type(file).model_fields


def test_list_files_of_openai(connect: Connect):
    """Anthropic SDK, Files API, List Files: OpenAI Provider."""
    client = connect("openai")
    uploaded = client.beta.files.upload(file=("questions.jsonl", TEXT, "application/jsonl"))

    response = client.beta.files.list()

    assert (uploaded.id, "questions.jsonl") in [(one.id, one.filename) for one in response.data]


@pytest.mark.parametrize("provider", ["openai", None])
def test_delete_a_file(connect: Connect, provider: str | None):
    """Anthropic SDK, Files API, Delete a File. The id there has the form of OpenAI's."""
    client = connect(provider)
    uploaded = client.beta.files.upload(file=("words.txt", TEXT, "text/plain"))
    file_id = uploaded.id.replace("file_", "file-")

    response = client.beta.files.delete(file_id)

    assert response.type == "file_deleted"
    with pytest.raises(anthropic.NotFoundError):
        client.beta.files.retrieve_metadata(uploaded.id)


def test_download_file_content(connect: Connect):
    """Anthropic SDK, Files API, Download File Content. The id there has the form of OpenAI's."""
    client = connect("openai")
    uploaded = client.beta.files.upload(file=("words.txt", TEXT, "text/plain"))
    file_id = uploaded.id.replace("file_", "file-")

    response = client.beta.files.download(file_id)

    assert response.text() == TEXT.decode()


@pytest.mark.parametrize("provider", [None, "openai", "gemini"])
def test_create_a_batch_with_inline_requests(connect: Connect, provider: str | None):
    """Anthropic SDK, Batch API, Create a Batch with Inline Requests: one for each provider."""
    requests = messages(MODELS[provider or "anthropic"], *QUESTIONS)

    batch = connect(provider).beta.messages.batches.create(requests=requests)

    assert batch.id.startswith("msgbatch_")
    assert batch.processing_status == "in_progress"
    assert batch.request_counts.processing == len(QUESTIONS)


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
def test_list_batches(connect: Connect, provider: str):
    """Anthropic SDK, Batch API, List Batches."""
    client = connect(provider)
    made = create(client, provider)

    response = client.beta.messages.batches.list(limit=10)

    [batch] = [one for one in response.data if one.id == made.id]
    assert batch.processing_status in ("in_progress", "ended")
    counts = batch.request_counts
    assert counts.processing + counts.succeeded == len(QUESTIONS)
    assert counts.errored == 0


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
def test_retrieve_batch_status(connect: Connect, provider: str):
    """Anthropic SDK, Batch API, Retrieve Batch Status."""
    client = connect(provider)
    made = create(client, provider)

    batch = client.beta.messages.batches.retrieve(made.id)

    assert batch.id == made.id
    assert batch.processing_status in ("in_progress", "ended")
    counts = batch.request_counts
    assert counts.processing + counts.succeeded == len(QUESTIONS)
    assert counts.errored == 0


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
def test_cancel_a_batch(connect: Connect, provider: str):
    """Anthropic SDK, Batch API, Cancel a Batch."""
    client = connect(provider)
    made = create(client, provider, SLOW)

    batch = client.beta.messages.batches.cancel(made.id)

    assert batch.id == made.id
    assert batch.processing_status in ("canceling", "ended")
    assert ended(client, batch).request_counts.canceled == 1


def test_get_batch_results(client: anthropic.Anthropic):
    """Anthropic SDK, Batch API, Get Batch Results."""
    made = ended(client, create(client, "anthropic", *QUESTIONS, "[sandbox:status=400]"))
    answers, errors = {}, {}

    for result in client.beta.messages.batches.results(made.id):
        if result.result.type == "succeeded":
            answers[result.custom_id] = result.result.message.content[0].text
        elif result.result.type == "errored":
            errors[result.custom_id] = result.result.error

    assert list(answers) == ["q-1", "q-2"]
    assert answers["q-2"].strip().endswith(QUESTIONS[1])
    assert errors["q-3"].error.type == "invalid_request_error"


def test_anthropic_batch_workflow(client: anthropic.Anthropic):
    """Anthropic SDK, End-to-End Workflows, Anthropic Batch Workflow."""
    requests = messages(MODELS["anthropic"], *QUESTIONS, "[sandbox:status=400]")
    batch = client.beta.messages.batches.create(requests=requests)

    batch = poll(
        lambda: client.beta.messages.batches.retrieve(batch.id),
        lambda told: told.processing_status == "ended",
    )

    assert batch.request_counts.processing == 0
    assert batch.request_counts.succeeded == len(QUESTIONS)
    assert batch.id in [one.id for one in client.beta.messages.batches.list(limit=20).data]
    *answered, refused = client.beta.messages.batches.results(batch.id)
    assert_answered(answered)
    assert refused.result.type == "errored"
    assert refused.result.error.error.type == "invalid_request_error"


def test_cross_provider_batch_workflow(connect: Connect):
    """Anthropic SDK, End-to-End Workflows, Cross-Provider Batch Workflow (OpenAI via Anthropic SDK)."""
    client = connect("openai")
    requests = messages(MODELS["openai"], *QUESTIONS)
    batch = client.beta.messages.batches.create(requests=requests)

    batch = ended(client, batch)

    assert batch.request_counts.succeeded == len(QUESTIONS)
    assert_answered(list(client.beta.messages.batches.results(batch.id)))
