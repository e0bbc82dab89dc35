import signal
import subprocess
import sys
import time

import pytest
import requests

from tests.sandbox.process import ROOT, start_sandbox
from tests.sandbox.records import chats, jsonl, submit

FOREIGN = ("django", "rest_framework", "celery", "bifrost", "gateway", "batches", "files")


@pytest.mark.parametrize("module", ["providers.sandbox.server", "providers.sandbox.worker"])
def test_nothing_of_the_gateway_is_imported(module):
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    assert loaded.isdisjoint(FOREIGN)
    ours = {name for name in loaded if name.startswith("providers.")}
    assert all(name.startswith("providers.sandbox") for name in ours)


def test_it_says_that_it_is_well(sandbox: str):
    answer = requests.get(f"{sandbox}/_sandbox/healthz", timeout=60)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_and_soon_even_when_busy(tmp_path, connect, number):
    command = [sys.executable, "-m", "providers.sandbox", "--port", "0", "--data", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[-1]
        submit(connect("sk-stop", url=url), jsonl(chats(500)))
        started = time.monotonic()
        process.send_signal(number)
        assert process.wait(60) == 0
        # It waits for nothing: the rest is what a busy machine needs.
        assert time.monotonic() - started < 10
        assert process.stderr.read() == ""


def test_a_folder_or_a_port_in_use_is_said_plainly(tmp_path):
    with start_sandbox(tmp_path / "one") as url:
        port = url.rpartition(":")[2]
        for options in (["--data", tmp_path / "one"], ["--data", tmp_path / "two", "--port", port]):
            run = subprocess.run(
                [sys.executable, "-m", "providers.sandbox", "--port", "0", *options],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 1
            assert run.stderr.startswith(("another sandbox uses", "cannot listen on"))
            assert "Traceback" not in run.stderr
