"""Workspaces: who owns what."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from bifrost.cli.verbs import Output, Row, actor, noun, verb
from providers import audit
from providers.models import Workspace


def add(nouns: Any) -> None:
    verbs = noun(nouns, "workspaces", "Who owns files, batches, keys and credentials")
    verb(verbs, "list", show_all)
    verb(verbs, "make", make).add_argument("name")


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


def row_of(workspace: Workspace) -> Row:
    return {
        "name": workspace.name,
        "id": workspace.pk,
        "buckets": workspace.buckets,
        "keep_inputs_days": workspace.keep_inputs_days,
        "keep_results_days": workspace.keep_results_days,
        "keep_rows_days": workspace.keep_rows_days,
        "created_at": workspace.created_at,
    }
