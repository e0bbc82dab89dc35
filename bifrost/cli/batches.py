"""Batches: what an operator may have to do with one of them."""

from typing import Any

from django.core.management.base import CommandError

from batches import services
from batches.models import Batch
from bifrost.cli.erasing import add_erasing, confirm, named_failures
from bifrost.cli.verbs import Output, actor, noun, verb
from providers.ids import core_id


def add(nouns: Any) -> None:
    verbs = noun(nouns, "batches", "What clients asked for")
    add_erasing(verb(verbs, "erase", erase), "id")


def erase(out: Output, options: dict[str, Any]) -> None:
    """Erase a batch with its results, at the provider too, and its input unless another batch has it."""
    batch = Batch.objects.filter(pk=core_id(options["id"])).select_related("input_file").first()
    if batch is None:
        raise CommandError(f"There is no batch {options['id']!r}.")
    confirm(f"batch {batch.pk}", batch.pk, options)
    with named_failures():
        services.erase_batch(batch, by=actor(), leave=options["leave"])
    out.row({"erased": batch.pk})
