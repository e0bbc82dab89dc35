"""For people who would rather type, and for programs: what the admin can do, too."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bifrost.cli import NOUNS
from bifrost.cli.verbs import Output


class Command(BaseCommand):
    help = "Look after an installation: `manage.py bifrost NOUN VERB`, each with --help."
    # Those of a start: one that looks after what runs need not wait for them, nor be stopped by them.
    requires_system_checks: list[str] = []
    # What Django gives every command is of no use here.
    suppressed_base_arguments: set[str] = {
        "--version",
        "--verbosity",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
        "--skip-checks",
    }

    def add_arguments(self, parser: ArgumentParser) -> None:
        nouns = parser.add_subparsers(title="nouns", required=True)
        for one in NOUNS:
            one.add(nouns)

    def handle(self, *args: Any, **options: Any) -> None:
        options["run"](Output(self.stdout, as_json=options["json"]), options)
