"""The life of a batch: pending for a tenth of its time, then running to its end.

Every step is written to the store; after a restart a batch begins again, and since answers depend
on the input alone, it ends as it would have. Only a batch that succeeded has results.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

from providers.sandbox.gemini.library import Library, read_through
from providers.sandbox.gemini.objects import (
    BATCH_LIFE,
    CANCELLED,
    EXPIRED,
    FAILED,
    RUNNING,
    SUCCEEDED,
    TERMINAL,
    Batch,
    Counts,
    File,
)
from providers.sandbox.gemini.orders import FAILED as FAILED_RECORD
from providers.sandbox.gemini.orders import Check, Ran, Run, Verdict
from providers.sandbox.gemini.refusals import Status
from providers.sandbox.stage import Stage
from providers.sandbox.workers import WorkerLost

STARTED, ENDED = 0.1, 1.0

_ERRORS = {
    FAILED: Status(13, "The batch was told to fail."),
    CANCELLED: Status(1, "The operation was cancelled."),
    EXPIRED: Status(4, "The batch expired before it could be completed."),
}
# The words of the control path for the states that end a batch.
_ENDINGS = {
    "completed": SUCCEEDED,
    "failed": FAILED,
    "cancelled": CANCELLED,
    "expired": EXPIRED,
}


class Lifecycle:
    def __init__(self, library: Library, stage: Stage) -> None:
        self._library = library
        self._workers = stage.workers
        self._settings = stage.settings
        self._clock = stage.clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._outcomes: dict[str, str] = {}

    async def check(self, batch: Batch, path: Path) -> Verdict:
        order = Check(
            path=str(path),
            method=batch.method,
            model=batch.model,
            is_inline=batch.input_file is None,
        )
        return await self._workers.obey(order, Verdict)

    def begin(self, batch: Batch, source: Path) -> None:
        """Keep a new batch and start it. Its input stays, even if the client deletes the file."""
        os.link(source, self._input(batch.id))
        self._library.add_batch(batch)
        self._start(batch.id, self._live(batch.id))

    def resume(self) -> None:
        """Take up the batches that a stop of the process interrupted."""
        for batch in self._library.unfinished():
            self._start(batch.id, self._live(batch.id))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def show(self, batch: Batch) -> Batch:
        """The batch as the API shows it at this moment."""
        if batch.state == RUNNING:
            finished = self._finished(batch)
            failed = self._outcomes.get(batch.id, "").count(FAILED_RECORD, 0, finished)
            batch.counts = Counts(batch.counts.total, finished - failed, failed)
        return batch

    def end(self, id: str, state: str) -> None:
        """Bring a batch to an end without results."""
        self._end_task(id)
        self._fail(id, state, _ERRORS[state])

    def forget(self, batch: Batch) -> None:
        self._end_task(batch.id)
        self._input(batch.id).unlink(missing_ok=True)
        self._library.delete_batch(batch)

    def force(self, id: str, status: str | None) -> None:
        """Bring a batch to an end at once; any other word is shown, and changes nothing else."""
        state = _ENDINGS.get(status or "", status)
        with self._change(id) as batch:
            may_end = batch.state not in TERMINAL and state in TERMINAL
            batch.forced = None if may_end else state
            if may_end and state == SUCCEEDED:
                batch.seconds = 0.0
        if may_end and state == SUCCEEDED:
            self._start(id, self._live(id))
        elif may_end and state is not None:
            self.end(id, state)

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
            verdict = await self._begin_running(id)
            batch = self._library.batch(id)
            if verdict.error is not None:
                self._fail(id, FAILED, verdict.error)
            elif verdict.outcome == "fail":
                self._fail(id, FAILED, _ERRORS[FAILED])
            elif verdict.outcome == "expire" or self._seconds(batch) > BATCH_LIFE:
                await self._until(batch, ENDED)
                self._fail(id, EXPIRED, _ERRORS[EXPIRED])
            else:
                await self._execute(id, is_shuffled=verdict.is_joinable)
        except WorkerLost as error:
            self._fail(id, FAILED, Status(13, str(error)))

    async def _begin_running(self, id: str) -> Verdict:
        verdict = await self.check(self._library.batch(id), self._input(id))
        with self._change(id) as batch:
            if batch.seconds is None:
                batch.seconds = verdict.seconds
            batch.counts = Counts(verdict.total)
        await self._until(batch, STARTED)
        with self._change(id) as batch:
            batch.state = RUNNING
        return verdict

    async def _execute(self, id: str, *, is_shuffled: bool) -> None:
        batch = self._library.batch(id)
        self._outcomes[id] = ""
        output = self._library.store.scratch()
        output.touch()
        try:
            order = Run(
                path=str(self._input(id)),
                method=batch.method,
                model=batch.model,
                output=str(output),
                is_shuffled=is_shuffled,
            )
            ran = await self._workers.obey(order, Ran, report=lambda seen: self._note(id, seen))
            read = await asyncio.to_thread(read_through, output)
            await self._until(batch, ENDED)
            self._succeed(id, ran, output, read.hash)
        finally:
            output.unlink(missing_ok=True)

    def _note(self, id: str, outcomes: str) -> None:
        self._outcomes[id] = self._outcomes.get(id, "") + outcomes

    def _succeed(self, id: str, ran: Ran, output: Path, digest: str) -> None:
        """Results and end are one transaction: nobody sees the one without the other."""
        with self._library.store.transaction(), self._change(id) as batch:
            batch.state = SUCCEEDED
            batch.ended = self._clock.now()
            batch.counts = Counts(batch.counts.total, ran.succeeded, ran.failed)
            file = File(
                id=batch.responses_file,
                owner=batch.owner,
                source="GENERATED",
                mime_type="application/json",
                bytes=output.stat().st_size,
                sha256=digest,
                created=batch.ended,
                active=batch.ended,
            )
            self._library.add_file(output, file)
        self._input(id).unlink(missing_ok=True)

    def _fail(self, id: str, state: str, error: Status) -> None:
        with self._change(id) as batch:
            batch.state = state
            batch.ended = self._clock.now()
            batch.error = error
            batch.counts = Counts(batch.counts.total)
        self._input(id).unlink(missing_ok=True)

    def _finished(self, batch: Batch) -> int:
        """How many records are done by now: no more than really are, nor than time allows."""
        done = len(self._outcomes.get(batch.id, ""))
        seconds = self._seconds(batch)
        if not seconds:
            return done
        passed = (self._clock.now() - batch.created) / seconds
        share = (passed - STARTED) / (ENDED - STARTED)
        return min(done, int(batch.counts.total * max(0.0, share)))

    def _seconds(self, batch: Batch) -> float:
        return self._settings.seconds if batch.seconds is None else batch.seconds

    async def _until(self, batch: Batch, share: float) -> None:
        """No batch lives longer than it may: https://ai.google.dev/gemini-api/docs/batch-api"""
        await self._clock.until(batch.created + share * min(self._seconds(batch), BATCH_LIFE))

    def _input(self, id: str) -> Path:
        return self._library.store.file(f"batch-{id}-input")

    @contextmanager
    def _change(self, id: str) -> Iterator[Batch]:
        """A batch to be changed; nothing may be awaited meanwhile."""
        batch = self._library.batch(id)
        yield batch
        batch.updated = self._clock.now()
        self._library.save_batch(batch)
