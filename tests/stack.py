"""A whole installation as a user starts it: `with running_stack(folder) as stack: ...`."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests
from openai import OpenAI

from bifrost.launch.launcher import SANDBOX_PORT_OFFSET
from tests.installation import APART, LAUNCH, ROOT, command_line, free_port, servers

READY_SECONDS = 120


@dataclass
class Stack:
    """Where it listens, and its processes."""

    url: str
    sandbox_url: str
    data: Path
    launcher: subprocess.Popen[bytes]
    environment: dict[str, str]

    def openai(self, **options: object) -> OpenAI:
        """The SDK, strict about what it is answered."""
        settings = {"max_retries": 0, "api_key": "sk-any", **options}
        return OpenAI(base_url=f"{self.url}/openai", _strict_response_validation=True, **settings)

    def sandbox(self, method: str, path: str, **json: object) -> dict:
        """Call the sandbox's control path."""
        answer = requests.request(
            method, f"{self.sandbox_url}/_sandbox/{path}", json=json or None, timeout=10
        )
        answer.raise_for_status()
        return answer.json()

    def processes(self, *words: str) -> list[psutil.Process]:
        """The processes below the launcher whose command line has all the words."""
        found = psutil.Process(self.launcher.pid).children(recursive=True)
        return [process for process in found if set(words) <= set(command_line(process))]

    def kill_worker(self) -> None:
        """As power loss would: the worker and its children at once, wherever they are."""
        for process in self.processes("bifrost.launch.worker"):
            # Some go with those before them.
            with suppress(psutil.NoSuchProcess):
                for one in (process, *process.children(recursive=True)):
                    one.kill()


@contextmanager
def running_stack(data: Path, **environment: str) -> Iterator[Stack]:
    """On the database and broker of DATABASE_URL and CELERY_BROKER_URL, where these are set."""
    with ExitStack() as undo:
        port = free_port()
        own = {
            "BIFROST_DATA": str(data),
            "PORT": str(port),
            "SANDBOX": "1",
            **undo.enter_context(servers()),
            "BIFROST_SWEEP_SECONDS": "1",
            "BIFROST_LEASE_SECONDS": "5",
            "BIFROST_SANDBOX_SECONDS": "0.5",
            **environment,
        }
        with (data / "stack.log").open("ab") as log:
            launcher = subprocess.Popen(
                LAUNCH,
                cwd=ROOT,
                env={**os.environ, **APART, **own},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        undo.callback(_stop, launcher)
        url = f"http://127.0.0.1:{port}"
        _await_ready(url, launcher, data / "stack.log")
        sandbox_url = f"http://127.0.0.1:{port + SANDBOX_PORT_OFFSET}"
        yield Stack(url, sandbox_url, data, launcher, own)


def _await_ready(url: str, launcher: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and launcher.poll() is None:
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"not ready:\n{log.read_text()[-4000:]}")


def _stop(launcher: subprocess.Popen[bytes]) -> None:
    launcher.send_signal(signal.SIGINT)
    launcher.wait(30)
