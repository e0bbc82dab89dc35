"""How far long work is, for people who wait at a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar that what is yielded moves on, by so many of `total`.

    It goes to where errors go, so that a program can read the answer; without a terminal only its label does.
    """
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        yield bar.update
