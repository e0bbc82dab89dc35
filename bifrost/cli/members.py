"""Members: who may do what in the admin, in which workspace."""

from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from bifrost.cli.verbs import Output, Row, actor, noun, verb, workspace_named
from providers import audit
from providers.models import Membership
from providers.roles import NotFitError, admit, candidate, has_own_rights


def add(nouns: Any) -> None:
    verbs = noun(nouns, "members", "Which users of the admin may do what in which workspace")
    verb(verbs, "list", show_all).add_argument("--workspace", help="only those of this one")
    for name, run in (("add", enrol), ("remove", remove)):
        parser = verb(verbs, name, run)
        parser.add_argument("user", help="the name to log in with")
        parser.add_argument("--workspace", required=True)
        if run is enrol:
            parser.add_argument("--role", required=True, choices=Membership.Role.values)


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show all members."""
    rows = Membership.objects.select_related("user", "workspace")
    rows = rows.order_by("workspace__name", "user__username")
    if options["workspace"]:
        rows = rows.filter(workspace=workspace_named(options["workspace"]))
    out.rows([row_of(one) for one in rows])


def enrol(out: Output, options: dict[str, Any]) -> None:
    """Give a user a role in a workspace, or another one.

    From then on they see the workspaces that they are a member of, and no other, whatever their groups say.
    """
    workspace = workspace_named(options["workspace"])
    try:
        user = candidate(options["user"])
    except NotFitError as error:
        raise CommandError(str(error)) from None
    with transaction.atomic():
        member, new = Membership.objects.update_or_create(
            user=user, workspace=workspace, defaults={"role": options["role"]}
        )
        admit(user)
        action = "member.added" if new else "member.changed"
        audit.record(actor(), action, member, workspace=workspace, role=member.role)
    out.row(row_of(member))


def remove(out: Output, options: dict[str, Any]) -> None:
    """Take a user out of a workspace. Who is left in none sees what their groups give them, of all."""
    workspace = workspace_named(options["workspace"])
    rows = Membership.objects.select_related("user", "workspace").filter(workspace=workspace)
    member = rows.filter(user__username=options["user"]).first()
    if member is None:
        raise CommandError(f"{options['user']!r} is no member of {workspace.name}.")
    with transaction.atomic():
        audit.record(actor(), "member.removed", member, workspace=workspace, role=member.role)
        member.delete()
    left = Membership.objects.filter(user=member.user).exists()
    groups = "what their groups give" if has_own_rights(member.user) else "nothing"
    sees = "their other workspaces" if left else groups
    out.row({"removed": options["user"], "workspace": workspace.name, "now_sees": sees})


def row_of(member: Membership) -> Row:
    return {
        "user": member.user.get_username(),
        "workspace": member.workspace.name,
        "role": member.role,
        "since": member.created_at,
    }
