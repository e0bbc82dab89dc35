"""`manage.py bifrost webhooks`, and the secrets of credentials for what providers tell."""

import io
import json
import sys
from typing import Any

import pytest
from django.core.management import CommandError

from batches.models import Webhook
from providers.models import AuditEvent, Credential
from providers.services import default_workspace
from tests.admin import make
from tests.cli.test_workspaces import said
from tests.webhooks.receiver import receiving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE = True
    default_workspace()


def made(url: str, *words: str) -> dict[str, Any]:
    return json.loads(said("webhooks", "make", url, "--name", "pager", *words, "--json"))


def test_one_is_made_tried_listed_and_removed():
    with receiving() as receiver:
        told = made(f"{receiver.url}?token=t0p", "--event", "batch.failed")
        receiver.secret = told["secret"]
        tried = json.loads(said("webhooks", "test", told["id"], "--json"))
        receiver.statuses = [500]
        with pytest.raises(CommandError, match="not taken: answered 500"):
            said("webhooks", "test", told["id"])

    assert Webhook.objects.get().secret == told["secret"]
    assert (tried["taken"], tried["answered"]) == (True, 204)
    listed = said("webhooks", "list") + said("webhooks", "list", "--json")
    assert "batch.failed" in listed
    for hidden in ("whsec_", "t0p"):
        assert hidden not in listed
    said("webhooks", "remove", told["id"])
    assert not Webhook.objects.exists()
    assert [one.action for one in AuditEvent.objects.order_by("id")] == [
        "webhook.made",
        *["webhook.tested"] * 2,
        "webhook.deleted",
    ]


@pytest.mark.parametrize("url", ["https://169.254.169.254/", "ftp://example.com", "example.com"])
def test_an_address_that_is_not_called_is_refused(url: str):
    with pytest.raises(CommandError, match="address"):
        made(url)


def test_no_two_of_a_workspace_have_one_name():
    made("https://one.example.com/")

    with pytest.raises(CommandError, match="already exists"):
        made("https://two.example.com/")


def test_the_secret_of_a_credential_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch):
    one = make.credential()

    def enter(text: str) -> dict[str, Any]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        return json.loads(said("credentials", "webhook", one.pk, "--json"))

    told = enter("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    assert told["address"].endswith(f"/bifrost/v1/incoming/openai/{one.pk}")
    assert Credential.objects.get().webhook_secret == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    with pytest.raises(CommandError, match="too short"):
        enter("short")
    assert enter("")["taken"] is False
    assert Credential.objects.get().webhook_secret == ""
    assert "whsec" not in str([vars(event) for event in AuditEvent.objects.all()])
