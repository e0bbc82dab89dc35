"""The lines of jobs, written down while their records are looked at, to be sent in the same step."""

import tempfile
from typing import BinaryIO, NamedTuple, cast

from batches.services.jobs import mark_of
from providers.base import Upstream

BLOCK_BYTES = 256 * 1024
# Files that are open at once.
MOST = 64


class Spool(NamedTuple):
    """The file of one job, and what the ids in it begin with."""

    file: BinaryIO
    mark: str


class Spools:
    """A temporary file for each of the first jobs that a step plans.

    What is not here is made again: the lines of the other jobs, and of all whose step did not reach its end.
    """

    def __init__(self, upstream: type[Upstream]) -> None:
        self._upstream = upstream
        self._spools: dict[str, Spool] = {}

    def close(self) -> None:
        for spool in self._spools.values():
            spool.file.close()

    def begin(self, job_id: str) -> Spool | None:
        """An empty one; None if it would be one too many."""
        if len(self._spools) == MOST:
            return None
        file = tempfile.TemporaryFile(buffering=BLOCK_BYTES)  # noqa: SIM115 -- closed with the others
        spool = Spool(cast(BinaryIO, file), mark_of(self._upstream, job_id))
        self._spools[job_id] = spool
        return spool

    def of(self, job_id: str) -> BinaryIO | None:
        spool = self._spools.get(job_id)
        return spool.file if spool else None
