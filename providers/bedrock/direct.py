"""Jobs of fewer records than Bedrock takes: each is asked for by itself, and its result kept in S3 at once.

What a job has written is what it has done: whoever takes it up again, after a crash or a failure, asks only
for what is missing. The results look as those of other jobs do.

<prefix>/bifrost/<our job>/direct/answered/<record>.jsonl.out
<prefix>/bifrost/<our job>/direct/failed/<record>.jsonl.out
<prefix>/bifrost/<our job>/direct/manifest.json.out            when no more is to come
"""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, Literal

import msgspec

from providers.answers import whole
from providers.base import AnswerLostError, Content, JobRequest, JobState, UpstreamError
from providers.bedrock.account import AWS
from providers.bedrock.runtime import Runtime
from providers.bedrock.storage import MANIFEST, OUTPUT, Place, Storage
from providers.http import CHUNK_BYTES
from providers.records import lines

FOLDER = "direct/"
SUFFIX = f".jsonl{OUTPUT}"
RAW = "Direct"
# In the manifest of a job that was not wanted to its end.
STOPPED = "stopped"
# How often we ask whether the job is wanted, and how long a cancel waits at most for that.
BEAT_SECONDS = 2
# So long a job waits for a model that is busy or broken; then its records fail instead.
PATIENCE = timedelta(hours=1)
# What is wrong with one record or its answer; all else stops the job.
OF_THE_RECORD = frozenset(
    {"http_400", "http_404", "http_408", "http_413", "http_424", "http_500", "invalid_request"}
)
OTHERWISE = {"invalid_request": 400, "no_answer": 408}
LONGEST_LINE = 64 * 2**20

Outcome = Literal["answered", "failed"]


class _Line(msgspec.Struct):
    recordId: str
    modelInput: msgspec.Raw


_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode


class Direct:
    def __init__(self, aws: AWS, storage: Storage) -> None:
        self.aws = aws
        self.storage = storage

    def takes(self, job: JobRequest) -> bool:
        return job.records < self.aws.options.minimum_records

    def is_one(self, upstream_id: str) -> bool:
        return upstream_id.startswith("s3://")

    def run(self, job: JobRequest, content: Content) -> JobState:
        """Ask for all that has no result yet. Raises UpstreamError, after which it can go on; AnswerLostError
        where there are results already, which were paid for."""
        run = _Run(job, self.aws, self.storage, self._folder_of(job))
        if MANIFEST in run.kept:
            return run.state
        try:
            with content() as source:
                is_whole = run.execute(source)
            return run.finish(is_whole=is_whole)
        except UpstreamError as error:
            if not run.kept:
                raise
            raise AnswerLostError(
                error.message, code=error.code, retry_after=error.retry_after
            ) from error

    def find(self, job: JobRequest) -> JobState | None:
        """A job that was done. One that was not is found by running it again, unless it is not wanted any
        more: then what there is of it is all."""
        run = _Run(job, self.aws, self.storage, self._folder_of(job))
        if MANIFEST in run.kept:
            return run.state
        return run.finish(is_whole=False) if run.kept and not job.goes_on() else None

    def state(self, upstream_id: str) -> JobState:
        """Raises UpstreamError if its results are gone."""
        manifest = self.storage.manifest(Place.folder_of(upstream_id))
        if manifest is None:
            raise UpstreamError("the results are no longer in S3", permanent=True, code="http_404")
        return JobState(
            upstream_id=upstream_id,
            raw=RAW,
            ended="cancelled" if manifest.get(STOPPED) else "completed",
            total=whole(manifest.get("totalRecordCount")),
            completed=whole(manifest.get("successRecordCount")),
            failed=whole(manifest.get("errorRecordCount")),
            files={"output": upstream_id},
        )

    def _folder_of(self, job: JobRequest) -> Place:
        return self.storage.folder_of(job).inside(FOLDER)


