"""The examples, run as a reader runs them."""

import subprocess
import sys

from tests.stack import ROOT, Stack


def test_the_openai_example_gets_two_thousand_answers_in_order(stack: Stack):
    done = subprocess.run(
        [sys.executable, "examples/openai_batch.py", "--base-url", f"{stack.url}/openai"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "2000 of 2000 done" in done.stdout
    assert "answered   all 2000 questions in order" in done.stdout
