"""For people who would rather type, and for programs: what the admin can do, too."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from bifrost.cli import NOUNS
from bifrost.cli.verbs import Output


class Command(BaseCommand):
    help = "Look after an installation: `manage.py bifrost NOUN VERB`, each with --help."

    def add_arguments(self, parser: ArgumentParser) -> None:
        nouns = parser.add_subparsers(title="nouns", metavar="NOUN", required=True)
        for one in NOUNS:
            one.add(nouns)

    def handle(self, *args: Any, **options: Any) -> None:
        options["run"](Output(self.stdout, as_json=options["json"]), options)
