"""Batches as a list: the newest first, a page at a time."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q

from batches.models import Batch, Surface
from bifrost.cli.verbs import Output, Row, only, verb, workspace_named
from providers.ids import core_id
from providers.models import Provider
from providers.money import exact


def add(verbs: Any) -> None:
    parser = verb(verbs, "list", show_all)
    _add_filters(parser)
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="how many; 50 of itself")
    parser.add_argument("--after", metavar="ID", help="those older than this batch: the next page")


def _add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("--workspace", help="only those of this one")
    parser.add_argument("--status", action="append", choices=Batch.Status.values)
    parser.add_argument("--provider", choices=Provider.values)
    parser.add_argument("--surface", choices=Surface.values)
    parser.add_argument("--model", help="only those whose first record asks for it")


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show batches, the newest first."""
    if options["limit"] < 1:
        raise CommandError(f"--limit {options['limit']}: ask for one batch at least.")
    wanted = {
        "status__in": options["status"],
        "provider": options["provider"],
        "surface": options["surface"],
        "model": options["model"],
        "workspace": workspace_named(options["workspace"]) if options["workspace"] else None,
    }
    rows = Batch.objects.select_related("workspace").filter(
        **{name: value for name, value in wanted.items() if value}
    )
    if options["after"]:
        last = batch_named(options["after"])
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
        rows = rows.filter(older, created_at__lte=last.created_at)
    out.rows([row_of(batch) for batch in rows[: options["limit"]]])


def batch_named(name: str) -> Batch:
    """By its id in the form of any surface. Raises CommandError."""
    found: Batch = only(Batch.objects.filter(pk=core_id(name)), name)
    return found


def row_of(batch: Batch) -> Row:
    return {
        "id": f"batch_{batch.pk}",
        "workspace": batch.workspace.name,
        "surface": batch.surface,
        "provider": batch.provider,
        "model": batch.model,
        "status": batch.status,
        "total": batch.total,
        "completed": batch.completed,
        "failed": batch.failed,
        "cost_usd": None if batch.cost is None else exact(batch.cost),
        "created_at": batch.created_at,
    }
