"""The main job, end to end: the test that a newcomer reads first."""

import json
import time

from openai import OpenAI

QUESTIONS = ["What is 2+2?", "What is the capital of France?"]
ENDED = {"completed", "failed", "expired", "cancelled"}


def test_a_file_of_questions_becomes_a_file_of_answers(openai: OpenAI):
    lines = [
        {
            "custom_id": f"q-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "gpt-5-mini", "messages": [{"role": "user", "content": text}]},
        }
        for number, text in enumerate(QUESTIONS)
    ]
    content = "\n".join(map(json.dumps, lines)).encode()

    file = openai.files.create(
        file=("questions.jsonl", content, "application/jsonl"),
        purpose="batch",
        extra_body={"provider": "openai"},
    )
    assert openai.files.content(file.id).read() == content

    batch = openai.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"night": "1"},
        extra_body={"provider": "openai"},
    )
    assert batch.status == "validating"

    deadline = time.monotonic() + 30
    while batch.status not in ENDED and time.monotonic() < deadline:
        time.sleep(0.1)
        batch = openai.batches.retrieve(batch.id, extra_query={"provider": "openai"})

    assert batch.status == "completed"
    assert batch.metadata == {"night": "1"}
    assert (batch.request_counts.total, batch.request_counts.completed) == (2, 2)
    assert batch.error_file_id is None
    answers = [
        json.loads(line) for line in openai.files.content(batch.output_file_id).text.splitlines()
    ]
    assert [answer["custom_id"] for answer in answers] == ["q-0", "q-1"]
    said = [answer["response"]["body"]["choices"][0]["message"]["content"] for answer in answers]
    assert all(text in answer for text, answer in zip(QUESTIONS, said, strict=True))
