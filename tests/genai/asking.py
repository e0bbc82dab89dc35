"""Google's SDK, and the API without it."""

import io
import json
from typing import Any

from google import genai
from google.genai import types
from httpx2 import Client as HTTPClient
from httpx2 import Response

from batches.models import Batch
from tests.batches.conftest import live

MODEL = "gemini-2.5-flash"
MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-3-sonnet-20240229",
    "gemini": "gemini-1.5-flash",
    "bedrock": "anthropic.claude-3-sonnet-20240229-v1:0",
}
EMBEDDINGS = {
    "openai": "text-embedding-3-small",
    "gemini": "gemini-embedding-001",
    "bedrock": "amazon.titan-embed-text-v2:0",
}


def connected(
    url: str, provider: str = "", *, version: str | None = None, http: HTTPClient | None = None
) -> genai.Client:
    headers = {"x-model-provider": provider} if provider else {}
    options = types.HttpOptions(
        base_url=f"{url}/genai", api_version=version, headers=headers, httpx_client=http
    )
    return genai.Client(api_key="any-key", http_options=options)


def upload(client: genai.Client, content: bytes, **more: Any) -> types.File:
    config = types.UploadFileConfig(**{"mime_type": "application/jsonl", **more})
    return client.files.upload(file=io.BytesIO(content), config=config)


def ask(text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}


def embed(key: str, text: str) -> dict[str, Any]:
    return {"key": key, "request": {"content": {"parts": [{"text": text}]}}}


def lines(*texts: str) -> bytes:
    records = [{"key": f"k{number}", "request": ask(text)} for number, text in enumerate(texts)]
    return jsonl(records)


def jsonl(records: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def row(job: types.BatchJob) -> Batch:
    return Batch.objects.get(pk=job.name.removeprefix("batches/"))


def lived(client: genai.Client, job: types.BatchJob) -> types.BatchJob:
    """The batch at its end, brought there without a worker."""
    live(row(job), seconds=60)
    return client.batches.get(name=job.name)


def results(client: genai.Client, job: types.BatchJob) -> list[dict[str, Any]]:
    content = client.files.download(file=job.dest.file_name)
    return [json.loads(line) for line in content.splitlines()]


class Answer:
    def __init__(self, answer: Response) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self.content = answer.content

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        assert set(self.json) == {"error"}
        error = self.json["error"]
        assert error["code"] == self.status
        return error

    @property
    def upload_status(self) -> str | None:
        return self.headers.get("x-goog-upload-status")


class Raw:
    """The API without the SDK."""

    def __init__(
        self, http: HTTPClient, url: str = "http://testserver", key: str = "any-key"
    ) -> None:
        self.http = http
        self.url = url
        self.key = key

    def call(
        self, method: str, path: str, body: object = b"", *, key: bool = True, **headers: str
    ) -> Answer:
        """`path` is all that follows the host, unless it is an address; `headers` have _ for -."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value.encode() for name, value in headers.items()}
        if key:
            names["x-goog-api-key"] = self.key.encode()
        url = path if path.startswith("http") else self.url + path
        return Answer(self.http.request(method, url, content=data, headers=names))

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", f"/genai/v1beta/{path}", **headers)

    def post(self, path: str, body: object = b"", **headers: str) -> Answer:
        return self.call("POST", f"/genai/v1beta/{path}", body, **headers)

    def delete(self, path: str, body: object = b"") -> Answer:
        return self.call("DELETE", f"/genai/v1beta/{path}", body)

    def start(self, file: object = None, version: str = "v1beta", **headers: str) -> Answer:
        names = {"x_goog_upload_protocol": "resumable", "x_goog_upload_command": "start", **headers}
        return self.call("POST", f"/genai/upload/{version}/files", {"file": file or {}}, **names)

    def begin(self, file: object = None, **headers: str) -> str:
        """The address of a new upload."""
        answer = self.start(file, **headers)
        assert (answer.status, answer.upload_status) == (200, "active"), answer.content
        return answer.headers["x-goog-upload-url"]

    def send(
        self, url: str, commands: str, content: bytes = b"", offset: int | None = None
    ) -> Answer:
        """What the SDK sends: neither a key nor a provider."""
        headers = {"x_goog_upload_command": commands}
        if offset is not None:
            headers["x_goog_upload_offset"] = str(offset)
        return self.call("POST", url, content, key=False, **headers)

    def store(self, content: bytes = b"{}", file: object = None) -> Any:
        """A file, uploaded at once."""
        url = self.begin(file)
        return self.send(url, "upload, finalize", content, 0).json["file"]


def content_of(views: Raw, file: dict[str, Any]) -> bytes:
    return views.get(f"{file['name']}:download?alt=media").content


def is_final(answer: Answer, status: int = 200) -> bool:
    return (answer.status, answer.upload_status) == (status, "final")


def progress(answer: Answer) -> tuple[int, str | None, str]:
    return answer.status, answer.upload_status, answer.headers["x-goog-upload-size-received"]


def inline(*elements: Any, **batch: Any) -> dict[str, Any]:
    return {"batch": {"inputConfig": {"requests": {"requests": list(elements)}}, **batch}}


def filed(name: str, **batch: Any) -> dict[str, Any]:
    return {"batch": {"inputConfig": {"fileName": name}, **batch}}


def fields(answer: Any) -> list[str]:
    return [one["field"] for one in answer.error["details"][0]["fieldViolations"]]
