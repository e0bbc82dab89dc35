"""The core of the surface in one go, for any line of the SDK: `python scenario.py BASE_URL`.

A script of its own, since the older line lives in an environment without anything else of ours.
"""

import json
import sys
import time

import openai

ENDED = {"completed", "failed", "expired", "cancelled"}


def main(base_url: str) -> None:
    with openai.OpenAI(
        base_url=base_url, api_key="sk-any", max_retries=0, _strict_response_validation=True
    ) as client:
        files(client)
        errors(client)
        work(client)
        cancel(client)
    print(openai.__version__)


def files(client: openai.OpenAI) -> None:
    content = lines("größe", "🎉")
    made = [
        client.files.create(
            file=(f"größe {number}.jsonl", content, "application/jsonl"),
            purpose="batch",
            extra_body={"provider": "openai"},
        )
        for number in range(3)
    ]
    assert made[0].filename == "größe 0.jsonl"
    assert client.files.content(made[0].id).read() == content
    assert client.files.wait_for_processing(made[0].id).status == "processed"
    walked = [file.id for file in client.files.list(purpose="batch", limit=2, order="desc")]
    assert walked[:3] == [file.id for file in reversed(made)]
    assert len(walked) == len(set(walked))
    for file in made:
        assert client.files.retrieve(file.id, extra_query={"provider": "openai"}) == file
        assert client.files.delete(file.id, extra_query={"provider": "openai"}).deleted


def errors(client: openai.OpenAI) -> None:
    for call, kind in (
        (lambda: client.files.retrieve("file-000000000000"), openai.NotFoundError),
        (lambda: client.batches.retrieve("batch_000000000000"), openai.NotFoundError),
        (lambda: client.files.create(file=("a.csv", b""), purpose="batch"), openai.BadRequestError),
        (lambda: client.batches.list(limit=0), openai.BadRequestError),
    ):
        error = refusal(call)
        assert type(error) is kind, error
        assert error.type == "invalid_request_error"
        assert error.message
        assert error.request_id


def refusal(call) -> openai.APIStatusError | None:
    try:
        call()
    except openai.APIStatusError as error:
        return error
    return None


def work(client: openai.OpenAI) -> None:
    batch = wait(client, submit(client, lines("one", "two [sandbox:status=400]", "three")))

    assert batch.status == "completed"
    assert batch.metadata == {"night": "1"}
    counts = batch.request_counts
    assert (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    assert batch.in_progress_at <= batch.finalizing_at <= batch.completed_at
    assert names(client, batch.output_file_id) == ["one", "three"]
    assert names(client, batch.error_file_id) == ["two [sandbox:status=400]"]
    ids = [one.id for one in client.batches.list(limit=2, extra_query={"provider": "openai"})]
    assert batch.id in ids
    assert len(ids) == len(set(ids))

    failed = wait(client, submit(client, b"{\n"))
    assert failed.status == "failed"
    assert failed.errors.data[0].line == 1


def cancel(client: openai.OpenAI) -> None:
    batch = submit(client, lines("a [sandbox:seconds=5]", "b"))
    assert client.batches.cancel(batch.id, extra_body={"provider": "openai"}).status == "cancelling"
    assert wait(client, batch).status == "cancelled"


def lines(*texts: str) -> bytes:
    return b"".join(json.dumps(record(text)).encode() + b"\n" for text in texts)


def record(text: str) -> dict:
    body = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": text}]}
    return {"custom_id": text, "method": "POST", "url": "/v1/chat/completions", "body": body}


def submit(client: openai.OpenAI, content: bytes):
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    return client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"night": "1"},
        extra_body={"provider": "openai"},
    )


def wait(client: openai.OpenAI, batch):
    deadline = time.monotonic() + 30
    while batch.status not in ENDED and time.monotonic() < deadline:
        time.sleep(0.05)
        batch = client.batches.retrieve(batch.id, extra_query={"provider": "openai"})
    return batch


def names(client: openai.OpenAI, file_id: str) -> list[str]:
    text = client.files.content(file_id, extra_query={"provider": "openai"}).text
    return [json.loads(line)["custom_id"] for line in text.splitlines()]


if __name__ == "__main__":
    main(sys.argv[1])
