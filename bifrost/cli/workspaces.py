"""Workspaces: who owns what."""

from argparse import ArgumentTypeError
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from batches import services
from batches.models import Batch
from batches.services import month_of
from bifrost.cli.erasing import add_erasing, confirm, named_failures
from bifrost.cli.money import budget
from bifrost.cli.verbs import Output, Row, actor, noun, tell, verb, workspace_named
from bifrost.export import export as export_to
from bifrost.export import target_at
from files.storage import StoreError
from providers import audit
from providers.models import Workspace
from providers.money import dollars, total_spent
from providers.services import default_workspace

FOREVER, UNLIMITED = "forever", "unlimited"
KEPT = ("inputs", "results", "rows")
PATIENCE_SECONDS = 600


def add(nouns: Any) -> None:
    verbs = noun(nouns, "workspaces", "Who owns files, batches, keys and credentials")
    verb(verbs, "list", show_all)
    verb(verbs, "make", make).add_argument("name")
    keeping = verb(verbs, "keep", keep)
    keeping.add_argument("name")
    for what in KEPT:
        keeping.add_argument(f"--{what}", type=_days, metavar=f"DAYS|{FOREVER}")
    budgeting = verb(verbs, "budget", set_budget)
    budgeting.add_argument("name")
    budgeting.add_argument("amount", type=_budget, metavar=f"USD|{UNLIMITED}")
    exporting = verb(verbs, "export", export)
    exporting.add_argument("name")
    exporting.add_argument("--to", type=Path, required=True, metavar="FILE.tar|FOLDER")
    erasing = add_erasing(verb(verbs, "erase", erase), "name")
    erasing.add_argument("--cancel", action="store_true", help="cancel what runs, and wait for it")
    erasing.add_argument(
        "--wait",
        type=float,
        default=PATIENCE_SECONDS,
        metavar="SECONDS",
        help=f"how long to wait for that ({PATIENCE_SECONDS})",
    )


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show all workspaces."""
    out.rows([row_of(one) for one in Workspace.objects.order_by("name")])


def make(out: Output, options: dict[str, Any]) -> None:
    """Make a workspace."""
    workspace = Workspace(name=options["name"])
    try:
        workspace.full_clean()
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    workspace.save()
    audit.record(actor(), "workspace.made", workspace, workspace=workspace)
    out.row(row_of(workspace))


def keep(out: Output, options: dict[str, Any]) -> None:
    """Say for how many days a workspace keeps its inputs, results and rows.

    What is not named stays as it is. What is older is removed within minutes, at the providers too.
    """
    workspace = workspace_named(options["name"])
    said = {what: options[what] for what in KEPT if options[what] is not None}
    if not said:
        raise CommandError("Say what to keep: --inputs 30, --results 30, --rows 90.")
    days = {what: None if kept == FOREVER else kept for what, kept in said.items()}
    for what, kept in days.items():
        setattr(workspace, f"keep_{what}_days", kept)
    workspace.save(update_fields=[f"keep_{what}_days" for what in days])
    audit.record(actor(), "workspace.retention_set", workspace, workspace=workspace, **days)
    out.row(row_of(workspace))


def set_budget(out: Output, options: dict[str, Any]) -> None:
    """Say how many US dollars the batches of one month may cost a workspace."""
    workspace = workspace_named(options["name"])
    amount = None if options["amount"] == UNLIMITED else options["amount"]
    workspace.monthly_budget = amount
    workspace.save(update_fields=["monthly_budget"])
    told = None if amount is None else str(amount)
    audit.record(actor(), "workspace.changed", workspace, workspace=workspace, monthly_budget=told)
    month = month_of(workspace)
    used = {
        "spent_this_month": total_spent(month.spent, month.unpriced),
        "held_this_month": dollars(month.held),
    }
    out.row({**row_of(workspace), **used})


def export(out: Output, options: dict[str, Any]) -> None:
    """Write everything that a workspace has into a tar file or a folder, but for its secrets."""
    workspace = workspace_named(options["name"])
    with ExitStack() as undo:
        try:
            target = target_at(options["to"])
            undo.callback(target.abandon)
            counts = export_to(workspace, target, say=tell)
            undo.pop_all()
        except (OSError, StoreError) as error:
            raise CommandError(f"Nothing was exported: {error}") from None
    where = str(options["to"])
    audit.record(actor(), "workspace.exported", workspace, workspace=workspace, to=where)
    out.row({"to": where, **counts})


def erase(out: Output, options: dict[str, Any]) -> None:
    """Erase a workspace with all that it has, at the providers too. Its audit trail stays.

    It may be cut off at any time: ask again, and it goes on.
    """
    workspace = workspace_named(options["name"])
    confirm(f"everything of workspace {workspace.name}", workspace.name, options)
    running = Batch.objects.filter(workspace=workspace)
    if options["cancel"] and not services.cancel_all(running, seconds=options["wait"]):
        raise CommandError("Some batches have not ended yet. They are being cancelled: ask again.")
    with named_failures():
        counts = services.erase_workspace(workspace, by=actor(), leave=options["leave"])
    if workspace.name == Workspace.DEFAULT:
        # Nobody could call without it where any key is taken.
        default_workspace()
    out.row({"erased": workspace.name, **counts})


def _budget(text: str) -> Decimal | str:
    return UNLIMITED if text == UNLIMITED else budget(text)


def _days(text: str) -> int | str:
    if text == FOREVER:
        return FOREVER
    if not text.isascii() or not text.isdecimal() or int(text) > 36_500:
        raise ArgumentTypeError(f"{text!r} is no number of days: write 30, or {FOREVER}.")
    return int(text)


def row_of(workspace: Workspace) -> Row:
    return {
        "name": workspace.name,
        "id": workspace.pk,
        "buckets": workspace.buckets,
        "keep_inputs_days": workspace.keep_inputs_days,
        "keep_results_days": workspace.keep_results_days,
        "keep_rows_days": workspace.keep_rows_days,
        "monthly_budget": workspace.monthly_budget,
        "created_at": workspace.created_at,
    }
