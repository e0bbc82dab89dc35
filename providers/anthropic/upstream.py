"""Anthropic's Message Batches: https://platform.claude.com/docs/en/api/creating-message-batches"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from os import SEEK_END
from typing import Any, BinaryIO

import requests

from providers.answers import (
    ending,
    id_in,
    object_in,
    read_json,
    segment,
    text_in,
    time_in,
    whole,
)
from providers.base import (
    Content,
    JobRequest,
    JobState,
    Limits,
    Listed,
    MalformedRecordError,
    UpstreamError,
)
from providers.http import CHUNK_BYTES, HTTPUpstream, Stream
from providers.listed import ListedUpstream
from providers.records import lines as lines_of

# The one that takes sampling parameters of the models that have them; 2026-10-21 refuses them all.
# https://platform.claude.com/docs/en/api/migration-2026-10-21
VERSION = "2023-06-01"
BATCHES = "/v1/messages/batches"
PAGE = 1000
LOOK_AGAIN_SECONDS = 300
CHAT = "/v1/chat/completions"

# Whether a job goes on (None) or has ended, for each word of Anthropic's.
ENDED: dict[str, str | None] = {"in_progress": None, "canceling": None, "ended": "completed"}
COUNTED = ("processing", "succeeded", "errored", "canceled", "expired")


class AnthropicUpstream(HTTPUpstream, ListedUpstream):
    """A message batch has no place for a name of ours: the ids of its records carry it."""

    # https://platform.claude.com/docs/en/build-with-claude/batch-processing#batch-limitations
    limits = Limits(records=100_000, bytes=256 * 10**6, one_model=False)
    marks_records = True

    def authenticate(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["x-api-key"] = self.account.secret
        request.headers["anthropic-version"] = VERSION
        if betas := self.account.options.get("anthropic_beta"):
            request.headers["anthropic-beta"] = str(betas)
        return request

    def check(self) -> list[str]:
        self.page_of(self.glance(BATCHES, limit=1), "data")
        return []

    def upload(self, job: JobRequest, content: Content) -> str:
        return ""

    def submit(self, job: JobRequest, input_id: str, content: Content) -> JobState:
        with content() as lines:
            answer, _ = self.send_stream(
                BATCHES, InlineRequests(lines), content_type="application/json"
            )
        return self.accepted(answer)

    def find(self, job: JobRequest) -> JobState | None:
        """The results of an ended batch tell whose it is. While one runs that might be ours, nobody can say:
        raises UpstreamError, to be asked again."""
        doubtful = False
        for batch in self.since(job.since):
            if self.made_before(batch, job.since) or not _may_be(job, batch):
                continue
            state = read_state(batch)
            if not state.ended:
                doubtful = True
            elif self._is_of(job, state):
                return state
        if doubtful:
            raise UpstreamError(
                "the answer to the submission was lost, and a batch of as many requests is running: "
                "its results will tell whether it is this one",
                code="submission_unknown",
                retry_after=LOOK_AGAIN_SECONDS,
            )
        return None

    def cancel(self, upstream_id: str) -> JobState:
        try:
            return read_state(self.call("POST", f"{BATCHES}/{segment(upstream_id)}/cancel"))
        except UpstreamError:
            # It may have ended meanwhile, which Anthropic answers with an error.
            state = read_state(self.retrieve(upstream_id))
            if state.ended or state.raw == "canceling":
                return state
            raise

    def discard(self, input_id: str) -> None:
        """Nothing is sent ahead."""

    def forget(self, upstream_id: str, files: Mapping[str, str]) -> None:
        """Its requests are gone with it."""
        self.remove(f"{BATCHES}/{segment(upstream_id)}")

    def given(self, input_id: str) -> Iterator[bytes]:
        """Requests are not given back."""
        return iter(())

    def results(self, files: Mapping[str, str]) -> Iterator[bytes]:
        if "batch" in files:
            yield from self.download(f"{BATCHES}/{segment(files['batch'])}/results")

    def page(self, cursor: str, **filters: Any) -> tuple[list[dict[str, Any]], str]:
        params = {"limit": PAGE, "after_id": cursor or None, **filters}
        answer = self.call("GET", BATCHES, params=params)
        page = self.page_of(answer, "data")
        return page, id_in(page[-1]) if page and answer.get("has_more") else ""

    def retrieve(self, upstream_id: str) -> dict[str, Any]:
        return self.call("GET", f"{BATCHES}/{segment(upstream_id)}")

    def read(self, job: Mapping[str, Any]) -> JobState:
        return read_state(job)

    def told(self, job: Mapping[str, Any]) -> Listed:
        """Whose it is, only its results tell."""
        return Listed(state=read_state(job), made_at=self.created(job), endpoint=CHAT)

    def created(self, job: Mapping[str, Any]) -> datetime | None:
        return time_in(job.get("created_at"))

    def _is_of(self, job: JobRequest, state: JobState) -> bool:
        """Look at the first result alone. A batch without results is of no use to anybody."""
        try:
            first = next(lines_of(self.results(state.files)), None)
        except MalformedRecordError as error:
            raise UpstreamError(error.message, code="malformed_answer") from error
        except UpstreamError as error:
            if error.code == "http_404":
                return False
            raise
        custom_id = object_in(read_json(first[1])).get("custom_id") if first else None
        return str(custom_id).startswith(f"{job.id}-")


class InlineRequests(Stream):
    """The lines of a job, of which none holds a line end, as the array that a message batch is made of."""

    def __init__(self, lines: BinaryIO) -> None:
        self.ends_open = _ends_in_newline(lines)
        super().__init__(b'{"requests":[', lines, b"]}")
        self.length -= self.ends_open  # where no comma is wanted

    def _chunks(self, start: bytes, content: BinaryIO, end: bytes) -> Iterator[bytes]:
        yield start
        held = b""
        while chunk := content.read(CHUNK_BYTES):
            if held:
                yield held
            held = chunk.replace(b"\n", b",")
        held = held[:-1] if self.ends_open else held
        if held:
            yield held
        yield end


def read_state(batch: Mapping[str, Any]) -> JobState:
    """What a message batch says. Raises UpstreamError for a status that is none of Anthropic's."""
    raw = text_in(batch, "processing_status")
    counts = _counts(batch)
    upstream_id = id_in(batch)
    ended = ending(ENDED, raw)
    return JobState(
        upstream_id=upstream_id,
        raw=raw,
        ended=_ending(counts, batch) if ended else None,
        total=sum(counts.values()),
        completed=counts.get("succeeded", 0),
        failed=sum(counts.get(word, 0) for word in ("errored", "canceled", "expired")),
        files={"batch": upstream_id} if ended else {},
    )


def _ending(counts: Mapping[str, int], batch: Mapping[str, Any]) -> str:
    """All batches end; what became of their requests says how."""
    if counts.get("expired"):
        return "expired"
    if counts.get("canceled") or batch.get("cancel_initiated_at"):
        return "cancelled"
    return "completed"


def _counts(batch: Mapping[str, Any]) -> dict[str, int]:
    counts = object_in(batch.get("request_counts"))
    return {word: whole(counts.get(word)) for word in COUNTED}


def _may_be(job: JobRequest, batch: Mapping[str, Any]) -> bool:
    """Whether a batch has as many requests, as far as it says, and is of none of our other jobs."""
    total = sum(_counts(batch).values())
    return total in (0, job.records) and not job.known(id_in(batch))


def _ends_in_newline(file: BinaryIO) -> bool:
    if not file.seek(0, SEEK_END):
        return False
    file.seek(-1, SEEK_END)
    return file.read(1) == b"\n"
