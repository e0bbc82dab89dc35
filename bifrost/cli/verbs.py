"""The frame of every verb of `manage.py bifrost`: how it is named, who acts, how it answers."""

import getpass
import json
import os
import re
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.core.management.base import CommandError
from django.db.models import Model, QuerySet

from providers.audit import Actor
from providers.models import AuditEvent, Workspace

Found = TypeVar("Found", bound=Model)
Row = Mapping[str, Any]
Verb = Callable[["Output", dict[str, Any]], None]
# Or that there is none.
NUMBER = re.compile(r"-|[\d,]+(\.\d+)?")


class Stream(Protocol):
    """What Django gives a command to write to, or any other text stream."""

    def write(self, text: str, /) -> object: ...

    def isatty(self) -> bool: ...


class Output:
    """Tables for people, JSON for programs. What is wider than the terminal is told line by line."""

    def __init__(self, stream: Stream, *, as_json: bool) -> None:
        self.stream = stream
        self.as_json = as_json

    def sections(self, sections: Mapping[str, Sequence[Row]]) -> None:
        """Several tables, each below its name."""
        if self.as_json:
            self._write(json.dumps(sections, default=str, indent=2))
            return
        for number, (name, rows) in enumerate(sections.items()):
            self._write(f"{'' if number == 0 else chr(10)}{name.upper()}")
            self.rows(rows)

    def rows(self, rows: Sequence[Row]) -> None:
        if self.as_json:
            self._write(json.dumps(list(rows), default=str, indent=2))
            return
        table = _table(rows) or ["none"]
        width = shutil.get_terminal_size().columns
        if not self.stream.isatty() or len(max(table, key=len)) <= width:
            self._write("\n".join(table))
            return
        for number, row in enumerate(rows):
            if number:
                self.gap()
            self.row(row)

    def row(self, row: Row) -> None:
        if self.as_json:
            self._write(json.dumps(row, default=str, indent=2))
            return
        width = max(map(len, row))
        for name, value in row.items():
            self._write(f"{name.replace('_', ' '):<{width}}  {_text(value)}")

    def gap(self) -> None:
        """Between two tables."""
        self._write("")

    def _write(self, line: str) -> None:
        self.stream.write(f"{line}\n")


def noun(nouns: Any, name: str, summary: str) -> Any:
    """The place for a noun's verbs."""
    parser = nouns.add_parser(name, help=summary, description=summary)
    return parser.add_subparsers(title="verbs", required=True)


def verb(verbs: Any, name: str, run: Verb) -> ArgumentParser:
    """A verb; what it does is the docstring of `run`."""
    summary = (run.__doc__ or "").split("\n")[0]
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=run.__doc__)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(run=run)
    return parser


def tell(progress: str) -> None:
    """What is not the answer: how far it is."""
    sys.stderr.write(f"{progress}\n")


def actor() -> Actor:
    """Whoever runs the command, as the machine knows them: in a container perhaps by a number alone."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {os.getuid()}"
    return Actor(AuditEvent.ActorKind.COMMAND, f"{name} at the command line")


def workspace_named(name: str) -> Workspace:
    """Raises CommandError."""
    return only(Workspace.objects.filter(name=name), name)


def only(rows: QuerySet[Found], named: str) -> Found:
    """The row that somebody named. Raises CommandError if there is none."""
    found = rows.first()
    if found is None:
        about = rows.model._meta
        one, all_ = (
            str(name).split()[-1] for name in (about.verbose_name, about.verbose_name_plural)
        )
        raise CommandError(f"There is no {one} {named!r}: see `bifrost {all_} list`.")
    return found


def _table(rows: Sequence[Row]) -> list[str]:
    """The lines of a table, numbers to the right."""
    columns = []
    for name in rows[0] if rows else ():
        texts = [_text(row[name]) for row in rows]
        numbers = set(texts) != {"-"} and all(map(NUMBER.fullmatch, texts))
        side = str.rjust if numbers else str.ljust
        texts.insert(0, name.replace("_", " "))
        width = max(map(len, texts))
        columns.append([side(text, width) for text in texts])
    return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]


def _text(value: object) -> str:
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list() | tuple():
            return ", ".join(map(str, value)) or "-"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)
