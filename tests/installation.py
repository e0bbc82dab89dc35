"""A whole installation, started as a person would, on free ports and in a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import redis
from psycopg import sql

from bifrost.launch import ports
from bifrost.launch.launcher import SANDBOX_PORT_OFFSET

ROOT = Path(__file__).resolve().parent.parent
OURS = ("BIFROST_", "OPENAI_", "SANDBOX", "PORT", "DATABASE_URL", "CELERY_BROKER_URL", "MAKE")
READY = "Ctrl-C stops everything."
# Whatever a developer has in .env, keys of real accounts among it.
APART = {"BIFROST_ENV_FILE": "/dev/null"}
LAUNCH = [sys.executable, "-m", "bifrost.run"]


class Installation:
    """Its processes are known by their environment, wherever they went."""

    def __init__(self, data: Path, variables: dict[str, str], command: list[str]) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{variables['PORT']}"
        self._log = data / f"terminal-{time.monotonic_ns()}.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        with self._log.open("w") as terminal:
            self.popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**inherited, **APART, **variables, "BIFROST_DATA": str(data)},
                stdout=terminal,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, *, seconds: float = 90) -> str:
        deadline = time.monotonic() + seconds
        while text not in self.said():
            assert self.popen.poll() is None, f"it ended:\n{self.said()}"
            assert time.monotonic() < deadline, f"no {text!r} in {seconds} s:\n{self.said()}"
            time.sleep(0.05)
        return self.said()

    def processes(self) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._owns(process)]

    def process(self, *words: str) -> psutil.Process:
        """The oldest process whose command line has these words."""
        found = [p for p in self.processes() if set(words) <= set(command_line(p))]
        return min(found, key=psutil.Process.create_time)

    def interrupt(self) -> float:
        """Press Ctrl-C: the terminal tells all that is in the foreground. How long it took."""
        began = time.monotonic()
        os.killpg(self.popen.pid, signal.SIGINT)
        self.popen.wait(timeout=60)
        return time.monotonic() - began

    def wait_until_gone(self, *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while left := self.processes():
            assert time.monotonic() < deadline, f"left behind: {[p.cmdline() for p in left]}"
            time.sleep(0.05)

    def kill(self) -> None:
        for process in self.processes():
            # Some go with those before them.
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.popen.wait(timeout=30)

    def _owns(self, process: psutil.Process) -> bool:
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.environ().get("BIFROST_DATA") == str(self.data)
        except psutil.Error:
            return False


def command_line(process: psutil.Process) -> list[str]:
    """Empty once it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def free_port() -> int:
    """A port for the web server that leaves the sandbox its own."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port < 65_000 and not ports.why_not("127.0.0.1", port + SANDBOX_PORT_OFFSET):
            return port


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The variables for the servers that the suite runs on, with a database of its own."""
    quick = {"BIFROST_POLL_SECONDS": "0.2", "BIFROST_SANDBOX_SECONDS": "0"}
    url = os.environ.get("DATABASE_URL")
    if not url:
        yield quick
        return
    name = f"bifrost_run_{os.getpid()}_{time.monotonic_ns()}"
    broker = empty_broker(os.environ["CELERY_BROKER_URL"])
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            own = urlsplit(url)._replace(path=f"/{name}").geturl()
            yield {**quick, "DATABASE_URL": own, "CELERY_BROKER_URL": broker}
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def empty_broker(url: str) -> str:
    """A database of the Redis server that nobody uses: others' workers would take the messages."""
    server, _, _ = url.rpartition("/")
    with redis.Redis.from_url(url) as client:
        used = {int(one["db"]) for one in client.client_list()}
        number = next(number for number in range(1, 15) if number not in used)
    with redis.Redis.from_url(f"{server}/{number}") as client:
        client.flushdb()
    return f"{server}/{number}"
