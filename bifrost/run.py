"""`python -m bifrost.run` starts an installation, `python -m bifrost.run web` one process of it.

Containers start single ones: `prepare` first, then web, worker, beat and sandbox.
"""

import argparse
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bifrost.env import load_file
from bifrost.launch.commands import COMMANDS
from bifrost.launch.health import reachable, what_is_wrong
from bifrost.launch.launcher import Launcher, LaunchError

CHECKS = {"healthy": "/healthz", "ready": "/readyz"}


def main() -> int:
    options = _parser().parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
    try:
        load_file()
        return _run(options.process)
    except (ImproperlyConfigured, LaunchError) as error:
        print(f"bifrost: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _run(process: str) -> int:
    if process in CHECKS:
        return _check(CHECKS[process])
    if process == "everything":
        Launcher().run()
        return 0
    command = COMMANDS[process]()
    return os.execv(command[0], command)  # noqa: S606 -- a shell is what is not wanted


def _check(path: str) -> int:
    """For health checks, where there is no curl: 0 if all is well."""
    wrong = what_is_wrong(reachable(settings.BIND), settings.PORT, path=path)
    print(wrong or "ok")  # noqa: T201
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bifrost.run", description=__doc__)
    parser.add_argument(
        "process", nargs="?", default="everything", choices=["everything", *COMMANDS, *CHECKS]
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