class _Run:
    """One try at a job, which knows what earlier ones kept."""

    def __init__(self, job: JobRequest, aws: AWS, storage: Storage, folder: Place) -> None:
        self.job = job
        self.storage = storage
        self.folder = folder
        self.at_once = aws.options.at_once
        self.gives_up_at = job.since + PATIENCE
        self.runtime = Runtime(aws, job.model, job.invocation)
        self.kept = set(storage.names(folder))
        self.is_wanted = True
        self.ask_again_at = 0.0

    @property
    def state(self) -> JobState:
        return JobState(upstream_id=str(self.folder), raw=RAW)

    def execute(self, source: BinaryIO) -> bool:
        """Says whether it went on to the end. Raises UpstreamError."""
        waiting: set[Future[None]] = set()
        # The end of the block waits for what is under way, since that is paid for.
        with ThreadPoolExecutor(self.at_once, "bedrock") as pool:
            for line in self._missing(source):
                if not self._goes_on():
                    return False
                waiting.add(pool.submit(self._answer, line))
                while len(waiting) >= self.at_once:
                    waiting = self._settle(waiting)
            while waiting:
                waiting = self._settle(waiting)
        return True

    def finish(self, *, is_whole: bool) -> JobState:
        """Write the manifest, after which no record is asked for."""
        answered, failed = (
            sum(name.startswith(f"{outcome}/") for name in self.kept)
            for outcome in ("answered", "failed")
        )
        # https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
        counts = {
            "totalRecordCount": self.job.records,
            "processedRecordCount": answered + failed,
            "successRecordCount": answered,
            "errorRecordCount": failed,
            STOPPED: not is_whole,
        }
        self.storage.put(self.folder.inside(MANIFEST), _encode(counts))
        return self.state

    def _missing(self, source: BinaryIO) -> Iterator[_Line]:
        source.seek(0)
        chunks = iter(lambda: source.read(CHUNK_BYTES), b"")
        for _, raw in lines(chunks, longest=LONGEST_LINE):
            line = _decode(raw)
            if not any(_name(outcome, line) in self.kept for outcome in ("answered", "failed")):
                yield line

    def _goes_on(self) -> bool:
        """Whether the job is still wanted; to whoever waits for us, a sign of life."""
        if time.monotonic() >= self.ask_again_at:
            self.ask_again_at = time.monotonic() + BEAT_SECONDS
            self.is_wanted = self.job.goes_on()
        return self.is_wanted

    def _settle(self, waiting: set[Future[None]]) -> set[Future[None]]:
        """Wait a while for one of them; says what is left. Raises UpstreamError."""
        done, left = wait(waiting, timeout=BEAT_SECONDS, return_when=FIRST_COMPLETED)
        self._goes_on()
        for future in done:
            future.result()
        return left

    def _answer(self, line: _Line) -> None:
        """Ask for a record and keep its result."""
        try:
            answer = msgspec.Raw(self.runtime.ask(bytes(line.modelInput)))
        except UpstreamError as error:
            self._keep("failed", line, {"error": self._told(error)})
        else:
            self._keep("answered", line, {"modelOutput": answer})

    def _told(self, error: UpstreamError) -> dict[str, Any]:
        """An error as a result has it. Raises it if it is not the record's own."""
        is_late = datetime.now(UTC) >= self.gives_up_at
        # What is refused for good is the whole job's, unless some of it was paid for.
        ends_here = error.code != "unreachable" and (not error.permanent or bool(self.kept))
        if error.code not in OF_THE_RECORD and not (is_late and ends_here):
            raise error
        status = error.code.removeprefix("http_")
        code = int(status) if status.isdecimal() else OTHERWISE.get(error.code, 500)
        return {"errorCode": code, "errorMessage": error.message}

    def _keep(self, outcome: Outcome, line: _Line, result: dict[str, Any]) -> None:
        name = _name(outcome, line)
        said = {"recordId": line.recordId, "modelInput": line.modelInput, **result}
        self.storage.put(self.folder.inside(name), _encode(said))
        self.kept.add(name)


def _name(outcome: str, line: _Line) -> str:
    return f"{outcome}/{line.recordId}{SUFFIX}"
