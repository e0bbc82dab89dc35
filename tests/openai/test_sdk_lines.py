"""Both lines of the SDK do the same work: the newest, and the one before its great change."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT, Stack

SCENARIO = Path(__file__).with_name("scenario.py")
OLDER = ROOT / ".venv-older" / "bin" / "python"


def play(python: str | Path, base_url: str) -> str:
    """The version of the SDK that played it."""
    done = subprocess.run(
        [python, "-W", "error", SCENARIO, base_url], capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.strip()


def test_the_newest_line(stack: Stack):
    assert int(play(sys.executable, f"{stack.url}/openai/v1/").split(".")[0]) > 1


@pytest.mark.once
def test_the_older_line(stack: Stack):
    if not OLDER.exists() and os.environ.get("CI") != "true":
        pytest.skip("the older SDK is not installed: `make test` does it")
    assert play(OLDER, f"{stack.url}/openai").startswith("1.")
