"""`manage.py bifrost keys`."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone

from providers.models import AuditEvent, VirtualKey, Workspace
from providers.services import default_workspace
from tests.cli.test_workspaces import said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def workspace() -> Workspace:
    return default_workspace()


def made(*words: str) -> dict[str, Any]:
    return json.loads(said("keys", "make", "--name", "nightly", *words, "--json"))


def test_a_key_is_shown_once_and_opens_its_workspace(client: Client, settings: Any):
    settings.AUTH = "keys"
    Workspace.objects.create(name="research")
    told = made("--workspace", "research")

    key = VirtualKey.objects.get()
    assert (key.pk, key.workspace.name) == (told["id"], "research")
    assert told["access_key_id"] == key.access_key_id
    assert told["secret_access_key"] == key.signing_secret
    answer = client.get("/openai/files", headers={"authorization": f"Bearer {told['key']}"})
    assert answer.status_code == 200
    for words in (("list",), ("list", "--json"), ("show", key.pk), ("show", key.pk, "--json")):
        again = said("keys", *words)
        assert key.hint in again
        for secret in (told["key"], told["secret_access_key"], key.digest):
            assert secret not in again


def test_a_key_gets_what_it_is_allowed():
    told = made(
        *("--provider", "openai", "--provider", "gemini", "--model", "gpt-5*", "--model", "o3"),
        *("--requests-per-minute", "60", "--batches-in-flight", "5"),
        *("--bytes-in-flight", "3000000000", "--records-per-day", "100000"),
    )

    key = VirtualKey.objects.get()
    assert key.allowed_providers == ["openai", "gemini"]
    assert key.allowed_models == ["gpt-5*", "o3"]
    assert key.requests_per_minute == 60
    assert (key.batches_in_flight, key.bytes_in_flight) == (5, 3_000_000_000)
    assert key.records_per_day == 100_000
    assert told["expires_at"] is None
    event = AuditEvent.objects.get(action="key.made")
    assert (event.target, event.workspace, event.actor_kind) == (key.pk, key.workspace, "command")
    assert event.detail == key.terms
    assert told["key"] not in json.dumps(event.detail)


def test_a_key_ends_with_a_day_or_in_some():
    made("--expires", "2199-01-31")
    assert VirtualKey.objects.get().expires_at == datetime(2199, 2, 1, tzinfo=UTC)
    VirtualKey.objects.all().delete()

    made("--expires", "90d")
    left = VirtualKey.objects.get().expires_at - timezone.now()
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--expires", "tomorrow"), "write 2027-01-31, or 90d"),
        (("--expires", "2001-01-31"), "2001-01-31 is over"),
        (("--expires", "0d"), "write 2027-01-31, or 90d"),
        (("--provider", "azure"), "invalid choice"),
        (("--requests-per-minute", "many"), "invalid int"),
        (("--batches-in-flight", "-1"), "batches_in_flight"),
        (("--model", ""), "allowed_models"),
        (("--workspace", "nowhere"), "no workspace 'nowhere'"),
        (("--name", "x" * 101), "name"),
    ],
)
def test_what_is_no_key_is_refused(words: tuple[str, ...], sentence: str):
    with pytest.raises(CommandError, match=sentence):
        made(*words)
    assert not VirtualKey.objects.exists()


def test_a_key_is_revoked_once_and_written_down(client: Client, settings: Any):
    settings.AUTH = "keys"
    told = made()
    assert json.loads(said("keys", "revoke", told["id"], "--json"))["state"] == "revoked"
    first = VirtualKey.objects.get().revoked_at
    said("keys", "revoke", told["id"])

    assert VirtualKey.objects.get().revoked_at == first
    assert AuditEvent.objects.filter(action="key.revoked", target=told["id"]).count() == 1
    headers = {"authorization": f"Bearer {told['key']}"}
    assert client.get("/openai/files", headers=headers).status_code == 401


@pytest.mark.parametrize("verb", ["show", "revoke"])
def test_a_key_that_is_none_is_said(verb: str):
    with pytest.raises(CommandError, match="see `bifrost keys list`"):
        said("keys", verb, "nothing")


def test_keys_are_listed_by_workspace():
    Workspace.objects.create(name="research")
    made()
    other = made("--workspace", "research")
    (row,) = json.loads(said("keys", "list", "--workspace", "research", "--json"))
    assert (row["id"], row["state"], row["last_used_at"]) == (other["id"], "valid", None)
    assert len(json.loads(said("keys", "list", "--json"))) == 2
