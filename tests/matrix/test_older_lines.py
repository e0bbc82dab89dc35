"""The older line of each SDK, which sends other headers, paths and checksums than the newest."""

import os
import subprocess
from importlib import metadata

import pytest

from tests.matrix.surfaces import SURFACES
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.once
OLDER = ROOT / ".venv-older" / "bin" / "python"
PACKAGES = {"openai": "openai", "anthropic": "anthropic", "genai": "google-genai", "boto3": "boto3"}
VERSION = "import sys; from importlib import metadata; print(metadata.version(sys.argv[1]))"


@pytest.fixture
def older() -> str:
    if not OLDER.exists() and os.environ.get("CI") != "true":
        pytest.skip("the older SDKs are not installed: `make test` does it")
    return str(OLDER)


@pytest.mark.parametrize("surface", SURFACES)
def test_it_does_the_same_work(surface: str, older: str, stack: Stack):
    done = subprocess.run(
        [older, "-m", "tests.matrix.play", stack.url, surface, "gemini"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.parametrize("package", PACKAGES.values())
def test_it_is_another_line(package: str, older: str):
    done = subprocess.run([older, "-c", VERSION, package], capture_output=True, text=True)
    newest = metadata.version(package)
    assert done.stdout.split(".")[:2] < newest.split(".")[:2]
