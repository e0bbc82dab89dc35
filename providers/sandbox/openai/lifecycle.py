"""The life of a batch, from `validating` to its end, in compressed time.

A batch takes its `seconds`: a tenth to be validated, the last tenth to be finalized. Every step
is written to the store; after a restart a batch begins again, and since answers depend on the
input alone, it ends as it would have.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from providers.sandbox.openai.library import Library
from providers.sandbox.openai.limits import Limits
from providers.sandbox.openai.objects import (
    TERMINAL,
    Batch,
    BatchError,
    BatchErrors,
    Counts,
    Ending,
    KeptBatch,
    usage,
)
from providers.sandbox.openai.orders import FAILED, Check, Ran, Run, Unexecuted, Verdict
from providers.sandbox.stage import Stage
from providers.sandbox.workers import WorkerLost

VALIDATED, EXECUTED, ENDED = 0.1, 0.9, 1.0

_LONGEST_CANCEL = 2.0
_UNEXECUTED: dict[Ending, Unexecuted] = {
    "completed": "batch_cancelled",
    "cancelled": "batch_cancelled",
    "expired": "batch_expired",
}


class Lifecycle:
    def __init__(self, library: Library, stage: Stage) -> None:
        self._library = library
        self._workers = stage.workers
        self._settings = stage.settings
        self._clock = stage.clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._outcomes: dict[str, str] = {}

    def begin(self, kept: KeptBatch) -> None:
        """Keep a new batch and start it. Its input stays, even if the client deletes the file."""
        os.link(self._library.store.file(kept.batch.input_file_id), self._input(kept.batch.id))
        self._library.add_batch(kept)
        self._launch(kept.batch.id)

    def resume(self) -> None:
        """Take up the batches that a stop of the process interrupted."""
        for kept in self._library.unfinished():
            self._launch(kept.batch.id)

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def show(self, kept: KeptBatch) -> Batch:
        """The batch as the API shows it at this moment."""
        batch = kept.batch
        if batch.status not in TERMINAL and batch.request_counts.total:
            batch = replace(batch, request_counts=self._counts(kept))
        return batch if kept.forced is None else replace(batch, status=kept.forced)

    def cancel(self, id: str) -> None:
        with self._change(id) as kept:
            if kept.batch.status == "cancelling":
                return
            kept.limit = self._finished(kept)
            kept.batch.status = "cancelling"
            kept.batch.cancelling_at = int(self._clock.now())
        self._launch(id)

    def force(self, id: str, status: str | None) -> None:
        """Bring a batch to an end at once; any other word is shown, and changes nothing else."""
        with self._change(id) as kept:
            may_end = kept.batch.status not in TERMINAL and status in TERMINAL
            kept.forced = None if may_end else status
            kept.limit = self._finished(kept)
            if may_end and status == "completed":
                kept.seconds = 0.0
        if not may_end:
            return
        match status:
            case "completed":
                self._launch(id)
            case "failed":
                self._end_task(id)
                self._fail(id, [BatchError("sandbox_failure", "The batch was told to fail.")])
            case "expired" | "cancelled":
                self._start(id, self._stop_early(id, status, wait=0.0))

    def _launch(self, id: str) -> None:
        kept = self._library.batch(id)
        if kept.batch.status == "cancelling":
            wait = min(_LONGEST_CANCEL, VALIDATED * self._seconds(kept))
            self._start(id, self._stop_early(id, "cancelled", wait=wait))
        else:
            self._start(id, self._live(id))

    def _start(self, id: str, life: Coroutine[None, None, None]) -> None:
        self._end_task(id)
        task = asyncio.create_task(life)
        self._tasks[id] = task
        task.add_done_callback(lambda done: self._forget(id, done))

    def _end_task(self, id: str) -> None:
        if id in self._tasks:
            self._tasks.pop(id).cancel()

    def _forget(self, id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(id) is task:
            del self._tasks[id]
            self._outcomes.pop(id, None)

    async def _live(self, id: str) -> None:
        try:
            verdict = await self._check(id)
            if verdict.errors:
                self._fail(id, verdict.errors)
            elif verdict.outcome == "expire":
                await self._execute(id, "expired", limit=verdict.total // 2)
            else:
                await self._execute(id, "completed", limit=None)
        except WorkerLost as error:
            self._fail(id, [BatchError("server_error", str(error))])

    async def _check(self, id: str) -> Verdict:
        """Validate the input, and take the batch to `in_progress` unless it has errors."""
        kept = self._library.batch(id)
        order = Check(
            path=str(self._input(id)),
            endpoint=kept.batch.endpoint,
            limits=self._settings.limits_of(Limits),
        )
        verdict = await self._workers.obey(order, Verdict)
        with self._change(id) as kept:
            if kept.seconds is None:
                kept.seconds = verdict.seconds
        await self._until(kept, VALIDATED)
        if not verdict.errors:
            with self._change(id) as kept:
                kept.batch.status = "in_progress"
                kept.batch.model = verdict.model
                kept.batch.in_progress_at = kept.batch.in_progress_at or int(self._clock.now())
                kept.batch.request_counts = Counts(total=verdict.total)
        return verdict

    async def _execute(self, id: str, ending: Ending, *, limit: int | None) -> None:
        with self._results(id) as (output, errors):
            ran = await self._run(id, ending, limit, output, errors)
            kept = self._library.batch(id)
            await self._until(kept, EXECUTED)
            if ending == "completed":
                with self._change(id) as kept:
                    kept.batch.status = "finalizing"
                    kept.batch.finalizing_at = int(self._clock.now())
            await self._until(kept, ENDED)
            self._end(id, ending, ran, output, errors)

    async def _stop_early(self, id: str, ending: Ending, *, wait: float) -> None:
        """End a batch with what it has finished; one that was still validated has no results."""
        await self._clock.until(self._clock.now() + wait)
        kept = self._library.batch(id)
        with self._results(id) as (output, errors):
            ran = Ran()
            if kept.batch.request_counts.total:
                ran = await self._run(id, ending, kept.limit, output, errors)
            self._end(id, ending, ran, output, errors)

    async def _run(
        self, id: str, ending: Ending, limit: int | None, output: Path, errors: Path
    ) -> Ran:
        order = Run(
            path=str(self._input(id)),
            endpoint=self._library.batch(id).batch.endpoint,
            output=str(output),
            errors=str(errors),
            limit=limit,
            rest=_UNEXECUTED[ending],
        )
        return await self._workers.obey(order, Ran, report=lambda seen: self._note(id, seen))

    def _note(self, id: str, outcomes: str) -> None:
        self._outcomes[id] = self._outcomes.get(id, "") + outcomes

    def _end(self, id: str, ending: Ending, ran: Ran, output: Path, errors: Path) -> None:
        """Results and end are one transaction: nobody sees the one without the other."""
        with self._library.store.transaction(), self._change(id) as kept:
            batch = kept.batch
            batch.status = ending
            setattr(batch, f"{ending}_at", int(self._clock.now()))
            batch.request_counts.completed = ran.completed
            batch.request_counts.failed = ran.failed
            batch.usage = usage(ran.input_tokens, ran.output_tokens)
            batch.output_file_id = self._keep_results(kept, output, "output")
            batch.error_file_id = self._keep_results(kept, errors, "error")
        self._input(id).unlink(missing_ok=True)

    def _keep_results(self, kept: KeptBatch, path: Path, what: str) -> str | None:
        if path.stat().st_size == 0:
            return None
        file = self._library.add_file(
            path,
            owner=kept.owner,
            filename=f"{kept.batch.id}_{what}.jsonl",
            purpose="batch_output",
            seconds=kept.output_seconds,
        )
        return file.id

    def _fail(self, id: str, errors: list[BatchError]) -> None:
        with self._change(id) as kept:
            kept.batch.status = "failed"
            kept.batch.failed_at = int(self._clock.now())
            kept.batch.errors = BatchErrors(errors)
        self._input(id).unlink(missing_ok=True)

    def _counts(self, kept: KeptBatch) -> Counts:
        finished = self._finished(kept)
        failed = self._outcomes.get(kept.batch.id, "").count(FAILED, 0, finished)
        return Counts(kept.batch.request_counts.total, finished - failed, failed)

    def _finished(self, kept: KeptBatch) -> int:
        """How many records are done by now: no more than really are, nor than time allows."""
        if kept.batch.status == "cancelling":
            return kept.limit or 0
        total = kept.batch.request_counts.total
        done = len(self._outcomes.get(kept.batch.id, ""))
        seconds = self._seconds(kept)
        if kept.batch.status == "in_progress" and seconds:
            passed = (self._clock.now() - kept.started) / seconds
            share = (passed - VALIDATED) / (EXECUTED - VALIDATED)
            return min(done, int(total * max(0.0, share)))
        return done

    def _seconds(self, kept: KeptBatch) -> float:
        return self._settings.seconds if kept.seconds is None else kept.seconds

    async def _until(self, kept: KeptBatch, share: float) -> None:
        moment = kept.started + share * self._seconds(kept)
        await self._clock.until(moment)

    def _input(self, id: str) -> Path:
        return self._library.store.file(id)

    @contextmanager
    def _change(self, id: str) -> Iterator[KeptBatch]:
        """A batch to be changed; nothing may be awaited meanwhile."""
        kept = self._library.batch(id)
        yield kept
        self._library.save_batch(kept)

    @contextmanager
    def _results(self, id: str) -> Iterator[tuple[Path, Path]]:
        """Two empty files for the results, gone afterwards unless they were kept."""
        self._outcomes[id] = ""
        output, errors = self._library.store.scratch(), self._library.store.scratch()
        output.touch()
        errors.touch()
        try:
            yield output, errors
        finally:
            output.unlink(missing_ok=True)
            errors.unlink(missing_ok=True)
