"""Groups for those who look after the whole installation, ready to be given to users."""

from django.contrib.auth.models import Group, Permission

from providers.models import Membership
from providers.roles import PERMISSIONS

EVERYWHERE = frozenset({"providers.add_workspace", "providers.delete_workspace"})


def prepare_groups() -> None:
    """Make those that are not there. What somebody made of them since stays so."""
    names = {role.value.title(): given for role, given in PERMISSIONS_OF.items()}
    there = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
    for name in sorted(names.keys() - there):
        group = Group.objects.create(name=name)
        group.permissions.set(_permissions(names[name]))


PERMISSIONS_OF = {
    role: PERMISSIONS[role] | (EVERYWHERE if role == Membership.Role.ADMINISTRATOR else frozenset())
    for role in Membership.Role
}


def _permissions(names: frozenset[str]) -> list[Permission]:
    known = Permission.objects.filter(
        codename__in=[name.partition(".")[2] for name in names]
    ).select_related("content_type")
    return [one for one in known if f"{one.content_type.app_label}.{one.codename}" in names]
