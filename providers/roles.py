"""What the members of workspaces may do in the admin.

Who is a member of any workspace is bound to those: what their groups give does not count. Everybody else,
and every superuser, sees all workspaces, as far as their groups and permissions let them.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet

from providers.models import Membership

Role = Membership.Role
VIEWS = (
    *("batches.view_batch", "batches.view_job", "batches.view_batchevent"),
    *("batches.view_outsidejob", "batches.view_usagehour", "providers.view_workspace"),
)
# Whoever may see files may read records.
ACTS = (
    *("batches.add_batch", "batches.change_batch", "batches.delete_batch", "batches.change_job"),
    *("batches.change_outsidejob", "batches.view_webhook", "batches.view_delivery"),
    *("batches.view_records", "files.view_file", "files.change_file", "files.delete_file"),
    *("providers.view_credential", "providers.view_virtualkey"),
)
OWNED = ("batches.webhook", "providers.credential", "providers.membership", "providers.virtualkey")
KEEPS = (
    *("batches.change_delivery", "providers.change_workspace", "providers.view_auditevent"),
    *(
        f"{label.replace('.', f'.{verb}_')}"
        for label in OWNED
        for verb in ("view", "add", "change", "delete")
    ),
)
PERMISSIONS: dict[str, frozenset[str]] = {
    Role.VIEWER: frozenset(VIEWS),
    Role.OPERATOR: frozenset((*VIEWS, *ACTS)),
    Role.ADMINISTRATOR: frozenset((*VIEWS, *ACTS, *KEEPS)),
}
"""What each role is made of. The groups of the same names are made of it, too."""


def roles_of(user: Any) -> dict[str, str]:
    """The role in each workspace that a user is bound to, by the workspace's id; empty if to none.

    It is read once for each request, which has a user of its own.
    """
    if user.is_anonymous or user.is_superuser:
        return {}
    known = user.__dict__.get("_roles")
    if known is None:
        rows = Membership.objects.filter(user=user).order_by()
        known = user.__dict__["_roles"] = dict(rows.values_list("workspace_id", "role"))
    return dict(known)


def is_bound(user: Any) -> bool:
    """Whether a user sees some workspaces only."""
    return bool(roles_of(user))


def workspaces(user: Any, *permissions: str) -> list[str] | None:
    """The ids of the workspaces in which a bound user has all the permissions; None if they are not bound."""
    roles = roles_of(user)
    if not roles:
        return None
    wanted = set(permissions)
    return sorted(pk for pk, role in roles.items() if wanted <= PERMISSIONS[role])


def narrowed(
    rows: QuerySet[Any], user: Any, *permissions: str, path: str | None, shared: bool = False
) -> QuerySet[Any]:
    """Those of the rows that belong to workspaces in which the user has the permissions.

    `path` leads from a row to its workspace; without one the rows are nobody's. `shared` rows are those
    without a workspace, if everybody may see them. It does not ask what users may that are not bound.
    """
    ids = workspaces(user, *permissions)
    if ids is None:
        return rows
    if path is None:
        return rows.none()
    owned = Q(**{path: ids[0]}) if len(ids) == 1 else Q(**{f"{path}__in": ids})
    return rows.filter(owned | Q(**{f"{path}__isnull": True}) if shared else owned)


class MembershipBackend:
    """Answers for bound users what they may do anywhere at all. Nobody logs in with it."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        return None

    def has_perm(self, user: Any, permission: str, obj: Any = None) -> bool:
        return self._answer(user, lambda given: given == permission)

    def has_module_perms(self, user: Any, label: str) -> bool:
        return self._answer(user, lambda given: given.startswith(f"{label}."))

    def _answer(self, user: Any, asked: Callable[[str], bool]) -> bool:
        """Raises PermissionDenied, which keeps other backends from being asked."""
        roles = set(roles_of(user).values())
        if not roles:
            return False
        if user.is_active and any(asked(given) for role in roles for given in PERMISSIONS[role]):
            return True
        raise PermissionDenied


class NotFitError(Exception):
    """Somebody cannot be made a member, or not by whoever asks. The message says why."""


def candidate(name: str, *, by: Any = None) -> User:
    """The user of this name, as a member to be. Raises NotFitError.

    Members let others in whose only rights are memberships: to bind somebody who sees everything would
    lock them out.
    """
    user = User.objects.filter(username=name).first()
    if by is not None and is_bound(by) and (user is None or has_own_rights(user)):
        raise NotFitError(
            f"There is no user {name!r} that you could let in: ask whoever looks after all workspaces."
        )
    if user is None:
        raise NotFitError(f"There is no user {name!r}: make one first.")
    if user.is_superuser:
        raise NotFitError(f"{name} is a superuser, and sees all workspaces anyway.")
    return user


def has_own_rights(user: User) -> bool:
    """Whether a user would see anything without a membership."""
    own = user.is_superuser or user.groups.exists() or user.user_permissions.exists()
    return bool(own)


def admit(user: User) -> None:
    """Let a member into the admin at all."""
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
