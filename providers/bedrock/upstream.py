"""Bedrock's batch inference: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html

Jobs of fewer records than AWS takes are asked directly, one record at a time (`direct`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from providers.answers import ending, id_in, object_in, text_in, whole, words_in
from providers.base import (
    CHECK_SECONDS,
    Account,
    AnswerLostError,
    Content,
    JobRequest,
    JobState,
    Limits,
    Listed,
    Problem,
    UpstreamError,
)
from providers.bedrock.account import AWS, Options
from providers.bedrock.direct import Direct
from providers.bedrock.errors import named_failures
from providers.bedrock.families import family_of
from providers.bedrock.recognition import BODIES
from providers.bedrock.storage import Place, Storage
from providers.listed import NAMED, Answer, ListedUpstream

PAGE = 1000
ENDPOINTS = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings"}

# Whether a job goes on (None) or how it ended, for each word of Bedrock's.
ENDED: dict[str, str | None] = {
    "Submitted": None,
    "Validating": None,
    "Scheduled": None,
    "InProgress": None,
    "Stopping": None,
    "Completed": "completed",
    # Time was over before all records were answered; those that were have their results.
    "PartiallyCompleted": "expired",
    "Failed": "failed",
    "Stopped": "cancelled",
    "Expired": "expired",
}
WITH_RESULTS = ("completed", "expired", "cancelled")


class BedrockUpstream(ListedUpstream):
    """Through AWS's own SDK, which has its own connections and tries again by itself."""

    # https://docs.aws.amazon.com/general/latest/gr/bedrock.html#limits_bedrock
    limits = Limits(records=50_000, bytes=10**9, one_model=True)
    names_invocation = True
    id_field = "jobArn"

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.aws = AWS(account)
        self.storage = Storage(self.aws)
        self.direct = Direct(self.aws, self.storage)

    @staticmethod
    def least_records(options: Mapping[str, Any]) -> int:
        least = options.get("minimum_records")
        return least if isinstance(least, int) else Options().minimum_records

    def check(self) -> list[str]:
        hurried = self.aws.client("bedrock", tries=1, read_seconds=CHECK_SECONDS)
        with self._failures():
            answer = hurried.list_model_invocation_jobs(maxResults=1)
        self.page_of(answer, "invocationJobSummaries")
        return self.storage.check(hurried.meta.region_name)

    def upload(self, job: JobRequest, content: Content) -> str:
        if self.direct.takes(job):
            return ""
        place = self.storage.input_of(job)
        with content() as lines:
            self.storage.upload(place, lines)
        return str(place)

    def submit(self, job: JobRequest, input_id: str, content: Content) -> JobState:
        """A job that Bedrock would find too small is done when this returns."""
        if not input_id:
            return self.direct.run(job, content)
        asked = {
            "jobName": _name_of(job),
            "clientRequestToken": _name_of(job),
            "roleArn": job.role_arn or self.aws.wanted("role_arn"),
            "modelId": job.model,
            "modelInvocationType": job.invocation or "InvokeModel",
            "inputDataConfig": {"s3InputDataConfig": {"s3Uri": input_id, "s3InputFormat": "JSONL"}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": str(self.storage.folder_of(job))}},
            "timeoutDurationInHours": job.timeout_hours or self.aws.options.timeout_hours,
            **({"tags": _tags_of(job)} if job.tags else {}),
        }
        # AWS's token makes it safe to try again, but ours is to say when.
        with self._failures(starts=True):
            answer = self.aws.client("bedrock", tries=1).create_model_invocation_job(**asked)
        try:
            return JobState(upstream_id=id_in(answer, "jobArn"), raw="Submitted")
        except UpstreamError as error:
            raise AnswerLostError(error.message, code=error.code) from error

    def find(self, job: JobRequest) -> JobState | None:
        name = _name_of(job)
        for found in self.since(job.since, nameContains=name):
            if found.get("jobName") == name:
                return self.read(found)
        return self.direct.find(job)

    def cancel(self, upstream_id: str) -> JobState:
        """It may have ended meanwhile, which Bedrock answers with an error."""
        if self.direct.is_one(upstream_id):
            return self.direct.state(upstream_id)
        try:
            with self._failures():
                self.aws.client("bedrock").stop_model_invocation_job(jobIdentifier=upstream_id)
        except UpstreamError:
            state = self.read(self.retrieve(upstream_id))
            if state.ended or state.raw == "Stopping":
                return state
            raise
        return self.read(self.retrieve(upstream_id))

    def discard(self, input_id: str) -> None:
        self.storage.discard(Place.of(input_id))

    def forget(self, upstream_id: str, files: Mapping[str, str]) -> None:
        """A job itself cannot be deleted. It holds no records."""
        if "output" in files:
            self.storage.forget(Place.folder_of(files["output"]))

    def given(self, input_id: str) -> Iterator[bytes]:
        return self.storage.given(Place.of(input_id))

    def results(self, files: Mapping[str, str]) -> Iterator[bytes]:
        if "output" in files:
            yield from self.storage.results(Place.folder_of(files["output"]))

    def page(self, cursor: str, **filters: Any) -> tuple[list[dict[str, Any]], str]:
        behind = {"nextToken": cursor} if cursor else {}
        with self._failures():
            answer = self.aws.client("bedrock").list_model_invocation_jobs(
                maxResults=PAGE, sortBy="CreationTime", sortOrder="Descending", **behind, **filters
            )
        return self.page_of(answer, "invocationJobSummaries"), answer.get("nextToken", "")

    def poll(self, upstream_ids: Sequence[str]) -> Iterator[Answer]:
        direct = [name for name in upstream_ids if self.direct.is_one(name)]
        for name in direct:
            yield name, self._direct_state(name)
        yield from super().poll([name for name in upstream_ids if name not in direct])

    def _direct_state(self, upstream_id: str) -> JobState | UpstreamError:
        try:
            return self.direct.state(upstream_id)
        except UpstreamError as error:
            return error

    def retrieve(self, upstream_id: str) -> dict[str, Any]:
        with self._failures():
            job = self.aws.client("bedrock").get_model_invocation_job(jobIdentifier=upstream_id)
        return object_in(job)

    def read(self, job: Mapping[str, Any]) -> JobState:
        """What a job says, and of one that has ended what its manifest counts."""
        state = read_state(job)
        if state.ended not in WITH_RESULTS:
            return state
        manifest = self.storage.manifest(Place.folder_of(state.files["output"]))
        return state if manifest is None else counted(state, manifest)

    def told(self, job: Mapping[str, Any]) -> Listed:
        """What it counted is in a bucket that need not be ours, so that the list does without."""
        name, model = words_in(job, "jobName"), words_in(job, "modelId")
        source = object_in(object_in(job.get("inputDataConfig")).get("s3InputDataConfig"))
        body = BODIES.get(family_of(model))
        return Listed(
            state=read_state(job),
            made_at=self.created(job),
            name=name,
            model=model,
            endpoint=ENDPOINTS.get(body.subject or "", "") if body else "",
            input_id=words_in(source, "s3Uri"),
            job_id=name.removeprefix(NAMED) if name.startswith(NAMED) else "",
        )

    def created(self, job: Mapping[str, Any]) -> datetime | None:
        made = job.get("submitTime")
        return made if isinstance(made, datetime) else None

    def _failures(self, *, starts: bool = False) -> AbstractContextManager[None]:
        return named_failures("Bedrock", secret=self.account.secret, starts=starts)


def read_state(job: Mapping[str, Any]) -> JobState:
    """What a job says. Raises UpstreamError for a status that is none of Bedrock's."""
    raw, arn = text_in(job, "status"), id_in(job, "jobArn")
    ended = ending(ENDED, raw)
    place = object_in(object_in(job.get("outputDataConfig")).get("s3OutputDataConfig"))
    # The job's own folder: others may have written beside it.
    output = Place.folder_of(text_in(place, "s3Uri")).inside(arn.rpartition("/")[2] + "/")
    message = str(job.get("message") or "Bedrock gave no reason.")
    return JobState(
        upstream_id=arn,
        raw=raw,
        ended=ended,
        total=whole(job.get("totalRecordCount")),
        completed=whole(job.get("successRecordCount")),
        failed=whole(job.get("errorRecordCount")),
        files={"output": str(output)} if ended in WITH_RESULTS else {},
        problems=[Problem("job_failed", message[:2000])] if ended == "failed" else [],
    )


def counted(state: JobState, manifest: Mapping[str, Any]) -> JobState:
    """A job with the sums of its manifest, which tells nothing of caches and thoughts."""
    read, wrote = (whole(manifest.get(f"{side}TokenCount")) for side in ("input", "output"))
    usage = {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": wrote,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + wrote,
    }
    return replace(
        state,
        total=whole(manifest.get("totalRecordCount")) or state.total,
        completed=whole(manifest.get("successRecordCount")),
        failed=whole(manifest.get("errorRecordCount")),
        usage=usage if read + wrote else None,
    )


def _tags_of(job: JobRequest) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in job.tags.items()]


def _name_of(job: JobRequest) -> str:
    return f"{NAMED}{job.id}"
