"""The vendors' SDKs for Node do what they do against their vendors."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.keyed import Keyed
from tests.stack import ROOT, Stack

HERE = Path(__file__).parent
INSTALLED = ROOT / ".node"
FRESH_SECONDS = 300


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where the SDKs and the scripts are. Skips where there is no npm."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, so that the SDKs for Node could be")
    wanted = (HERE / "package.json").read_text()
    installed = INSTALLED / "package.json"
    if not (INSTALLED / "complete").exists() or installed.read_text() != wanted:
        INSTALLED.mkdir(exist_ok=True)
        (INSTALLED / "complete").unlink(missing_ok=True)
        installed.write_text(wanted)
        quiet = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
        done = subprocess.run(
            ["npm", "install", *quiet],
            cwd=INSTALLED,
            capture_output=True,
            text=True,
            timeout=FRESH_SECONDS,
        )
        if done.returncode and os.environ.get("CI") != "true":
            pytest.skip(f"the SDKs for Node cannot be installed: {done.stderr[-300:]}")
        assert done.returncode == 0, done.stderr[-4000:]
        (INSTALLED / "complete").touch()
    for script in HERE.glob("*.mjs"):
        shutil.copy(script, INSTALLED)
    return INSTALLED


@pytest.mark.timeout(FRESH_SECONDS + 120)
@pytest.mark.parametrize("surface", ["openai", "anthropic", "genai", "aws"])
def test_it_works(surface: str, packages: Path, stack: Stack, tmp_path: Path):
    run(packages, f"{surface}.mjs", stack.url, tmp_path / "in.jsonl", "any", "any")


@pytest.mark.timeout(FRESH_SECONDS + 120)
def test_it_signs_with_a_key(packages: Path, keyed: Keyed, tmp_path: Path):
    pair = (keyed.access_key_id, keyed.secret_access_key)
    run(packages, "aws.mjs", keyed.stack.url, tmp_path / "in.jsonl", *pair)


def run(packages: Path, *arguments: str | Path) -> None:
    done = subprocess.run(
        ["node", *arguments], cwd=packages, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stderr[-4000:]
