"""Gemini's Files and Batch API: https://ai.google.dev/gemini-api/docs/batch-api"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from os import SEEK_END
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests

from providers.answers import (
    ending,
    id_in,
    object_in,
    objects_in,
    segment,
    text_in,
    time_in,
    whole,
    words_in,
)
from providers.base import (
    Content,
    InputGoneError,
    JobRequest,
    JobState,
    Limits,
    Listed,
    Problem,
    UpstreamError,
)
from providers.gemini.failures import NUMBERS
from providers.http import HTTPUpstream, Stream, error_in, seconds_of
from providers.listed import NAMED, ListedUpstream
from providers.records import upstream_id

VERSION = "/v1beta"
PAGE = 100
LOOK_AGAIN_SECONDS = 2.0
# A file that is not there is refused as if it were somebody else's.
GONE = ("http_403", "http_404")
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"

# Whether a job goes on (None) or how it ended, for each word of Gemini's.
ENDED: dict[str, str | None] = {
    "BATCH_STATE_UNSPECIFIED": None,
    "BATCH_STATE_PENDING": None,
    "BATCH_STATE_RUNNING": None,
    "BATCH_STATE_SUCCEEDED": "completed",
    "BATCH_STATE_FAILED": "failed",
    "BATCH_STATE_CANCELLED": "cancelled",
    "BATCH_STATE_EXPIRED": "expired",
}


class GeminiUpstream(HTTPUpstream, ListedUpstream):
    # https://ai.google.dev/gemini-api/docs/batch-api names a file's size only; the number of records is ours.
    limits = Limits(records=200_000, bytes=2 * 10**9, one_model=True)
    id_field = "name"
    # Files last 48 hours, and a job may wait before it reads its own.
    # https://ai.google.dev/gemini-api/docs/files
    input_lasts = timedelta(hours=24)

    def authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["x-goog-api-key"] = self.account.secret
        return request

    def check(self) -> list[str]:
        answer = self.glance(f"{VERSION}/batches", pageSize=1)
        self.page_of({"operations": [], **answer}, "operations")
        return []

    def upload(self, job: JobRequest, content: Content) -> str:
        with content() as lines:
            size = lines.seek(0, SEEK_END)
            where = self._begin_upload(job, size)
            headers = {"x-goog-upload-offset": "0", "x-goog-upload-command": "upload, finalize"}
            answer, _ = self.send_stream(
                where, Stream(b"", lines, b""), content_type="application/jsonl", headers=headers
            )
        return id_in(object_in(answer.get("file")), "name")

    def submit(self, job: JobRequest, input_id: str, content: Content) -> JobState:
        self._wait_for(input_id)
        verb = "asyncBatchEmbedContent" if job.endpoint == EMBEDDINGS else "batchGenerateContent"
        model = segment(job.model.removeprefix("models/"))
        batch = {"displayName": _name_of(job), "inputConfig": {"fileName": input_id}}
        answer = self.call("POST", f"{VERSION}/models/{model}:{verb}", json={"batch": batch})
        return self.accepted(answer)

    def find(self, job: JobRequest) -> JobState | None:
        for batch in self.since(job.since):
            if object_in(batch.get("metadata")).get("displayName") == _name_of(job):
                return read_state(batch)
        return None

    def cancel(self, upstream_id: str) -> JobState:
        """Gemini answers with nothing, and says CANCELLED when it has stopped."""
        try:
            self.call("POST", f"{_path(upstream_id)}:cancel")
        except UpstreamError:
            state = read_state(self.retrieve(upstream_id))
            if state.ended:
                return state
            raise
        return read_state(self.retrieve(upstream_id))

    def discard(self, input_id: str) -> None:
        self.remove(_path(input_id), gone=GONE)

    def forget(self, upstream_id: str, files: Mapping[str, str]) -> None:
        """The file of results may have to stay: Google gives it a name too long for its own deletion.

        https://github.com/googleapis/python-genai/issues/1759
        """
        self.remove(_path(upstream_id), gone=GONE)
        if "responses" in files:
            self.remove(_path(files["responses"]), gone=GONE)

    def given(self, input_id: str) -> Iterator[bytes]:
        """Files that were uploaded cannot be downloaded: https://ai.google.dev/gemini-api/docs/files"""
        return iter(())

    def results(self, files: Mapping[str, str]) -> Iterator[bytes]:
        """Inlined responses without a key, which are somebody else's, get their place for one."""
        if "responses" in files:
            yield from self._responses(files)
        elif "inlined" in files:
            responses = _inlined(_output(self.retrieve(files["inlined"])))
            for number, result in enumerate(responses):
                named = result if _has_key(result) else {"key": upstream_id(number), **result}
                yield msgspec.json.encode(named) + b"\n"

    def _responses(self, files: Mapping[str, str]) -> Iterator[bytes]:
        """A file that is gone is refused as if the key were wrong; but a wrong one sees no batch either."""
        try:
            yield from self.download(f"{_path(files['responses'])}:download?alt=media")
        except UpstreamError as error:
            if error.code == "http_403" and self._shows(files.get("batch")):
                error.permanent = True
            raise

    def _shows(self, upstream_id: str | None) -> bool:
        try:
            return bool(upstream_id and self.retrieve(upstream_id))
        except UpstreamError:
            return False

    def page(self, cursor: str, **filters: Any) -> tuple[list[dict[str, Any]], str]:
        params = {"pageSize": PAGE, "pageToken": cursor or None, **filters}
        answer = self.call("GET", f"{VERSION}/batches", params=params)
        page = self.page_of({"operations": [], **answer}, "operations")
        return page, text_in(answer, "nextPageToken") if answer.get("nextPageToken") else ""

    def retrieve(self, upstream_id: str) -> dict[str, Any]:
        return self.call("GET", _path(upstream_id))

    def read(self, job: Mapping[str, Any]) -> JobState:
        return read_state(job)

    def listed(self, job: Mapping[str, Any]) -> JobState:
        """The list has no results: an operation that has ended is asked for by itself."""
        state = read_state(job)
        return read_state(self.retrieve(state.upstream_id)) if state.ended else state

    def told(self, job: Mapping[str, Any]) -> Listed:
        batch = object_in(job.get("metadata"))
        name = words_in(batch, "displayName")
        return Listed(
            state=read_state(job),
            made_at=self.created(job),
            name=name,
            model=words_in(batch, "model").removeprefix("models/"),
            endpoint=EMBEDDINGS if "EmbedContent" in words_in(batch, "@type") else CHAT,
            input_id=words_in(object_in(batch.get("inputConfig")), "fileName"),
            job_id=name.removeprefix(NAMED) if name.startswith(NAMED) else "",
        )

    def created(self, job: Mapping[str, Any]) -> datetime | None:
        return time_in(object_in(job.get("metadata")).get("createTime"))

    def explain(self, response: requests.Response) -> UpstreamError:
        """A key that is none is told with the status of a request that is none."""
        error = super().explain(response)
        details = objects_in(error_in(response).get("details"))
        if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
            error.code = "http_401"
        return error

    def wait_asked(self, response: requests.Response, error: Mapping[str, Any]) -> float | None:
        """https://cloud.google.com/apis/design/errors#retry_info"""
        for detail in objects_in(error.get("details")):
            if str(detail.get("@type")).endswith("RetryInfo"):
                return seconds_of(str(detail.get("retryDelay")).removesuffix("s"))
        return super().wait_asked(response, error)

    def _begin_upload(self, job: JobRequest, size: int) -> str:
        """Where the bytes go. Only the path of the address counts: the host is the one that we trust."""
        headers = {
            "x-goog-upload-protocol": "resumable",
            "x-goog-upload-command": "start",
            "x-goog-upload-header-content-length": str(size),
            "x-goog-upload-header-content-type": "application/jsonl",
        }
        file = {"file": {"displayName": _name_of(job), "mimeType": "application/jsonl"}}
        where = self.headers_of("POST", f"/upload{VERSION}/files", json=file, headers=headers)
        try:
            address = urlsplit(where.get("x-goog-upload-url", ""))
        except ValueError:
            address = urlsplit("")
        if not address.path.startswith("/"):
            raise UpstreamError("the provider gave no place to upload to", code="malformed_answer")
        prefix = urlsplit(self.account.base_url).path.rstrip("/") + "/"
        path = "/" + address.path.removeprefix(prefix).removeprefix("/")
        return f"{path}?{address.query}"

    def _wait_for(self, file: str) -> None:
        """Raises UpstreamError while Gemini has not looked at the file, to be tried again soon."""
        try:
            answer = self.call("GET", _path(file))
        except UpstreamError as error:
            if error.code in GONE:
                raise InputGoneError(error.message, code=error.code) from error
            raise
        state = text_in(answer, "state")
        if state == "ACTIVE":
            return
        why = str(object_in(answer.get("error")).get("message") or "")
        raise UpstreamError(
            f"the uploaded file is {state[:50]}{': ' * bool(why)}{why[:500]}",
            permanent=state == "FAILED",
            code="file_not_ready",
            retry_after=LOOK_AGAIN_SECONDS,
        )


