"""One launcher for each data folder."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

PATIENCE = 10.0


class Locked(Exception):
    """Another launcher runs on this folder."""


def hold(path: Path) -> IO[str]:
    """The lock, for as long as the file that comes back, or a copy of it, is open. Raises Locked.

    After a launcher was killed its watchdog holds the lock until the processes are gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("a+")
    deadline = time.monotonic() + PATIENCE
    while not _taken(lock):
        lock.seek(0)
        owner = lock.read().strip()
        if _lives(owner) or time.monotonic() > deadline:
            lock.close()
            raise Locked(f"process {owner}" if owner else "another process")
        time.sleep(0.1)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(owner: str) -> bool:
    try:
        os.kill(int(owner), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
