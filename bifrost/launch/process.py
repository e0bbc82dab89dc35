"""One process of the installation, with all its own processes and what they print."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO

QUICK_SECONDS = 30.0
QUICK_ENDS = 5
LONGEST_WAIT = 10.0


@dataclass
class Process:
    """Started in a process group of its own, so that a signal reaches all of it and no other."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    tell: Callable[[str, bytes], None]
    popen: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_ends: int = 0
    due: float = 0.0
    _reader: threading.Thread = field(default_factory=threading.Thread)

    def start(self) -> None:
        self.started = time.monotonic()
        self.popen = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.popen.stdout
        self._reader = threading.Thread(target=self._read, args=[self.popen.stdout], daemon=True)
        self._reader.start()

    @property
    def group(self) -> int:
        assert self.popen
        return self.popen.pid

    def has_ended(self) -> bool:
        return self.popen is not None and self.popen.poll() is not None

    def bury(self) -> str:
        """End what the process left behind, settle when it may start again, say how it ended."""
        assert self.popen
        code = self.popen.returncode
        self.kill()
        self._reader.join(timeout=1)
        self.popen = None
        lived = time.monotonic() - self.started
        self.quick_ends = self.quick_ends + 1 if lived < QUICK_SECONDS else 1
        self.due = time.monotonic() + min(0.25 * 2**self.quick_ends, LONGEST_WAIT)
        return f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"

    def is_hopeless(self) -> bool:
        return self.quick_ends >= QUICK_ENDS

    def is_due(self) -> bool:
        return self.popen is None and time.monotonic() >= self.due

    def terminate(self) -> None:
        """Ask the first process to stop: it stops its own, after the work at hand."""
        if self.popen:
            self.popen.terminate()

    def kill(self) -> None:
        """Kill the whole group."""
        try:
            os.killpg(self.group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def _read(self, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                self.tell(self.name, line)


class Watchdog:
    """The process that ends the others should this one be killed."""

    def __init__(self, lock: IO[str]) -> None:
        self.lock = lock
        self.groups: set[int] = set()
        self.popen = self._start()

    def add(self, group: int) -> None:
        self.groups.add(group)
        self._say(f"+{group}\n")

    def discard(self, group: int) -> None:
        self.groups.discard(group)
        self._say(f"-{group}\n")

    def revive(self) -> None:
        if self.popen.poll() is not None:
            self.popen = self._start()
            for group in self.groups:
                self._say(f"+{group}\n")

    def dismiss(self) -> None:
        """Let it go once nothing is left to watch."""
        assert self.popen.stdin
        self.popen.stdin.close()
        self.popen.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        program = os.path.join(os.path.dirname(__file__), "watchdog.py")
        return subprocess.Popen(
            [sys.executable, "-I", "-S", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # It lets go of the lock when everything has ended.
            pass_fds=[self.lock.fileno()],
        )

    def _say(self, line: str) -> None:
        assert self.popen.stdin
        try:
            self.popen.stdin.write(line.encode())
            self.popen.stdin.flush()
        except BrokenPipeError:
            self.revive()
