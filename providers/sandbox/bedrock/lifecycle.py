"""The life of a job in compressed time: validated, scheduled, run, and its results put into S3.

Every step is written to the store; after a restart a job begins again, and since answers depend on
the input alone, it ends as it would have. A job that is stopped, or has no time left, keeps what it has done.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

from providers.sandbox.bedrock.library import Library
from providers.sandbox.bedrock.objects import (
    COMPLETED,
    EXPIRED,
    FAILED,
    IN_PROGRESS,
    PARTIAL,
    SCHEDULED,
    STOPPED,
    STOPPING,
    SUBMITTED,
    TERMINAL,
    VALIDATING,
    Counts,
    Job,
)
from providers.sandbox.bedrock.orders import FAILED as FAILED_RECORD
from providers.sandbox.bedrock.runs import Checked, InputError, Runs
from providers.sandbox.stage import Stage
from providers.sandbox.workers import WorkerLost

# When a step begins, as a share of the job's time.
SHARES = ((VALIDATING, 0.05), (SCHEDULED, 0.1), (IN_PROGRESS, 0.2))
STARTED, ENDED = 0.2, 1.0
_STOP_SHARE, _LONGEST_STOP = 0.1, 2.0

# The words of the control path for the statuses that end a job.
_ENDINGS = {
    "completed": COMPLETED,
    "partial": PARTIAL,
    "failed": FAILED,
    "cancelled": STOPPED,
    "expired": EXPIRED,
}
_WITHOUT_RESULTS = {
    FAILED: "The job was told to fail.",
    EXPIRED: "The job timed out before it could be started.",
}


class Lifecycle:
    def __init__(self, library: Library, runs: Runs, stage: Stage) -> None:
        self._library = library
        self._runs = runs
        self._settings = stage.settings
        self._clock = stage.clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._outcomes: dict[str, str] = {}

    def begin(self, job: Job) -> None:
        self._library.add(job)
        self._start(job.id, self._live(job.id))

    def resume(self) -> None:
        """Take up the jobs that a stop of the process interrupted."""
        for job in self._library.unfinished():
            self._start(job.id, self._live(job.id))

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def show(self, job: Job) -> Job:
        """The job as the API shows it at this moment."""
        if job.status in (IN_PROGRESS, STOPPING):
            done = self._finished(job)
            failed = self._outcomes.get(job.id, "").count(FAILED_RECORD, 0, done)
            job.counts = Counts(job.counts.total, done - failed, failed)
        return job

    def stop_job(self, id: str) -> None:
        with self._change(id) as job:
            if job.status == STOPPING:
                return
            job.limit = self._finished(job)
            job.status = STOPPING
        self._start(id, self._live(id))

    def force(self, id: str, status: str | None) -> None:
        """Bring a job to an end at once; any other word is shown, and changes nothing else."""
        ending = _ENDINGS.get(status or "", status)
        with self._change(id) as job:
            may_end = job.status not in TERMINAL and ending in TERMINAL
            job.forced = None if may_end else status
            if may_end and ending in (STOPPED, PARTIAL):
                job.limit = self._finished(job)
        if may_end and ending in _WITHOUT_RESULTS:
            self._end_task(id)
            self._fail(id, ending, _WITHOUT_RESULTS[ending])
        elif may_end and ending is not None:
            self._start(id, self._end_at_once(id, ending))

    def _start(self, id: str, life: Coroutine[None, None, None]) -> None:
        self._end_task(id)
        self._outcomes.pop(id, None)
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
            checked = await self._check(id)
            job = self._library.job(id)
            if job.status == STOPPING:
                await self._clock.until(job.modified + self._stop_seconds(job))
                await self._finish(id, STOPPED, checked)
            elif checked.outcome == "fail":
                self._fail(id, FAILED, _WITHOUT_RESULTS[FAILED])
            else:
                await self._progress(id, checked)
        except (InputError, WorkerLost) as error:
            self._fail(id, FAILED, str(error))

    async def _check(self, id: str) -> Checked:
        checked = await self._runs.check(self._library.job(id))
        with self._change(id) as job:
            if job.seconds is None:
                job.seconds = checked.seconds
            job.counts.total = checked.total
        return checked

    async def _progress(self, id: str, checked: Checked) -> None:
        job = self._library.job(id)
        runs_out = self._seconds(job) > job.lasts
        if checked.outcome == "expire":
            with self._change(id) as job:
                job.limit = checked.total // 2
        for status, share in SHARES:
            await self._until(job, share)
            if self._clock.now() >= job.submitted + job.lasts:
                self._fail(id, EXPIRED, _WITHOUT_RESULTS[EXPIRED])
                return
            with self._change(id) as job:
                job.status = status
        await self._finish(id, PARTIAL if runs_out or job.limit is not None else COMPLETED, checked)

    async def _end_at_once(self, id: str, status: str) -> None:
        try:
            with self._change(id) as job:
                job.seconds = 0.0
            await self._finish(id, status, await self._check(id))
        except (InputError, WorkerLost) as error:
            self._fail(id, FAILED, str(error))

    async def _finish(self, id: str, status: str, checked: Checked) -> None:
        """Answer the records, wait for the end, put the results into S3, and only then say so."""
        job = self._library.job(id)
        self._outcomes[id] = ""
        async with self._runs.run(job, checked, lambda seen: self._note(id, seen)) as ran:
            if status in (COMPLETED, PARTIAL):
                await self._until(job, ENDED)
            if status == PARTIAL and job.limit is None:
                with self._change(id) as job:
                    job.limit = self._finished(job)
                await self._finish(id, status, checked)
                return
            self._runs.keep(job, ran)
        with self._change(id) as job:
            job.status = status
            job.ended = self._clock.now()
            job.counts = Counts(checked.total, ran.succeeded, ran.failed)

    def _note(self, id: str, outcomes: str) -> None:
        self._outcomes[id] = self._outcomes.get(id, "") + outcomes

    def _fail(self, id: str, status: str, message: str) -> None:
        with self._change(id) as job:
            job.status = status
            job.ended = self._clock.now()
            job.message = message
            job.counts = Counts(job.counts.total)

    def _finished(self, job: Job) -> int:
        """How many records are done by now: no more than really are, nor than time allows."""
        if job.status in (SUBMITTED, VALIDATING, SCHEDULED):
            return 0
        if job.status == STOPPING:
            return job.limit or 0
        done = len(self._outcomes.get(job.id, ""))
        seconds = self._seconds(job)
        if not seconds:
            return done
        passed = min(self._clock.now() - job.submitted, job.lasts) / seconds
        share = (passed - STARTED) / (ENDED - STARTED)
        return min(done, int(job.counts.total * max(0.0, share)))

    def _seconds(self, job: Job) -> float:
        return self._settings.seconds if job.seconds is None else job.seconds

    def _stop_seconds(self, job: Job) -> float:
        return min(_LONGEST_STOP, self._seconds(job) * _STOP_SHARE)

    async def _until(self, job: Job, share: float) -> None:
        await self._clock.until(job.submitted + min(share * self._seconds(job), job.lasts))

    @contextmanager
    def _change(self, id: str) -> Iterator[Job]:
        """A job to be changed; nothing may be awaited meanwhile."""
        job = self._library.job(id)
        yield job
        job.modified = self._clock.now()
        self._library.save(job)
