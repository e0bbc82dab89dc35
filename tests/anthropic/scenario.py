"""The core of the surface in one go, for any line of the SDK: `python scenario.py BASE_URL`.

A script of its own, since the older line lives in an environment without anything else of ours.
"""

import sys
import time

import anthropic

MODEL = "claude-opus-4-6"


def main(base_url: str) -> None:
    with anthropic.Anthropic(
        base_url=base_url, api_key="sk-any", max_retries=0, _strict_response_validation=True
    ) as client:
        files(client)
        errors(client)
        for batches in (client.beta.messages.batches, client.messages.batches):
            work(batches)
        cancel(client.beta.messages.batches)
    print(anthropic.__version__)


def files(client: anthropic.Anthropic) -> None:
    content = "größe 🎉".encode()
    made = [
        client.beta.files.upload(file=(f"größe {number}.txt", content, "text/plain"))
        for number in range(3)
    ]
    assert made[0].filename == "größe 0.txt"
    assert made[0].size_bytes == made[0].size == len(content)
    assert client.beta.files.download(made[0].id).read() == content
    walked = [file.id for file in client.beta.files.list(limit=2)]
    assert walked[:3] == [file.id for file in reversed(made)]
    assert len(walked) == len(set(walked))
    for file in made:
        assert client.beta.files.retrieve_metadata(file.id) == file
        assert client.beta.files.delete(file.id).type == "file_deleted"


def errors(client: anthropic.Anthropic) -> None:
    for call, kind in (
        (lambda: client.beta.files.retrieve_metadata("file_000000000000"), anthropic.NotFoundError),
        (lambda: client.messages.batches.retrieve("msgbatch_0"), anthropic.NotFoundError),
        (lambda: client.messages.batches.list(limit=0), anthropic.BadRequestError),
        (lambda: client.messages.batches.create(requests=[]), anthropic.BadRequestError),
    ):
        error = refusal(call)
        assert type(error) is kind, error
        assert error.body["error"]["type"] in ("not_found_error", "invalid_request_error")
        assert error.request_id == error.body["request_id"]


def refusal(call) -> anthropic.APIStatusError | None:
    try:
        call()
    except anthropic.APIStatusError as error:
        return error
    return None


def work(batches) -> None:
    made = batches.create(requests=requests("one", "two [sandbox:status=400]", "three"))
    assert made.processing_status == "in_progress"
    assert made.request_counts.processing == 3
    batch = wait(batches, made)

    assert batch.processing_status == "ended"
    counts = batch.request_counts
    assert (counts.processing, counts.succeeded, counts.errored) == (0, 2, 1)
    assert made.created_at <= batch.ended_at <= batch.expires_at
    told = list(batches.results(batch.id))
    assert [one.custom_id for one in told] == ["c0", "c1", "c2"]
    assert [one.result.type for one in told] == ["succeeded", "errored", "succeeded"]
    assert told[0].result.message.content[0].text.endswith("one")
    assert told[1].result.error.error.message
    ids = [one.id for one in batches.list(limit=2)]
    assert batch.id in ids
    assert len(ids) == len(set(ids))
    assert batches.delete(batch.id).type == "message_batch_deleted"


def cancel(batches) -> None:
    batch = batches.create(requests=requests("a [sandbox:seconds=5]", "b"))
    assert batches.cancel(batch.id).processing_status == "canceling"
    batch = wait(batches, batch)
    assert batch.request_counts.canceled > 0
    assert {one.result.type for one in batches.results(batch.id)} <= {"canceled", "succeeded"}


def requests(*texts: str) -> list:
    return [
        {
            "custom_id": f"c{number}",
            "params": {
                "model": MODEL,
                "max_tokens": 100,
                "messages": [{"role": "user", "content": text}],
            },
        }
        for number, text in enumerate(texts)
    ]


def wait(batches, batch):
    deadline = time.monotonic() + 30
    while batch.processing_status != "ended" and time.monotonic() < deadline:
        time.sleep(0.05)
        batch = batches.retrieve(batch.id)
    return batch


if __name__ == "__main__":
    main(sys.argv[1])
