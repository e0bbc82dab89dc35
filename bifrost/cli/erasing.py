"""What the commands that erase share: a question first, and a sentence where it did not work."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError

from batches.services import LeftBehindError, StillRunningError
from files.storage import StoreError


def add_erasing(parser: ArgumentParser, what: str) -> ArgumentParser:
    parser.add_argument(what)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--leave", action="store_true", help="leave at providers what they do not let go of"
    )
    return parser


def confirm(what: str, word: str, options: dict[str, Any]) -> None:
    """Raises CommandError unless whoever is there types the word."""
    if options["yes"]:
        return
    if not sys.stdin.isatty():
        raise CommandError(f"This would erase {what} for good: say --yes.")
    if input(f"This erases {what} for good. Type {word} to go on: ").strip() != word:
        raise CommandError("Nothing was erased.")


@contextmanager
def named_failures() -> Iterator[None]:
    try:
        yield
    except (LeftBehindError, StillRunningError) as error:
        raise CommandError(str(error)) from None
    except StoreError as error:
        raise CommandError(f"Not all is erased: {error}. Ask again.") from None
