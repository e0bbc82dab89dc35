"""Where the work is done: an installation, and the sandbox that it sends to, asked directly."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.sandbox.process import start_sandbox
from tests.stack import ROOT, Stack, running_stack

ENDPOINT = "/v1/chat/completions"
ENDED = {"completed", "failed", "expired", "cancelled"}
# The sandbox takes one batch of all records, which OpenAI would not.
LIMITS = {"max_file_bytes": 4 * 2**30, "max_requests": 200_000}


@dataclass(frozen=True)
class Target:
    """One server that speaks OpenAI's Files and Batch API."""

    url: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = requests.request(
            method, f"{self.url}/openai/v1{path}", headers=self.headers, timeout=60, **options
        )
        assert answer.ok, answer.text
        return dict(answer.json())

    def upload(self, content: bytes) -> str:
        form = {"file": ("input.jsonl", content)}
        return str(self.call("POST", "/files", data={"purpose": "batch"}, files=form)["id"])

    def content(self, file_id: str) -> bytes:
        path = f"{self.url}/openai/v1/files/{file_id}/content"
        answer = requests.get(path, headers=self.headers, timeout=60)
        assert answer.ok, answer.text
        return answer.content

    def create(self, file_id: str, **more: str) -> str:
        return str(self.call("POST", "/batches", json={**order(file_id), **more})["id"])

    def wait(self, batch_id: str, *, seconds: float = 120) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (batch := self.call("GET", f"/batches/{batch_id}"))["status"] not in ENDED:
            assert time.monotonic() < deadline, f"{batch_id} is still {batch['status']}"
            time.sleep(0.05)
        return batch


@dataclass(frozen=True)
class Place:
    stack: Stack
    gateway: Target
    direct: Target

    @property
    def web(self) -> list[psutil.Process]:
        """The processes that serve; the one that only watches them is left out."""
        return [
            one
            for parent in self.stack.processes("bifrost.launch.web")
            for one in parent.children()
        ]

    @property
    def worker(self) -> list[psutil.Process]:
        return self.stack.processes("bifrost.launch.worker")

    def run(self, module: str, *arguments: str) -> Any:
        return run(module, *arguments, environment=self.stack.environment)

    def sandbox(self, method: str, path: str, **json: Any) -> None:
        requests.request(
            method, f"{self.direct.url}/_sandbox/{path}", json=json or None, timeout=10
        ).raise_for_status()


def run(
    module: str,
    *arguments: str,
    environment: dict[str, str],
    given: object = None,
    seconds: float = 300,
) -> Any:
    """What a module of the bench, run as a process of its own, prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=json.dumps(given),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds,
    )
    return json.loads(done.stdout)


@contextmanager
def running_place() -> Iterator[Place]:
    """Authentication is on, as in production. The sandbox takes no longer than its work."""
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="bifrost-bench-")))
        sandbox = undo.enter_context(start_sandbox(folder / "sandbox", seconds=0, **LIMITS))
        stack = undo.enter_context(
            running_stack(
                folder,
                BIFROST_SANDBOX_URL=sandbox,
                BIFROST_AUTH="keys",
                BIFROST_LEASE_SECONDS="60",
                BIFROST_LOG_LEVEL="WARNING",
            )
        )
        key = run("rows", "key", environment=stack.environment)
        yield Place(stack, Target(stack.url, key), Target(sandbox, "sk-bench"))


def order(file_id: str) -> dict[str, str]:
    return {"input_file_id": file_id, "endpoint": ENDPOINT, "completion_window": "24h"}


def record(number: int, *, size: int = 300, model: str = "gpt-5-mini") -> bytes:
    """A line of an input file, of so many bytes with its end."""
    text = (
        f'{{"custom_id":"record-{number:08d}","method":"POST","url":"{ENDPOINT}","body":'
        f'{{"model":"{model}","messages":[{{"role":"user","content":"%s"}}]}}}}\n'
    )
    return (text % ("x" * (size - len(text) + 2))).encode()
