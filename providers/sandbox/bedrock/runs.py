"""What a job reads from S3 and writes there.

Input: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
Output: https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from providers.sandbox.bedrock.limits import Limits
from providers.sandbox.bedrock.objects import Job
from providers.sandbox.bedrock.orders import Check, Ran, Run, Verdict
from providers.sandbox.bedrock.places import MANIFEST, input_of, output_of
from providers.sandbox.bedrock.refusals import message_of
from providers.sandbox.bedrock.s3.library import Library as Storage
from providers.sandbox.bedrock.s3.objects import Object
from providers.sandbox.orders import Report
from providers.sandbox.refusal import Refusal
from providers.sandbox.stage import Stage

_USUAL_INVOCATION = "InvokeModel"


class InputError(Exception):
    """Why a job cannot run."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The input files of a job that may run."""

    files: Sequence[Object]
    total: int
    seconds: float | None
    outcome: str | None


@dataclass(slots=True)
class Results:
    """What a job has done: the results of each input file, by its name, and the sums."""

    files: dict[str, Path] = field(default_factory=dict)
    succeeded: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, ran: Ran) -> None:
        self.succeeded += ran.succeeded
        self.failed += ran.failed
        self.input_tokens += ran.input_tokens
        self.output_tokens += ran.output_tokens

    def manifest(self, total: int) -> dict[str, int]:
        return {
            "totalRecordCount": total,
            "processedRecordCount": self.succeeded + self.failed,
            "successRecordCount": self.succeeded,
            "errorRecordCount": self.failed,
            "inputTokenCount": self.input_tokens,
            "outputTokenCount": self.output_tokens,
        }


class Runs:
    def __init__(self, storage: Storage, stage: Stage) -> None:
        self._storage = storage
        self._workers = stage.workers
        self._limits = stage.settings.limits_of(Limits)

    async def check(self, job: Job) -> Checked:
        """Raises InputError."""
        files = self._inputs(job)
        verdicts = []
        for file in files:
            order = Check(path=str(self._storage.path(file)), most_records=self._limits.max_records)
            verdict = await self._workers.obey(order, Verdict)
            if verdict.error is not None:
                raise InputError(verdict.error)
            verdicts.append(verdict)
        total = sum(verdict.total for verdict in verdicts)
        if total < self._limits.min_records:
            raise InputError(
                f"Batch job {job.arn} contains less records ({total}) than the required minimum of:"
                f" {self._limits.min_records}"
            )
        return Checked(
            files,
            total,
            next((each.seconds for each in verdicts if each.seconds is not None), None),
            next((each.outcome for each in verdicts if each.outcome is not None), None),
        )

    @asynccontextmanager
    async def run(self, job: Job, checked: Checked, report: Report) -> AsyncIterator[Results]:
        """The results, which are gone afterwards unless they were kept."""
        results = Results()
        left = job.limit
        try:
            for file in checked.files:
                output = self._storage.store.scratch()
                output.touch()
                results.files[file.key.rpartition("/")[2]] = output
                order = Run(
                    path=str(self._storage.path(file)),
                    output=str(output),
                    model=job.asked["modelId"],
                    invocation=job.asked.get("modelInvocationType", _USUAL_INVOCATION),
                    limit=left,
                )
                ran = await self._workers.obey(order, Ran, report=report)
                results.add(ran)
                if left is not None:
                    left = max(0, left - ran.succeeded - ran.failed)
            yield results
        finally:
            for path in results.files.values():
                path.unlink(missing_ok=True)

    def keep(self, job: Job, results: Results) -> None:
        """Put the results into S3, the manifest last. A job that did nothing writes nothing."""
        if job.limit == 0:
            return
        where = output_of(job.asked)
        for name, path in results.files.items():
            key = where.inside(f"{job.id}/{name}.out")
            self._storage.put_file(job.owner, where.bucket, key, path)
        manifest = self._storage.store.scratch()
        manifest.write_bytes(msgspec.json.encode(results.manifest(job.counts.total)))
        key = where.inside(f"{job.id}/{MANIFEST}")
        self._storage.put_file(job.owner, where.bucket, key, manifest)

    def _inputs(self, job: Job) -> list[Object]:
        """One file, or all those of a folder."""
        where = input_of(job.asked)
        try:
            found = self._storage.list(job.owner, where.bucket, where.key)
        except Refusal as refusal:
            raise InputError(message_of(refusal)) from None
        files = [each for each in found if each.key == where.key]
        if not files:
            folder = where.inside("")
            files = [
                each
                for each in found
                if each.key.startswith(folder) and each.key.endswith(".jsonl")
            ]
        if not files:
            raise InputError("The input data at the given S3 location could not be found.")
        self._check_sizes(files)
        return files

    def _check_sizes(self, files: Sequence[Object]) -> None:
        for file in files:
            if file.bytes > self._limits.max_file_bytes:
                raise InputError(f"The input file {os.path.basename(file.key)!r} is too large.")
        if sum(file.bytes for file in files) > self._limits.max_job_bytes:
            raise InputError("The input files are too large.")
