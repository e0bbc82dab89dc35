"""Both lines of the SDK do the same work: the newest, and the one before its great change."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic

from tests.anthropic.asking import request
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
    assert int(play(sys.executable, f"{stack.url}/anthropic").split(".")[0]) > 1


@pytest.mark.once
def test_the_older_line(stack: Stack):
    if not OLDER.exists() and os.environ.get("CI") != "true":
        pytest.skip("the older SDK is not installed: `make test` does it")
    assert play(OLDER, f"{stack.url}/anthropic").startswith("0.")


def test_retries_at_once_make_one_batch(stack: Stack):
    """In which they meet in several processes."""
    again: Any = {"x-stainless-retry-count": "1"}
    with (
        Anthropic(base_url=f"{stack.url}/anthropic", api_key="at-once", max_retries=0) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        create = client.beta.messages.batches.create
        made = list(
            pool.map(lambda _: create(requests=[request("at-once")], extra_headers=again), range(8))
        )

    assert len({batch.id for batch in made}) == 1
