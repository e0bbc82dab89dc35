"""Webhooks in the admin: made, tried, rotated, and what became of every message."""

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from standardwebhooks import Webhook as Verifier

from batches.models import Delivery, Webhook
from batches.services.webhooks import tell_end
from providers.models import AuditEvent, Credential
from tests.admin import make as rows
from tests.webhooks.conftest import send_all

pytestmark = pytest.mark.django_db

WEBHOOKS, DELIVERIES = "/admin/batches/webhook/", "/admin/batches/delivery/"
CREDENTIALS = "/admin/providers/credential/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


def form(**fields: Any) -> dict[str, Any]:
    usual = {"name": "pager", "workspace": rows.workspace().pk, "enabled": "on"}
    return {**usual, "url": "https://pager.example.com/hooks?token=t0p", **fields}


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def delivery(webhook: Webhook, **fields: Any) -> Delivery:
    batch = rows.batch(status="completed", **fields)
    tell_end(batch)
    return Delivery.objects.get(batch=batch, webhook=webhook)


def test_one_is_made_and_its_secret_shown_once(admin_client: Client):
    answer = admin_client.post(f"{WEBHOOKS}add/", form(events=["batch.failed", "batch.stuck"]))

    webhook = Webhook.objects.get()
    (secret,) = SECRET.findall(said(answer).replace("&#x3D;", "="))
    assert webhook.secret == secret
    Verifier(secret)
    assert webhook.events == ["batch.failed", "batch.stuck"]
    page = admin_client.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    page = admin_client.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    assert "whsec_" not in page
    event = AuditEvent.objects.get(action="webhook.made")
    assert event.detail["host"] == "pager.example.com"
    assert "t0p" not in str(event.detail)
    assert secret not in str(vars(event))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://pager.example.com/", "must begin with https://"),
        ("https://127.0.0.1/", "private network"),
        ("https://169.254.169.254/latest", "never called"),
        ("https://me:t0p@pager.example.com/", "no plain http or https URL"),
        ("pager.example.com", "no plain http or https URL"),
    ],
)
def test_an_address_that_is_not_called_is_not_kept(
    admin_client: Client, settings: Any, url: str, words: str
):
    settings.WEBHOOK_PRIVATE = False

    page = admin_client.post(f"{WEBHOOKS}add/", form(url=url))

    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Webhook.objects.exists()


def test_no_two_of_a_workspace_have_one_name(admin_client: Client):
    rows.webhook("pager")
    other = rows.webhook("other")

    added = admin_client.post(f"{WEBHOOKS}add/", form())
    renamed = admin_client.post(f"{WEBHOOKS}{other.pk}/change/", form())

    assert added.status_code == renamed.status_code == 200
    assert "has a webhook of this name" in renamed.content.decode()
    assert {one.name for one in Webhook.objects.all()} == {"pager", "other"}


def test_a_change_keeps_the_secret_and_lets_it_be_called_at_once(admin_client: Client):
    webhook = rows.webhook("pager")
    kept = webhook.secret
    Webhook.objects.update(rests_until="2999-01-01T00:00:00Z", silent_since="2026-01-01T00:00:00Z")

    answer = admin_client.post(f"{WEBHOOKS}{webhook.pk}/change/", form(enabled=""))

    assert "whsec_" not in said(answer)
    webhook.refresh_from_db()
    assert (webhook.secret, webhook.enabled, webhook.rests_until) == (kept, False, None)


def test_a_rotation_is_asked_for_and_shows_the_new_secret(admin_client: Client):
    webhook = rows.webhook()
    old = webhook.secret
    url = f"{WEBHOOKS}{webhook.pk}/rotate/"

    assert "Messages are signed with both" in admin_client.get(url).content.decode()
    webhook.refresh_from_db()
    assert webhook.secret == old
    answer = admin_client.post(url, {"confirmed": "1"})

    webhook.refresh_from_db()
    assert webhook.signing_secrets == [webhook.secret, old]
    assert webhook.secret in said(answer)
    assert AuditEvent.objects.filter(action="webhook.rotated", target=webhook.pk).exists()


def test_the_test_button_says_what_was_answered(admin_client: Client, receiver, webhook_to):
    webhook = webhook_to(receiver)
    receiver.statuses = [204, 500]
    url = f"{WEBHOOKS}{webhook.pk}/test/"

    first, second = (said(admin_client.post(url)) for _ in range(2))

    assert "was taken: answered 204" in first
    assert "was not taken: answered 500" in second
    assert receiver.got[0]["type"] == "webhook.test"
    assert admin_client.get(url).status_code == 302
    assert len(receiver.requests) == 2


def test_one_is_deleted_with_its_deliveries_and_these_are_not_listed(admin_client: Client):
    webhook = rows.webhook()
    kept = delivery(webhook)
    url = f"{WEBHOOKS}{webhook.pk}/delete/"

    question = admin_client.get(url).content.decode()
    admin_client.post(url, {"post": "yes"})

    assert "with all that is known of its deliveries" in question
    assert kept.batch_id not in question
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_a_message_is_shown_with_what_became_of_it(admin_client: Client, receiver, webhook_to):
    webhook = webhook_to(receiver)
    receiver.statuses = [503]
    one = delivery(webhook, metadata={"a": "<b>"})
    send_all()

    page = admin_client.get(f"{DELIVERIES}{one.pk}/change/").content.decode()
    listed = admin_client.get(DELIVERIES).content.decode()

    for text in ("batch.completed", f"batch_{one.batch_id}", "answered 503"):
        assert text in page
        assert text in listed
    assert f"msg_{one.pk}" in page
    assert "request_counts" in page
    assert "<b>" not in page.replace("<b>msg", "")
    assert "Send again" in page


