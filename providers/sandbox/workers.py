"""A few worker processes, started when they are first needed and kept."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import TypeVar

import msgspec

from providers.sandbox.orders import Order, Progress, Report, Result
from providers.sandbox.vendors import ANY_REPORT, VENDORS

ResultT = TypeVar("ResultT", bound=Result)

_ROOT = Path(__file__).resolve().parents[2]
_LONGEST_LINE = 16 * 1024 * 1024

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ANY_REPORT).decode


class WorkerLost(Exception):
    """A worker died with its work undone."""


class Workers:
    def __init__(self, most: int) -> None:
        self._slots = asyncio.Semaphore(most)
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._tasks: set[asyncio.Task[Result]] = set()

    async def warm_up(self) -> None:
        """Start one worker ahead of the first order; it needs a second to load an SDK's types.

        It loads the first vendor's only, since with all of them it would not be ready in time.
        """
        self._idle.append(await self._start(next(iter(VENDORS))))

    async def obey(
        self,
        order: Order,
        kind: type[ResultT],
        *,
        report: Report = lambda outcomes: None,
    ) -> ResultT:
        # The order is finished even if nobody waits for it any more: a worker that is given up in
        # the middle would answer the next order with the result of this one.
        task = asyncio.create_task(self._obey(order, report))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        result = await asyncio.shield(task)
        assert isinstance(result, kind)
        return result

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for process in self._all:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        for process in self._all:
            await process.wait()

    async def _obey(self, order: Order, report: Report) -> Result:
        async with self._slots:
            process = self._take() or await self._start()
            result = await _converse(process, order, report)
            self._idle.append(process)
            return result

    def _forget(self, task: asyncio.Task[Result]) -> None:
        """Asyncio complains of errors that nobody saw, also of those that nobody waits for."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    def _take(self) -> Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return None

    async def _start(self, *vendors: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "providers.sandbox.worker",
            *vendors,
            stdin=PIPE,
            stdout=PIPE,
            limit=_LONGEST_LINE,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            start_new_session=True,
        )
        self._all.add(process)
        return process


async def _converse(process: Process, order: Order, report: Report) -> Result:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_encode(order) + b"\n")
    while line := await process.stdout.readline():
        message: Progress | Result = _decode(line)
        if isinstance(message, Result):
            return message
        report(message.outcomes)
    raise WorkerLost(f"worker {process.pid} ended")
