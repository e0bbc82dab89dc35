"""What the guide for users shows works: each of its calls, with the values it gives."""

import pytest
from openai import OpenAI

from tests.sandbox.records import CHAT, TERMINAL, jsonl, line, wait

PROVIDER = {"provider": "openai"}


def record(name: str, text: str) -> dict:
    messages = [{"role": "user", "content": text}]
    return line(name, {"model": "gpt-4o-mini", "messages": messages, "max_tokens": 100})


# The last line of the guide's files has no line end.
CONTENT = jsonl([record("request-1", "Hello!"), record("request-2", "How are you?")]).rstrip()


@pytest.fixture
def file_id(openai: OpenAI) -> str:
    return openai.files.create(
        file=("batch_input.jsonl", CONTENT, "application/jsonl"),
        purpose="batch",
        extra_body=PROVIDER,
    ).id


def test_files_are_listed_with_their_names(openai: OpenAI, file_id: str):
    listed = {file.id: file.filename for file in openai.files.list(extra_query=PROVIDER).data}

    assert listed[file_id] == "batch_input.jsonl"


def test_a_file_tells_what_it_is(openai: OpenAI, file_id: str):
    file = openai.files.retrieve(file_id, extra_query=PROVIDER)

    assert (file.id, file.filename) == (file_id, "batch_input.jsonl")
    assert (file.purpose, file.bytes) == ("batch", len(CONTENT))


def test_content_can_be_read_in_each_of_the_sdks_ways(openai: OpenAI, file_id: str):
    answer = openai.files.content(file_id, extra_query=PROVIDER)

    assert answer.read() == answer.content == CONTENT
    assert answer.text == CONTENT.decode()


def test_a_file_is_deleted(openai: OpenAI, file_id: str):
    assert openai.files.delete(file_id, extra_query=PROVIDER).deleted


def test_the_whole_job(openai: OpenAI, file_id: str):
    batch = openai.batches.create(
        input_file_id=file_id, endpoint=CHAT, completion_window="24h", extra_body=PROVIDER
    )
    assert batch.status == "validating"
    assert batch.id in [one.id for one in openai.batches.list(limit=10, extra_query=PROVIDER).data]

    seen = []
    while batch.status not in TERMINAL:
        batch = openai.batches.retrieve(batch.id, extra_query=PROVIDER)
        seen.append((batch.request_counts.completed, batch.request_counts.total))
    assert batch.status == "completed"
    assert seen == sorted(seen)
    assert seen[-1] == (2, 2)


def test_a_job_is_cancelled(openai: OpenAI, file_id: str):
    batch = openai.batches.create(
        input_file_id=file_id, endpoint=CHAT, completion_window="24h", extra_body=PROVIDER
    )

    assert openai.batches.cancel(batch.id, extra_body=PROVIDER).status in {
        "cancelling",
        "cancelled",
    }
    assert wait(openai, batch).status == "cancelled"