def read_state(operation: Mapping[str, Any]) -> JobState:
    """What an operation says. Raises UpstreamError for a state that is none of Gemini's."""
    batch = object_in(operation.get("metadata"))
    raw = text_in(batch, "state")
    stats = object_in(batch.get("batchStats"))
    name = id_in(operation, "name")
    ended = ending(ENDED, raw)
    return JobState(
        upstream_id=name,
        raw=raw,
        ended=ended,
        total=whole(stats.get("requestCount")),
        completed=whole(stats.get("successfulRequestCount")),
        failed=whole(stats.get("failedRequestCount")),
        files=_files(name, _output(operation)),
        # That a job expired or was cancelled is an error, too, but says no more than its state.
        problems=_problems(object_in(operation.get("error"))) if ended == "failed" else [],
    )


def _output(operation: Mapping[str, Any]) -> dict[str, Any]:
    output = object_in(object_in(operation.get("metadata")).get("output"))
    return output or object_in(operation.get("response"))


def _files(name: str, output: Mapping[str, Any]) -> dict[str, str]:
    """The file of results; the operation itself if it holds them."""
    file = output.get("responsesFile")
    if file and isinstance(file, str):
        return {"batch": name, "responses": file}
    return {"inlined": name} if _inlined(output) else {}


def _inlined(output: Mapping[str, Any]) -> list[dict[str, Any]]:
    return objects_in(object_in(output.get("inlinedResponses")).get("inlinedResponses"))


def _has_key(result: Mapping[str, Any]) -> bool:
    return isinstance(result.get("key") or object_in(result.get("metadata")).get("key"), str)


def _problems(error: Mapping[str, Any]) -> list[Problem]:
    code = error.get("status") or NUMBERS.get(whole(error.get("code"))) or "unknown"
    return [Problem(str(code).lower(), str(error.get("message") or ""))] if error else []


def _path(name: str) -> str:
    """Where something is whose name begins with its collection: `files/…`, `batches/…`."""
    return "/".join([VERSION, *map(segment, name.split("/"))])


def _name_of(job: JobRequest) -> str:
    return f"{NAMED}{job.id}"
