"""A whole installation that takes virtual keys only, and one of them: also the program that makes it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import django

from tests.installation import APART
from tests.stack import ROOT, Stack, running_stack


class Keyed(NamedTuple):
    stack: Stack
    key: str
    access_key_id: str
    secret_access_key: str


@contextmanager
def running_keyed(data: Path, **environment: str) -> Iterator[Keyed]:
    with running_stack(data, BIFROST_AUTH="keys", **environment) as stack:
        made = subprocess.run(
            [sys.executable, "-m", "tests.keyed"],
            cwd=ROOT,
            env={**os.environ, **APART, **stack.environment},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=60,
        )
        yield Keyed(stack, **json.loads(made.stdout))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
    django.setup()
    from providers.models import VirtualKey  # noqa: PLC0415 -- there are no models before
    from providers.services import default_workspace  # noqa: PLC0415

    key = VirtualKey(workspace=default_workspace(), name="keyed")
    texts = key.renew()
    key.save()
    print(json.dumps(texts._asdict()))


if __name__ == "__main__":
    main()
