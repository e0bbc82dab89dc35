"""Requests for Gemini's batches, and the way from requests to results."""

import io
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from google import genai
from google.genai import types

MODEL = "gemini-2.5-flash"
ENDED = {"JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED"}


@contextmanager
def connected(sandbox: str, key: str, *, version: str = "v1beta") -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=f"{sandbox}/gemini", api_version=version)
    client = genai.Client(api_key=key, http_options=options)
    try:
        yield client
    finally:
        client.close()


def ask(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}


def line(key: str, text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"key": key, "request": ask(text, **more)}


def jsonl(lines: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in lines)


def upload(client: genai.Client, content: bytes) -> str:
    config = types.UploadFileConfig(mime_type="application/jsonl")
    return client.files.upload(file=io.BytesIO(content), config=config).name or ""


def submit(client: genai.Client, lines: Iterable[Any], *, model: str = MODEL) -> types.BatchJob:
    return client.batches.create(model=model, src=upload(client, jsonl(lines)))


def wait(client: genai.Client, job: types.BatchJob) -> types.BatchJob:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = client.batches.get(name=job.name or "")
        if job.state in ENDED:
            return job
        time.sleep(0.01)
    raise AssertionError(f"the batch is still {job.state}")


def run(client: genai.Client, lines: Iterable[Any], *, model: str = MODEL) -> types.BatchJob:
    return wait(client, submit(client, lines, model=model))


def results(client: genai.Client, job: types.BatchJob) -> list[dict[str, Any]]:
    assert job.dest is not None
    content = client.files.download(file=job.dest.file_name)
    return [json.loads(item) for item in content.splitlines()]


def by_key(client: genai.Client, job: types.BatchJob) -> dict[str, dict[str, Any]]:
    return {result["key"]: result for result in results(client, job)}


def answer(client: genai.Client, request: dict[str, Any], *, model: str = MODEL) -> dict[str, Any]:
    """The response to one request that must succeed."""
    job = run(client, [{"key": "only", "request": request}], model=model)
    (result,) = results(client, job)
    assert set(result) == {"key", "response"}, result
    response: dict[str, Any] = result["response"]
    return response


def error(client: genai.Client, request: dict[str, Any], *, model: str = MODEL) -> dict[str, Any]:
    """The error of one request that must be refused."""
    job = run(client, [{"key": "only", "request": request}], model=model)
    assert job.state == "JOB_STATE_SUCCEEDED"
    (result,) = results(client, job)
    assert set(result) == {"key", "error"}, result
    refused: dict[str, Any] = result["error"]
    return refused


class Wire:
    """The bare HTTP API, for what the SDK does not send or show."""

    def __init__(self, sandbox: str, key: str) -> None:
        self.root = f"{sandbox}/gemini"
        self.key = {"x-goog-api-key": key}

    def call(self, method: str, path: str, *, status: int = 200, **more: Any) -> Any:
        headers = {**self.key, **more.pop("headers", {})}
        answer = requests.request(
            method, f"{self.root}/{path}", headers=headers, timeout=60, **more
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def operation(self, job: types.BatchJob) -> Any:
        return self.call("GET", f"v1beta/{job.name}")

    def create(self, batch: Any, *, model: str = MODEL, status: int = 200) -> Any:
        path = f"v1beta/models/{model}:batchGenerateContent"
        return self.call("POST", path, json={"batch": batch}, status=status)
