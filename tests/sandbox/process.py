"""Starts the real sandbox as a process: `with start_sandbox(folder) as url: ...`."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def start_sandbox(data_dir: Path | str, *, seconds: float = 0, **flags: object) -> Iterator[str]:
    """The base URL of a sandbox that lives as long as the block.

    `flags` are the options of the command line: `max_requests=10` is `--max-requests 10`. The
    OpenAI SDK wants `url + "/openai/v1"`.
    """
    options = {"port": 0, **flags, "data": data_dir, "seconds": seconds}
    command = [sys.executable, "-m", "providers.sandbox"]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            announcement = process.stdout.readline()
            assert announcement.startswith("sandbox listening on "), "the sandbox did not start"
            yield announcement.split()[-1]
        finally:
            process.terminate()
            process.wait(60)
