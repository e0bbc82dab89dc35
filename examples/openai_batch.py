"""A batch from its questions to its answers, with nothing but OpenAI's own SDK.

Start Bifrost with `make run`, then: python examples/openai_batch.py
"""

import argparse
import io
import json
import sys
import time

from openai import OpenAI
from openai.types import Batch

ENDED = {"completed", "failed", "expired", "cancelled"}
LOOK_EVERY_SECONDS = 0.5
MODELS = {
    "openai": "gpt-5-mini",
    "anthropic": "claude-haiku-4-5",
    "gemini": "gemini-2.5-flash",
}


def main() -> int:
    options = parse_arguments()
    client = OpenAI(base_url=options.base_url, api_key=options.api_key)

    model = options.model or MODELS[options.provider]
    began = time.monotonic()
    questions = io.BytesIO(write_questions(options.records, model))
    file = client.files.create(
        file=("questions.jsonl", questions),
        purpose="batch",
        extra_body={"provider": options.provider},
    )
    print(f"uploaded   {file.id}: {options.records} questions, {file.bytes:,} bytes")

    batch = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"example": "openai_batch"},
        extra_body={"provider": options.provider},
    )
    print(f"created    {batch.id}")

    batch = wait(client, batch, options.provider)
    if batch.output_file_id is None:
        print(f"The batch {batch.status} without answers: {batch.errors}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    return check(client.files.content(batch.output_file_id).text, options.records, seconds)


def write_questions(count: int, model: str) -> bytes:
    lines = [
        {
            "custom_id": f"question-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": model,
                "messages": [{"role": "user", "content": f"What is {number} plus {number}?"}],
            },
        }
        for number in range(count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def wait(client: OpenAI, batch: Batch, provider: str) -> Batch:
    """Look at the batch until it has ended, and say whenever something has changed."""
    said = ""
    while True:
        counts = batch.request_counts
        done = counts.completed + counts.failed if counts else 0
        news = f"{batch.status:11} {done} of {counts.total if counts else 0} done"
        if news != said:
            print(news)
            said = news
        if batch.status in ENDED:
            return batch
        time.sleep(LOOK_EVERY_SECONDS)
        batch = client.batches.retrieve(batch.id, extra_query={"provider": provider})


def check(results: str, count: int, seconds: float) -> int:
    """Whether there is an answer to every question, in the order of the questions."""
    answers = [json.loads(line) for line in results.splitlines()]
    names = [answer["custom_id"] for answer in answers]
    if names != [f"question-{number}" for number in range(count)]:
        print(f"{len(names)} answers came for {count} questions", file=sys.stderr)
        return 1
    said = answers[-1]["response"]["body"]["choices"][0]["message"]["content"]
    print(f"answered   all {count} questions in order, after {seconds:.1f} s")
    print(f"the last   {said}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", default="http://localhost:8080/openai")
    parser.add_argument("--api-key", default="any", help="a virtual key, where Bifrost wants one")
    parser.add_argument("--provider", default="openai", choices=MODELS)
    parser.add_argument("--model", help="another one than the example's choice for the provider")
    parser.add_argument("--records", type=int, default=2000, help="how many questions to ask")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
