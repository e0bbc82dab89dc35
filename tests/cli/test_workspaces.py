"""`manage.py bifrost workspaces`."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from providers.models import AuditEvent, Workspace

pytestmark = pytest.mark.django_db


def said(*words: str) -> str:
    out = StringIO()
    call_command("bifrost", *words, stdout=out)
    return out.getvalue()


def test_a_workspace_is_made_listed_and_written_down():
    made = json.loads(said("workspaces", "make", "research", "--json"))

    workspace = Workspace.objects.get(name="research")
    assert made["id"] == workspace.pk
    assert "research" in said("workspaces", "list")
    event = AuditEvent.objects.get(action="workspace.made")
    assert (event.target, event.workspace, event.actor_kind) == (workspace.pk, workspace, "command")


@pytest.mark.parametrize("name", ["two words", "", "x" * 51])
def test_a_name_that_no_address_could_hold_is_refused(name):
    with pytest.raises(CommandError):
        said("workspaces", "make", name)


def test_a_second_of_the_same_name_is_refused():
    said("workspaces", "make", "research")

    with pytest.raises(CommandError, match="already exists"):
        said("workspaces", "make", "research")
