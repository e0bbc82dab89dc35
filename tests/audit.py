"""Is a weakness known in what an installation brings? `python -m tests.audit`, in `make check`.

It ends with SKIPPED where the advisories cannot be reached: then nothing is known, good or bad.
"""

import subprocess
import sys

import requests

# Open Source Vulnerabilities has Python's own advisories and GitHub's: https://osv.dev
ADVISORIES = "https://api.osv.dev/v1/query"
QUESTION = {"package": {"name": "django", "ecosystem": "PyPI"}, "version": "5.2"}
PINNED = ("requirements/production.txt", "requirements/run.txt")
SKIPPED = 77


def main(url: str = ADVISORIES) -> int:
    if not _answers(url):
        print("the advisories cannot be reached")
        return SKIPPED
    command = [
        *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", url),
        # The files are complete, with hashes: nothing has to be resolved or fetched.
        *("--disable-pip", "--require-hashes", "--progress-spinner", "off"),
        *(word for file in PINNED for word in ("--requirement", file)),
    ]
    return subprocess.run(command, check=False).returncode


def _answers(url: str) -> bool:
    """Whether advisories are there, and not a proxy that has an answer to everything."""
    try:
        answer = requests.post(url, json=QUESTION, timeout=10)
        return answer.ok and isinstance(answer.json(), dict)
    except requests.RequestException:
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
