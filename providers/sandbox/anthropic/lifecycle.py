"""The life of a message batch, from `in_progress` to `ended`, in compressed time.

Requests are answered as soon as the batch exists, and shown when its seconds are over, or when
24 hours are. Every step is written to the store; after a restart a batch begins again, and since
answers depend on the requests alone, it ends as it would have.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from providers.sandbox.anthropic.library import Library
from providers.sandbox.anthropic.objects import Counts, KeptBatch
from providers.sandbox.anthropic.orders import Ran, Rest, Run
from providers.sandbox.stage import Stage
from providers.sandbox.workers import WorkerLost

_LONGEST_CANCEL = 2.0
_CANCEL_SHARE = 0.1

# What the control path may ask for, in the vendor's words and in those of others; null is an end
# with all requests answered.
_ENDINGS: dict[str, Rest | None] = {
    "ended": None,
    "completed": None,
    "canceled": "canceled",
    "cancelled": "canceled",
    "expired": "expired",
    "errored": "errored",
    "failed": "errored",
}


class Lifecycle:
    def __init__(self, library: Library, stage: Stage) -> None:
        self._library = library
        self._workers = stage.workers
        self._settings = stage.settings
        self._clock = stage.clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._done: dict[str, int] = {}

    def begin(self, kept: KeptBatch, records: Path) -> None:
        """Keep a new batch with its requests, and start it."""
        records.rename(self._library.records(kept.batch.id))
        self._library.add(kept)
        self._launch(kept)

    def resume(self) -> None:
        """Take up the batches that a stop of the process interrupted."""
        for kept in self._library.unfinished():
            self._launch(kept)

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def cancel(self, id: str) -> None:
        with self._change(id) as kept:
            if kept.batch.processing_status == "canceling":
                return
            kept.limit = self._finished(kept)
            kept.batch.processing_status = "canceling"
            kept.batch.cancel_initiated_at = self._now()
        self._launch(kept)

    def force(self, id: str, status: str | None) -> None:
        """Bring a batch to an end at once; any other word is shown, and changes nothing else."""
        with self._change(id) as kept:
            may_end = kept.batch.processing_status != "ended" and status in _ENDINGS
            kept.forced = None if may_end else status
        if may_end and status is not None:
            rest = _ENDINGS[status]
            limit = None if rest is None else self._finished(kept)
            self._start(id, self._end_early(id, rest or "canceled", limit, wait=0.0))

    def _launch(self, kept: KeptBatch) -> None:
        id = kept.batch.id
        if kept.batch.processing_status == "canceling":
            wait = min(_LONGEST_CANCEL, _CANCEL_SHARE * self._seconds(kept))
            self._start(id, self._end_early(id, "canceled", kept.limit or 0, wait=wait))
        elif kept.outcome == "fail":
            self._start(id, self._end_early(id, "errored", 0, wait=self._seconds(kept)))
        elif kept.outcome == "expire":
            half = kept.total // 2
            self._start(id, self._end_early(id, "expired", half, wait=self._seconds(kept)))
        else:
            self._start(id, self._live(id))

    def _start(self, id: str, life: Coroutine[None, None, None]) -> None:
        if id in self._tasks:
            self._tasks.pop(id).cancel()
        task = asyncio.create_task(life)
        self._tasks[id] = task
        task.add_done_callback(lambda done: self._forget(id, done))

    def _forget(self, id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(id) is task:
            del self._tasks[id]
            self._done.pop(id, None)

    async def _live(self, id: str) -> None:
        kept = self._library.batch(id)
        end = kept.batch.created_at.timestamp() + self._seconds(kept)
        expiry = kept.batch.expires_at.timestamp()
        with self._results(id) as path:
            ran = await self._run(kept, path, "errored", None)
            await self._clock.until(min(end, expiry))
            if expiry < end:
                ran = await self._run(kept, path, "expired", self._finished(kept))
            self._end(id, ran, path)

    async def _end_early(self, id: str, rest: Rest, limit: int | None, *, wait: float) -> None:
        """End a batch of which only `limit` requests are answered."""
        await self._clock.until(self._clock.now() + wait)
        with self._results(id) as path:
            ran = await self._run(self._library.batch(id), path, rest, limit)
            self._end(id, ran, path)

    async def _run(self, kept: KeptBatch, path: Path, rest: Rest, limit: int | None) -> Ran:
        order = Run(
            path=str(self._library.records(kept.batch.id)),
            results=str(path),
            version=kept.version,
            has_betas=kept.has_betas,
            limit=limit,
            rest=rest,
        )
        try:
            return await self._workers.obey(
                order, Ran, report=lambda outcomes: self._note(kept.batch.id, outcomes)
            )
        except WorkerLost:
            # At this vendor a batch cannot fail, only all of its requests can.
            order.limit, order.rest = 0, "errored"
            return await self._workers.obey(order, Ran)

    def _note(self, id: str, outcomes: str) -> None:
        self._done[id] = self._done.get(id, 0) + len(outcomes)

    def _end(self, id: str, ran: Ran, path: Path) -> None:
        """Results and end are one step: nobody sees the one without the other."""
        with self._change(id) as kept:
            path.rename(self._library.results(id))
            kept.batch.processing_status = "ended"
            kept.batch.ended_at = self._now()
            kept.batch.request_counts = Counts(
                succeeded=ran.succeeded,
                errored=ran.errored,
                canceled=ran.canceled,
                expired=ran.expired,
            )
        self._library.records(id).unlink(missing_ok=True)

    def _finished(self, kept: KeptBatch) -> int:
        """How many requests are answered by now: no more than really are, nor than time allows."""
        done, seconds = self._done.get(kept.batch.id, 0), self._seconds(kept)
        if not seconds:
            return done
        passed = (self._clock.now() - kept.batch.created_at.timestamp()) / seconds
        return min(done, int(kept.total * passed))

    def _seconds(self, kept: KeptBatch) -> float:
        return self._settings.seconds if kept.seconds is None else kept.seconds

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    @contextmanager
    def _change(self, id: str) -> Iterator[KeptBatch]:
        """A batch to be changed; nothing may be awaited meanwhile."""
        kept = self._library.batch(id)
        yield kept
        self._library.save(kept)

    @contextmanager
    def _results(self, id: str) -> Iterator[Path]:
        """An empty file for the results, gone afterwards unless it was kept."""
        self._done[id] = 0
        path = self._library.store.scratch()
        path.touch()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
