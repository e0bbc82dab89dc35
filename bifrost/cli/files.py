"""Files: what an operator may have to do with one of them."""

from typing import Any

from django.core.management.base import CommandError

from batches import services
from bifrost.cli.erasing import add_erasing, confirm, named_failures
from bifrost.cli.verbs import Output, actor, noun, verb
from files.models import File
from providers.ids import core_id


def add(nouns: Any) -> None:
    verbs = noun(nouns, "files", "What is stored")
    add_erasing(verb(verbs, "erase", erase), "id")


def erase(out: Output, options: dict[str, Any]) -> None:
    """Erase a file, and the providers' copies of it. If a batch names it, its bare row stays."""
    file = File.objects.filter(pk=core_id(options["id"])).first()
    if file is None or file.status == File.Status.WRITING:
        raise CommandError(f"There is no file {options['id']!r}.")
    confirm(f"file {file.pk}", file.pk, options)
    with named_failures():
        services.erase_file(file, by=actor(), leave=options["leave"])
    out.row({"erased": file.pk})
