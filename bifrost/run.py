"""`python -m bifrost.run` starts an installation, `python -m bifrost.run web` one process of it.

Containers start single ones: `prepare` first, then web, worker, beat and sandbox.
"""

import argparse
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from dotenv import find_dotenv, load_dotenv

from bifrost.launch.commands import COMMANDS
from bifrost.launch.launcher import Launcher, LaunchError, why_not_ready


def main() -> int:
    options = _parser().parse_args()
    load_dotenv(find_dotenv(usecwd=True))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
    try:
        return _run(options.process)
    except (ImproperlyConfigured, LaunchError) as error:
        print(f"bifrost: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _run(process: str) -> int:
    if process == "ready":
        return _ready()
    if process == "everything":
        Launcher().run()
        return 0
    command = COMMANDS[process]()
    return os.execv(command[0], command)


def _ready() -> int:
    """For health checks: 0 when everything answers."""
    missing = why_not_ready("127.0.0.1", settings.PORT)
    print(missing or "ready")  # noqa: T201
    return 1 if missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bifrost.run", description=__doc__)
    parser.add_argument(
        "process", nargs="?", default="everything", choices=["everything", *COMMANDS, "ready"]
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