@pytest.mark.parametrize("of", ["batch_{batch}", "msg_{pk}", "{pk}", "msgbatch_{batch}"])
def test_one_is_found_by_its_batch_and_by_its_own_id(admin_client: Client, of: str):
    one = delivery(rows.webhook())
    other = delivery(one.webhook)

    text = of.format(batch=one.batch_id, pk=one.pk)
    page = admin_client.get(f"{DELIVERIES}?q={text}").content.decode()

    assert f"{one.pk}/change" in page
    assert f"{other.pk}/change" not in page


def test_one_or_many_are_sent_again(admin_client: Client, receiver, webhook_to, ringing):
    webhook = webhook_to(receiver)
    some = [delivery(webhook) for _ in range(3)]
    send_all()
    Delivery.objects.update(status="given_up")

    with ringing() as rung:
        admin_client.post(f"{DELIVERIES}{some[0].pk}/again/")
        chosen = [one.pk for one in some[1:]]
        admin_client.post(DELIVERIES, {"action": "send_again", "_selected_action": chosen})
    assert rung == [("send", webhook.pk)] * 2
    send_all()

    assert len(receiver.got) == 6
    assert sorted(receiver.ids[3:]) == sorted(f"msg_{one.pk}" for one in some)
    assert {one.status for one in Delivery.objects.all()} == {"delivered"}


def test_the_lists_cost_no_more_with_more_rows(
    admin_client: Client, django_assert_max_num_queries: Any
):
    for number in range(40):
        one = rows.webhook(f"n{number}", workspace=rows.workspace(f"team-{number % 5}"))
        delivery(one, workspace=one.workspace)

    for url in (WEBHOOKS, DELIVERIES):
        with django_assert_max_num_queries(10):
            assert admin_client.get(url).status_code == 200


def test_who_may_only_look_sees_no_address_and_does_nothing(client_with: Any):
    webhook = rows.webhook(url="https://pager.example.com/hooks?token=t0p")
    one = delivery(webhook)
    viewer = client_with("batches.view_webhook", "batches.view_delivery")

    page = viewer.get(f"{WEBHOOKS}{webhook.pk}/change/").content.decode()
    assert "pager.example.com" in page
    assert "t0p" not in page
    assert "t0p" not in viewer.get(WEBHOOKS).content.decode()
    assert "Send again" not in viewer.get(f"{DELIVERIES}{one.pk}/change/").content.decode()
    for url in (
        f"{WEBHOOKS}{webhook.pk}/change/",
        f"{WEBHOOKS}{webhook.pk}/test/",
        f"{WEBHOOKS}{webhook.pk}/rotate/",
        f"{WEBHOOKS}{webhook.pk}/delete/",
        f"{WEBHOOKS}add/",
        f"{DELIVERIES}{one.pk}/again/",
        f"{DELIVERIES}{one.pk}/delete/",
    ):
        assert viewer.post(url, {**form(), "confirmed": "1", "post": "yes"}).status_code == 403
    Delivery.objects.update(status="delivered")
    viewer.post(DELIVERIES, {"action": "send_again", "_selected_action": [one.pk]})
    assert Delivery.objects.get().status == "delivered"


def credential_form(**fields: Any) -> dict[str, Any]:
    usual = {"name": "production", "options": "{}", "enabled": "on", "weight": "1"}
    return {**usual, "base_url": "", "new_secret": "", **fields}


GOOD = {
    "openai": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "gemini": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "bedrock": "a-secret-of-16-or-more",
}


@pytest.mark.parametrize("provider", GOOD)
def test_the_secret_of_incoming_messages_goes_in_and_never_comes_out(
    admin_client: Client, provider: str
):
    one = rows.credential(provider=provider)
    url = f"{CREDENTIALS}{one.pk}/change/"
    assert f"/bifrost/v1/incoming/{provider}/{one.pk}" in admin_client.get(url).content.decode()

    admin_client.post(url, credential_form(new_webhook_secret=GOOD[provider]))
    admin_client.post(url, credential_form(weight="2"))

    one = Credential.objects.get()
    assert (one.webhook_secret, one.weight, one.secret) == (GOOD[provider], 2, "sk-kept")
    assert GOOD[provider] not in one.encrypted_webhook_secret
    assert GOOD[provider] not in admin_client.get(url).content.decode()
    changed = AuditEvent.objects.filter(action="credential.changed").order_by("id").first()
    assert "Webhook secret" in changed.detail["fields"]


@pytest.mark.parametrize(
    ("provider", "text"), [("openai", "f3w"), ("bedrock", "f3w"), ("openai", "whsec_é" * 9)]
)
def test_what_cannot_be_a_secret_is_refused(admin_client: Client, provider: str, text: str):
    one = rows.credential(provider=provider)

    url = f"{CREDENTIALS}{one.pk}/change/"
    page = admin_client.post(url, credential_form(new_webhook_secret=text))

    assert "too short, or has odd characters" in page.content.decode()
    assert text not in page.content.decode()
    assert Credential.objects.get().webhook_secret == ""


def test_anthropic_tells_nothing_and_has_no_place_for_one(admin_client: Client):
    one = rows.credential(provider="anthropic")

    page = admin_client.get(f"{CREDENTIALS}{one.pk}/change/").content.decode()

    assert "incoming" not in page
    assert "new_webhook_secret" not in page
