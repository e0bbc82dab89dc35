"""Workspaces, and the virtual keys of their clients."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from providers.models import VirtualKey, Workspace
from tests.admin import make

KEYS = "/admin/providers/virtualkey/"
WORKSPACES = "/admin/providers/workspace/"


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_a_new_key_is_shown_once(admin_client: Client):
    form = {"name": "nightly", "workspace": make.workspace().pk}
    page = admin_client.post(f"{KEYS}add/", form, follow=True).content.decode()
    key = VirtualKey.objects.get()
    text = page.split('class="bf-secret">')[1].split("<")[0]
    assert VirtualKey.digest_of(text) == key.digest
    assert key.hint == text[:8]
    for path in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/"):
        again = admin_client.get(path).content.decode()
        assert text not in again
        assert key.digest not in again
    assert key.hint in admin_client.get(KEYS).content.decode()


def test_saving_a_key_again_does_not_renew_it(admin_client: Client):
    key, text = make.key()
    admin_client.post(f"{KEYS}{key.pk}/change/", {"name": "renamed"})
    key.refresh_from_db()
    assert (key.name, key.digest) == ("renamed", VirtualKey.digest_of(text))


def test_a_key_stays_in_its_workspace(admin_client: Client):
    key, _ = make.key()
    other = make.workspace("other")
    admin_client.post(f"{KEYS}{key.pk}/change/", {"name": "x", "workspace": other.pk})
    key.refresh_from_db()
    assert key.workspace.name == "default"


def test_revoking_asks_and_then_says_how_many(admin_client: Client):
    keys = [make.key(name)[0] for name in ("one", "two")]
    chosen = {"action": "revoke", "_selected_action": [key.pk for key in keys]}
    assert "Revoke 2 keys?" in admin_client.post(KEYS, chosen).content.decode()
    answer = admin_client.post(KEYS, {**chosen, "confirmed": "1"})
    assert said(answer) == ["2 keys revoked."]
    assert not VirtualKey.objects.filter(revoked_at=None).exists()


def test_revoking_from_the_page(admin_client: Client):
    key, _ = make.key()
    path = f"{KEYS}{key.pk}/revoke/"
    assert path in admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()
    admin_client.post(path, {"confirmed": "1"})
    key.refresh_from_db()
    first = key.revoked_at
    assert first
    assert path not in admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()
    admin_client.post(path, {"confirmed": "1"})
    key.refresh_from_db()
    assert key.revoked_at == first


def test_revoking_needs_the_permission_to_change(client_with: Any):
    key, _ = make.key()
    viewer = client_with("providers.view_virtualkey")
    assert viewer.post(f"{KEYS}{key.pk}/revoke/", {"confirmed": "1"}).status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None


def test_keys_are_narrowed_to_the_valid_and_the_revoked(admin_client: Client):
    valid, _ = make.key("valid")
    revoked, _ = make.key("revoked", revoked_at=valid.created_at)
    for state, wanted in (("valid", valid), ("revoked", revoked)):
        answer = admin_client.get(KEYS, {"state": state})
        assert [key.pk for key in answer.context["cl"].result_list] == [wanted.pk]


def test_keys_are_never_deleted(admin_client: Client):
    key, _ = make.key()
    assert admin_client.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert VirtualKey.objects.exists()


def test_a_workspace_is_made_found_and_renamed(admin_client: Client):
    admin_client.post(f"{WORKSPACES}add/", {"name": "evals"})
    workspace = Workspace.objects.get()
    answer = admin_client.get(WORKSPACES, {"q": workspace.pk})
    assert [found.pk for found in answer.context["cl"].result_list] == [workspace.pk]
    admin_client.post(f"{WORKSPACES}{workspace.pk}/change/", {"name": "tests"})
    workspace.refresh_from_db()
    assert workspace.name == "tests"


def test_a_workspace_that_owns_something_stays(admin_client: Client):
    workspace = make.batch().workspace
    answer = admin_client.post(f"{WORKSPACES}{workspace.pk}/delete/", {"post": "yes"})
    assert "batches and files belong to it" in said(answer)[0] or (
        "files and batches belong to it" in said(answer)[0]
    )
    assert Workspace.objects.exists()


def test_an_empty_workspace_is_deleted(admin_client: Client):
    workspace = make.workspace("empty")
    admin_client.post(f"{WORKSPACES}{workspace.pk}/delete/", {"post": "yes"})
    assert not Workspace.objects.exists()


@pytest.mark.parametrize("path", [KEYS, WORKSPACES])
@pytest.mark.parametrize("count", [1, 60])
def test_the_number_of_rows_does_not_change_the_number_of_queries(
    admin_client: Client, django_assert_max_num_queries: Any, count: int, path: str
):
    for number in range(count):
        make.key(f"k{number}", workspace=make.workspace(f"team-{number}"))
    with django_assert_max_num_queries(6):
        assert admin_client.get(path).status_code == 200


def test_names_are_escaped(admin_client: Client):
    evil = "<script>alert(1)</script>"
    key, _ = make.key(evil)
    for path in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/revoke/"):
        assert evil not in admin_client.get(path).content.decode()
