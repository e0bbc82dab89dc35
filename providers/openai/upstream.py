"""OpenAI's Files and Batch API: https://platform.openai.com/docs/api-reference/batch"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from providers.answers import (
    ending,
    id_in,
    object_in,
    objects_in,
    segment,
    text_in,
    whole,
    words_in,
)
from providers.base import (
    Content,
    JobRequest,
    JobState,
    Limits,
    Listed,
    Problem,
    UpstreamError,
)
from providers.http import HTTPUpstream
from providers.listed import NAMED, ListedUpstream

JOB_KEY = "bifrost_job"
PAGE = 100
LATEST = 2**33  # the year 2242; later ones are no times

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


class OpenAIUpstream(HTTPUpstream, ListedUpstream):
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

    def check(self) -> list[str]:
        self.page_of(self.glance("/batches", limit=1), "data")
        return []

    def upload(self, job: JobRequest, content: Content) -> str:
        name = f"bifrost-{job.id}.jsonl"
        with content() as lines:
            return id_in(self.send_file("/files", {"purpose": "batch"}, name, lines))

    def submit(self, job: JobRequest, input_id: str, content: Content) -> JobState:
        batch = {
            "input_file_id": input_id,
            "endpoint": job.endpoint,
            "completion_window": job.completion_window,
            "metadata": {JOB_KEY: job.id},
        }
        answer = self.call("POST", "/batches", json=batch)
        return self.accepted(answer)

    def find(self, job: JobRequest) -> JobState | None:
        for batch in self.since(job.since):
            if object_in(batch.get("metadata")).get(JOB_KEY) == job.id:
                return read_state(batch)
        return None

    def cancel(self, upstream_id: str) -> JobState:
        try:
            return read_state(self.call("POST", f"/batches/{segment(upstream_id)}/cancel"))
        except UpstreamError:
            # It may have ended meanwhile, which OpenAI answers with an error.
            state = read_state(self.retrieve(upstream_id))
            if state.ended or state.raw == "cancelling":
                return state
            raise

    def discard(self, input_id: str) -> None:
        self.remove(f"/files/{segment(input_id)}")

    def forget(self, upstream_id: str, files: Mapping[str, str]) -> None:
        """A batch itself cannot be deleted. It holds no records."""
        for role in ("output", "error"):
            if role in files:
                self.remove(f"/files/{segment(files[role])}")

    def given(self, input_id: str) -> Iterator[bytes]:
        return self.download(f"/files/{segment(input_id)}/content")

    def results(self, files: Mapping[str, str]) -> Iterator[bytes]:
        for role in ("output", "error"):
            if role in files:
                yield from self.download(f"/files/{segment(files[role])}/content")
                yield b"\n"

    def page(self, cursor: str, **filters: Any) -> tuple[list[dict[str, Any]], str]:
        params = {"limit": PAGE, "after": cursor or None, **filters}
        answer = self.call("GET", "/batches", params=params)
        page = self.page_of(answer, "data")
        return page, id_in(page[-1]) if page and answer.get("has_more") else ""

    def retrieve(self, upstream_id: str) -> dict[str, Any]:
        return self.call("GET", f"/batches/{segment(upstream_id)}")

    def read(self, job: Mapping[str, Any]) -> JobState:
        return read_state(job)

    def told(self, job: Mapping[str, Any]) -> Listed:
        metadata = object_in(job.get("metadata"))
        ours = words_in(metadata, JOB_KEY)
        return Listed(
            state=read_state(job),
            made_at=self.created(job),
            name=f"{NAMED}{ours}" if ours else words_in(metadata, "name", "description"),
            model=words_in(job, "model"),
            endpoint=words_in(job, "endpoint"),
            input_id=words_in(job, "input_file_id"),
            job_id=ours,
        )

    def created(self, job: Mapping[str, Any]) -> datetime | None:
        seconds = whole(job.get("created_at"), most=LATEST)
        return datetime.fromtimestamp(seconds, UTC) if seconds else None


def read_state(batch: Mapping[str, Any]) -> JobState:
    """What a batch object says. Raises UpstreamError for a status that is none of OpenAI's."""
    raw = text_in(batch, "status")
    counts = object_in(batch.get("request_counts"))
    files = {"output": batch.get("output_file_id"), "error": batch.get("error_file_id")}
    return JobState(
        upstream_id=id_in(batch),
        raw=raw,
        ended=ending(ENDED, raw),
        total=whole(counts.get("total")),
        completed=whole(counts.get("completed")),
        failed=whole(counts.get("failed")),
        files={role: name for role, name in files.items() if name and isinstance(name, str)},
        problems=[
            _problem(item) for item in objects_in(object_in(batch.get("errors")).get("data"))
        ],
        usage=_usage(object_in(batch.get("usage"))) or None,
    )


def _usage(said: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of tokens, and where there are details of one, numbers again."""
    return {
        name: _usage(object_in(value)) if name.endswith("_details") else whole(value)
        for name, value in said.items()
    }


def _problem(item: Mapping[str, Any]) -> Problem:
    return Problem(
        code=str(item.get("code") or "unknown"),
        message=str(item.get("message") or ""),
        line=whole(item.get("line")) or None,
        param=str(item["param"]) if item.get("param") else None,
    )
