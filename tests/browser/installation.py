"""An installation with work in it, as an operator finds it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openai import OpenAI

from tests.stack import Stack, running_stack

NAME, PASSWORD = "admin", "a long enough passphrase"
ENDPOINT = "/v1/chat/completions"
ENDED = ("completed", "failed", "cancelled", "expired")


@dataclass
class Installation:
    """`batches` are ids in OpenAI's words, by what they are an example of."""

    stack: Stack
    batches: dict[str, str]

    @property
    def admin(self) -> str:
        return f"{self.stack.url}/admin/"

    def make(self, *texts: str, **body: Any) -> str:
        """A new batch for OpenAI, one record for each text."""
        client = self.stack.openai()
        content = b"".join(_line(number, text, body) for number, text in enumerate(texts))
        file = client.files.create(file=("questions.jsonl", content), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h"
        )
        return batch.id

    def elsewhere(self, text: str) -> str:
        """A batch on the same account at OpenAI that Bifrost did not make; its id there."""
        client = OpenAI(base_url=f"{self.stack.sandbox_url}/openai/v1", api_key="sandbox")
        file = client.files.create(file=("q.jsonl", _line(0, text, {})), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h"
        )
        return batch.id

    def status(self, batch_id: str) -> str:
        return self.stack.openai().batches.retrieve(batch_id).status

    def until(self, batch_id: str, *statuses: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while (status := self.status(batch_id)) not in statuses:
            assert time.monotonic() < deadline, f"{batch_id} is still {status}"
            time.sleep(0.1)


def _line(number: int, text: str, body: dict[str, Any]) -> bytes:
    asked = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": text}], **body}
    line = {"custom_id": f"question-{number}", "method": "POST", "url": ENDPOINT, "body": asked}
    return json.dumps(line).encode() + b"\n"


@contextmanager
def furnished(folder: Path) -> Iterator[Installation]:
    """With a batch that has ended well, one with a failure in it, one that failed and one at work."""
    access = {"BIFROST_ADMIN_PASSWORD": PASSWORD}
    with running_stack(folder, BIFROST_POLL_SECONDS="0.2", **access) as stack:
        place = Installation(stack, {})
        place.batches |= {
            "good": place.make("What is a rainbow?", "And a bridge?"),
            "mixed": place.make("Fine.", "[sandbox:status=500]", "Fine as well."),
            "bad": place.make("[sandbox:batch=fail]"),
            "busy": place.make("[sandbox:seconds=600] Slowly."),
        }
        for name in ("good", "mixed", "bad"):
            place.until(place.batches[name], *ENDED)
        place.until(place.batches["busy"], "in_progress")
        yield place
