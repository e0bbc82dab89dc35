"""The time of the sandbox: the world's, and whatever a test put it ahead."""

import asyncio
import time
from pathlib import Path


class Clock:
    """Kept in a file, so that what was made in the future is not in the future after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ahead = float(path.read_text()) if path.exists() else 0.0
        self._moved = asyncio.Event()

    @property
    def ahead(self) -> float:
        return self._ahead

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._set(self._ahead + seconds)

    def reset(self) -> None:
        self._set(0.0)

    async def until(self, moment: float) -> None:
        """Sleep until a moment, which comes sooner when the clock is put ahead."""
        while (left := moment - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                continue

    def _set(self, ahead: float) -> None:
        self._ahead = ahead
        self._path.write_text(repr(ahead))
        self._moved.set()
        self._moved = asyncio.Event()
