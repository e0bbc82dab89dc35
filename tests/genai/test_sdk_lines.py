"""Both lines of the SDK do the same work: the newest, and the one before its great change."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.genai.asking import MODELS
from tests.stack import ROOT, Stack

SCENARIO = Path(__file__).with_name("scenario.py")
OLDER = ROOT / ".venv-older" / "bin" / "python"
# A word that the SDK does not know is a warning of this kind.
STRICT = ("-W", "error::UserWarning")


def play(python: str | Path, stack: Stack) -> str:
    """The version of the SDK that played it."""
    done = subprocess.run(
        [python, *STRICT, SCENARIO, stack.url, "gemini", MODELS["gemini"]],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.strip()


def test_the_newest_line(stack: Stack):
    assert int(play(sys.executable, stack).split(".")[0]) >= 3


@pytest.mark.once
def test_the_older_line(stack: Stack):
    if not OLDER.exists() and os.environ.get("CI") != "true":
        pytest.skip("the older SDK is not installed: `make test` does it")
    assert play(OLDER, stack).startswith("1.")
