"""Workspaces, and the virtual keys of their clients."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from providers.models import AuditEvent, VirtualKey, Workspace
from tests.admin import make

KEYS = "/admin/providers/virtualkey/"
LIMITS = ("requests_per_minute", "batches_in_flight", "bytes_in_flight", "records_per_day")
WORKSPACES = "/admin/providers/workspace/"


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def form(**changes: Any) -> dict[str, Any]:
    """What the page of a new key sends."""
    usual = {"name": "nightly", "expires_at_0": "", "expires_at_1": "", "allowed_models": ""}
    limits = dict.fromkeys(LIMITS, "")
    return {**usual, **limits, **changes}


def test_a_new_key_is_shown_once(admin_client: Client):
    sent = form(workspace=make.workspace().pk)
    page = admin_client.post(f"{KEYS}add/", sent, follow=True).content.decode()
    key = VirtualKey.objects.get()
    texts = [part.split("<")[0] for part in page.split('class="bf-secret">')[1:]]
    assert VirtualKey.digest_of(texts[0]) == key.digest
    assert texts[1:] == [key.access_key_id, key.signing_secret]
    assert key.hint == texts[0][:8]
    for path in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/"):
        again = admin_client.get(path).content.decode()
        for secret in (texts[0], texts[2], key.digest):
            assert secret not in again
    assert key.hint in admin_client.get(KEYS).content.decode()


def test_a_key_is_given_what_it_may_do_and_for_how_long(admin_client: Client):
    sent = form(
        workspace=make.workspace().pk,
        expires_at_0="2199-01-31",
        expires_at_1="12:00:00",
        allowed_providers=["openai", "gemini"],
        allowed_models=" gpt-5* \r\n\r\no3\r\no3",
        requests_per_minute="60",
        batches_in_flight="5",
        bytes_in_flight="3000000000",
        records_per_day="100000",
    )
    admin_client.post(f"{KEYS}add/", sent)

    key = VirtualKey.objects.get()
    assert key.expires_at == datetime(2199, 1, 31, 12, tzinfo=UTC)
    assert key.allowed_providers == ["openai", "gemini"]
    assert key.allowed_models == ["gpt-5*", "o3"]
    assert [getattr(key, limit) for limit in LIMITS] == [60, 5, 3_000_000_000, 100_000]
    page = admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert "gpt-5*\no3" in page
    assert page.count("checked") >= 2


@pytest.mark.parametrize(
    "wrong", [{"allowed_providers": ["azure"]}, {"records_per_day": "-1"}, {"expires_at_0": "soon"}]
)
def test_what_is_no_term_of_a_key_is_refused(admin_client: Client, wrong: dict[str, Any]):
    answer = admin_client.post(f"{KEYS}add/", form(workspace=make.workspace().pk, **wrong))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not VirtualKey.objects.exists()


def test_its_page_shows_what_a_key_uses_of_what_it_may(admin_client: Client):
    key, _ = make.key(batches_in_flight=5, records_per_day=100_000)
    input_file = make.file(size=1234)
    make.batch(virtual_key=key, input_file=input_file, total=2_000)
    make.batch(virtual_key=key, status="completed", total=500)

    page = admin_client.get(f"{KEYS}{key.pk}/change/").content.decode()

    for said in ("1 of 5", "1,234, not limited", "2,500 of 100,000"):
        assert said in page


def test_what_is_done_with_a_key_is_written_down(admin_client: Client):
    admin_client.post(f"{KEYS}add/", form(workspace=make.workspace().pk))
    key = VirtualKey.objects.get()
    admin_client.post(f"{KEYS}{key.pk}/change/", form(records_per_day="7"))
    admin_client.post(f"{KEYS}{key.pk}/revoke/", {"confirmed": "1"})
    admin_client.post(f"{KEYS}{key.pk}/revoke/", {"confirmed": "1"})

    events = AuditEvent.objects.filter(target=key.pk).order_by("id")
    assert [one.action for one in events] == ["key.made", "key.changed", "key.revoked"]
    assert {(one.actor_kind, one.actor, one.address) for one in events} == {
        ("user", "admin", "127.0.0.1")
    }
    assert events[1].detail["fields"] == ["Records per day"]
    assert events[1].detail["records_per_day"] == 7


def test_saving_a_key_again_does_not_renew_it(admin_client: Client):
    key, text = make.key()
    admin_client.post(f"{KEYS}{key.pk}/change/", form(name="renamed"))
    key.refresh_from_db()
    assert (key.name, key.digest) == ("renamed", VirtualKey.digest_of(text))


def test_a_key_stays_in_its_workspace(admin_client: Client):
    key, _ = make.key()
    other = make.workspace("other")
    admin_client.post(f"{KEYS}{key.pk}/change/", form(name="x", workspace=other.pk))
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


def test_keys_are_narrowed_to_the_valid_the_expired_and_the_revoked(admin_client: Client):
    valid, _ = make.key("valid")
    expired, _ = make.key("expired", expires_at=valid.created_at)
    revoked, _ = make.key("revoked", revoked_at=valid.created_at, expires_at=valid.created_at)
    for state, wanted in (("valid", valid), ("expired", expired), ("revoked", revoked)):
        answer = admin_client.get(KEYS, {"state": state})
        assert [key.pk for key in answer.context["cl"].result_list] == [wanted.pk]
    assert len(admin_client.get(KEYS, {"state": "odd"}).context["cl"].result_list) == 3


def test_keys_are_never_deleted(admin_client: Client):
    key, _ = make.key()
    assert admin_client.post(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert VirtualKey.objects.exists()


def test_a_workspace_is_made_found_and_renamed(admin_client: Client):
    admin_client.post(f"{WORKSPACES}add/", {"name": "evals"})
    workspace = Workspace.objects.get()
    answer = admin_client.get(WORKSPACES, {"q": workspace.pk})
    assert [found.pk for found in answer.context["cl"].result_list] == [workspace.pk]
    no_members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    admin_client.post(f"{WORKSPACES}{workspace.pk}/change/", {"name": "tests", **no_members})
    workspace.refresh_from_db()
    assert workspace.name == "tests"


def test_a_workspace_says_what_its_clients_may_name_and_how_long_things_stay(
    admin_client: Client,
):
    kept = {"keep_inputs_days": "7", "keep_results_days": "30", "keep_rows_days": ""}
    admin_client.post(f"{WORKSPACES}add/", {"name": "evals", "buckets": "one\r\ntwo", **kept})

    workspace = Workspace.objects.get()
    assert workspace.buckets == ["one", "two"]
    assert (workspace.keep_inputs_days, workspace.keep_results_days) == (7, 30)
    assert workspace.keep_rows_days is None
    event = AuditEvent.objects.get(action="workspace.made")
    assert (event.workspace, event.detail["buckets"]) == (workspace, ["one", "two"])


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
