"""Batches: what an operator may have to do with one of them."""

from typing import Any

from batches import services
from bifrost.cli import acting, listing
from bifrost.cli.erasing import add_erasing, confirm, named_failures
from bifrost.cli.verbs import Output, actor, noun, verb


def add(nouns: Any) -> None:
    verbs = noun(nouns, "batches", "What clients asked for")
    listing.add(verbs)
    acting.add(verbs)
    add_erasing(verb(verbs, "erase", erase), "id")


def erase(out: Output, options: dict[str, Any]) -> None:
    """Erase a batch with its results, at the provider too, and its input unless another batch has it."""
    batch = listing.batch_named(options["id"])
    confirm(f"batch {batch.pk}", batch.pk, options)
    with named_failures():
        services.erase_batch(batch, by=actor(), leave=options["leave"])
    out.row({"erased": batch.pk})
