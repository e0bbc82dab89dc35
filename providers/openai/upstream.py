"""OpenAI's Files and Batch API: https://platform.openai.com/docs/api-reference/batch"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, BinaryIO

import msgspec
import requests

from providers.base import AnswerLostError, JobRequest, JobState, Limits, Problem, UpstreamError
from providers.http import HTTPUpstream

JOB_KEY = "bifrost_job"
CLOCK_SKEW = timedelta(minutes=10)
PAGE = 100

# Whether a job goes on (None) or how it ended, for each word of OpenAI's.
ENDED: dict[str, str | None] = {
    "validating": None,
    "in_progress": None,
    "finalizing": None,
    "cancelling": None,
    "completed": "completed",
    "failed": "failed",
    "expired": "expired",
    "cancelled": "cancelled",
}
# An error of these is the account's, and each further call would only hear it again.
OF_THE_ACCOUNT = {"unreachable", "no_answer", "http_401", "http_403", "http_429"}


class OpenAIUpstream(HTTPUpstream):
    # https://platform.openai.com/docs/guides/batch#rate-limits
    limits = Limits(records=50_000, bytes=200 * 10**6, one_model=True)

    def authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["authorization"] = f"Bearer {self.account.secret}"
        for option, header in (
            ("organization", "openai-organization"),
            ("project", "openai-project"),
        ):
            if value := self.account.options.get(option):
                request.headers[header] = str(value)
        return request

    def explain(self, response: requests.Response) -> UpstreamError:
        error = super().explain(response)
        try:
            said = msgspec.json.decode(response.content)["error"]["message"]
        except (msgspec.DecodeError, KeyError, TypeError, requests.RequestException):
            return error
        # Some servers repeat the key that they refuse.
        said = str(said).replace(self.account.secret or "\0", "***")
        error.message = f"{error.message}: {said[:500]}"
        return error

    def upload(self, name: str, content: BinaryIO) -> str:
        return _text(self.send_file("/files", {"purpose": "batch"}, name, content), "id")

    def submit(self, job: JobRequest, input_id: str) -> JobState:
        batch = {
            "input_file_id": input_id,
            "endpoint": job.endpoint,
            "completion_window": job.completion_window,
            "metadata": {JOB_KEY: job.id},
        }
        answer = self.call("POST", "/batches", json=batch)
        try:
            return read_state(answer)
        except UpstreamError as error:
            # It was accepted, whatever the answer means: submitting it again would cost again.
            raise AnswerLostError(error.message, code=error.code) from error

    def find(self, job: JobRequest) -> JobState | None:
        oldest = (job.since - CLOCK_SKEW).timestamp()
        for page in self._pages():
            for batch in page:
                if _object(batch.get("metadata")).get(JOB_KEY) == job.id:
                    return read_state(batch)
            if page and 0 < _whole(page[-1].get("created_at")) < oldest:
                return None
        return None

    def poll(self, upstream_ids: Sequence[str]) -> Iterator[tuple[str, JobState | UpstreamError]]:
        wanted = set(upstream_ids)
        try:
            if len(wanted) > 2:
                yield from self._poll_by_list(wanted)
            while wanted:
                upstream_id = wanted.pop()
                answer = self._poll_one(upstream_id)
                yield upstream_id, answer
                if isinstance(answer, UpstreamError) and answer.code in OF_THE_ACCOUNT:
                    raise answer
        except UpstreamError as error:
            yield from ((upstream_id, error) for upstream_id in wanted)

    def cancel(self, upstream_id: str) -> JobState:
        try:
            return read_state(self.call("POST", f"/batches/{upstream_id}/cancel"))
        except UpstreamError:
            # It may have ended meanwhile, which OpenAI answers with an error.
            state = read_state(self.call("GET", f"/batches/{upstream_id}"))
            if state.ended or state.raw == "cancelling":
                return state
            raise

    def results(self, files: Mapping[str, str]) -> Iterator[bytes]:
        for role in ("output", "error"):
            if role in files:
                yield from self.download(f"/files/{files[role]}/content")
                yield b"\n"

    def _poll_by_list(self, wanted: set[str]) -> Iterator[tuple[str, JobState | UpstreamError]]:
        """Read the list while a page tells of more than one; takes what it tells from `wanted`."""
        for page in self._pages():
            told = [batch for batch in page if batch.get("id") in wanted]
            for batch in told:
                wanted.discard(batch["id"])
                yield batch["id"], _state_or_error(batch)
            if len(told) < 2 or not wanted:
                return

    def _poll_one(self, upstream_id: str) -> JobState | UpstreamError:
        try:
            return read_state(self.call("GET", f"/batches/{upstream_id}"))
        except UpstreamError as error:
            return error

    def _pages(self) -> Iterator[list[dict[str, Any]]]:
        params: dict[str, Any] = {"limit": PAGE}
        while True:
            answer = self.call("GET", "/batches", params=params)
            if not isinstance(answer.get("data"), list):
                raise UpstreamError("the provider's list is no list", code="malformed_answer")
            page = _objects(answer["data"])
            yield page
            if not page or not answer.get("has_more"):
                return
            params["after"] = _text(page[-1], "id")


def read_state(batch: Mapping[str, Any]) -> JobState:
    """What a batch object says. Raises UpstreamError for a status that is none of OpenAI's."""
    raw = _text(batch, "status")
    if raw not in ENDED:
        raise UpstreamError(f"unknown job status {raw!r}", code="unknown_status")
    counts = _object(batch.get("request_counts"))
    files = {"output": batch.get("output_file_id"), "error": batch.get("error_file_id")}
    return JobState(
        upstream_id=_text(batch, "id"),
        raw=raw,
        ended=ENDED[raw],
        total=_whole(counts.get("total")),
        completed=_whole(counts.get("completed")),
        failed=_whole(counts.get("failed")),
        files={role: name for role, name in files.items() if name and isinstance(name, str)},
        problems=[_problem(item) for item in _objects(_object(batch.get("errors")).get("data"))],
        usage=_object(batch.get("usage")) or None,
    )


def _state_or_error(batch: Mapping[str, Any]) -> JobState | UpstreamError:
    try:
        return read_state(batch)
    except UpstreamError as error:
        return error


def _problem(item: Mapping[str, Any]) -> Problem:
    return Problem(
        code=str(item.get("code") or "unknown"),
        message=str(item.get("message") or ""),
        line=_whole(item.get("line")) or None,
        param=str(item["param"]) if item.get("param") else None,
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise UpstreamError(f"the provider's answer has no {name}", code="malformed_answer")
    return value
