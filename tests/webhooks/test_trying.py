"""Webhooks that do not take what they are told: when they are tried again, and when no more."""

import logging
import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from batches import services
from batches.models import Delivery, Webhook
from batches.services import sending
from batches.services.webhooks import tell
from providers import posting
from providers.models import AuditEvent
from tests.webhooks.conftest import send_all
from tests.webhooks.test_sending import ended, told

pytestmark = pytest.mark.django_db


class Clock:
    """The time, which a test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + self.ahead)

    def move_to_next_try(self) -> timedelta:
        due_at = Delivery.objects.get(status="pending").due_at
        waited = due_at - timezone.now()
        self.ahead += max(waited, timedelta()) + timedelta(milliseconds=1)
        return waited


@pytest.fixture
def clock(monkeypatch, receiver):
    """The receiver's own stands still, so it does not verify."""
    receiver.verifies = False
    return Clock(monkeypatch)


def test_it_is_tried_for_a_day_further_and_further_apart_and_then_given_up(
    receiver, webhook_to, clock
):
    webhook_to(receiver)
    receiver.statuses = [500] * 100
    delivery = told(ended())
    waits = []

    send_all()
    while Delivery.objects.filter(status="pending").exists():
        waits.append(clock.move_to_next_try().total_seconds())
        send_all()

    expected = [5, 300, 1800, 7200, 18000, 36000]
    for wait, least in zip(waits, expected, strict=False):
        assert least * 0.99 < wait < least * 1.21
    assert len(waits) == 7
    assert sum(waits) == pytest.approx(86400, abs=1)
    assert set(receiver.ids) == {f"msg_{delivery.pk}"}
    assert len({body for _, _, body in receiver.requests}) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.due_at, delivery.attempts) == ("given_up", None, 8)
    assert delivery.last_error == "answered 500"
    assert services.webhooks_due() == []


def test_the_second_try_is_signed_for_its_own_time(receiver, webhook_to, clock):
    webhook_to(receiver)
    receiver.statuses = [503]
    told(ended())
    send_all()
    clock.ahead += timedelta(hours=3)

    send_all()

    first, second = (int(headers["webhook-timestamp"]) for _, headers, _ in receiver.requests)
    assert second - first >= 3 * 3600
    assert Delivery.objects.get().status == "delivered"


def test_who_asks_to_wait_is_not_asked_before(receiver, webhook_to, clock):
    webhook_to(receiver)
    receiver.statuses, receiver.headers = [429], {"retry-after": "900"}
    first = told(ended())
    told(ended())

    send_all()
    send_all()

    assert len(receiver.requests) == 1
    first.refresh_from_db()
    assert first.due_at - timezone.now() > timedelta(seconds=890)
    clock.ahead += timedelta(seconds=901)
    send_all()
    assert len(receiver.requests) == 3
    assert {one.status for one in Delivery.objects.all()} == {"delivered"}


def test_a_receiver_that_is_gone_is_told_nothing_more(receiver, webhook_to):
    webhook = webhook_to(receiver)
    receiver.statuses = [410]
    delivery = told(ended())

    send_all()

    delivery.refresh_from_db()
    webhook.refresh_from_db()
    assert (delivery.status, webhook.enabled) == ("given_up", False)
    event = AuditEvent.objects.get(action="webhook.disabled")
    assert (event.actor_kind, event.target, event.workspace) == (
        "system",
        webhook.pk,
        webhook.workspace,
    )
    tell(ended(), Webhook.Event.COMPLETED)
    assert Delivery.objects.count() == 1


def test_what_waits_while_a_webhook_is_disabled_is_sent_once_it_is_enabled(
    receiver, webhook_to, clock
):
    webhook = webhook_to(receiver)
    told(ended())
    Webhook.objects.update(enabled=False)
    send_all()
    assert receiver.requests == []
    assert "disabled" in Delivery.objects.get().last_error

    Webhook.objects.filter(pk=webhook.pk).update(enabled=True)
    clock.move_to_next_try()
    send_all()

    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_says_so(receiver, webhook_to, status):
    webhook_to(receiver)
    receiver.statuses, receiver.headers = [status], {"location": receiver.url + "/elsewhere"}
    told(ended())

    send_all()

    assert [path for path, _, _ in receiver.requests] == ["/hooks/bifrost"]
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.answered) == ("pending", status)
    assert "redirects are not followed" in delivery.last_error


def test_a_slow_receiver_is_left_after_a_while_and_rests(
    receiver, webhook_to, monkeypatch, clock, caplog
):
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    webhook_to(receiver)
    receiver.delay = threading.Event()
    first, second = told(ended()), told(ended())

    send_all()
    send_all()

    receiver.delay.set()
    assert len(receiver.requests) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.last_error == "127.0.0.1 gave no answer within 0.3 seconds"
    assert (second.status, second.attempts) == ("pending", 0)
    receiver.delay = None
    clock.ahead += sending.REST
    send_all()
    assert {one.status for one in Delivery.objects.all()} == {"delivered"}


def test_the_longer_it_is_silent_the_longer_it_rests(receiver, webhook_to, clock, settings):
    webhook = webhook_to(receiver)
    url, webhook.url = webhook.url, "http://127.0.0.1:9/"
    webhook.save()
    for _ in range(12):
        told(ended())
    rests = []

    for _ in range(10):
        services.send(webhook.pk)
        webhook.refresh_from_db()
        rests.append((webhook.rests_until - timezone.now()).total_seconds())
        clock.ahead += timedelta(seconds=rests[-1] + 0.01)

    assert rests[:4] == pytest.approx([60, 60, 120, 240], rel=0.05)
    assert rests[-1] == pytest.approx(3600, rel=0.05)
    Webhook.objects.update(url=url)
    services.send(webhook.pk)
    webhook.refresh_from_db()
    assert webhook.silent_since is None
    assert webhook.rests_until <= timezone.now()


def test_one_that_takes_its_time_rests_longer_than_that(receiver, webhook_to, monkeypatch):
    monkeypatch.setattr(sending, "QUICK", timedelta(seconds=0.1))
    monkeypatch.setattr(sending, "SHARE", 500)
    webhook = webhook_to(receiver)
    receiver.delay = threading.Event()
    told(ended())
    told(ended())

    def let_go() -> None:
        receiver.arrived.wait(20)
        receiver.delay.wait(0.2)
        receiver.delay.set()

    threading.Thread(target=let_go, daemon=True).start()
    began = timezone.now()

    assert not services.send(webhook.pk)

    webhook.refresh_from_db()
    assert webhook.rests_until - began >= 500 * timedelta(seconds=0.2)
    assert webhook.silent_since is None


@pytest.mark.parametrize("how", ["test", "again", "saved"])
def test_a_silent_one_is_called_at_once_when_somebody_has_seen_to_it(
    receiver, webhook_to, clock, admin_client, how
):
    webhook = webhook_to(receiver)
    delivery = told(ended())
    later = timezone.now() + timedelta(hours=1)
    Webhook.objects.update(silent_since=timezone.now(), rests_until=later)
    form = {"name": webhook.name, "url": webhook.url, "enabled": "on"}
    asks = {
        "test": lambda: services.send_test(webhook),
        "again": lambda: services.send_again(Delivery.objects.filter(pk=delivery.pk)),
        "saved": lambda: admin_client.post(f"/admin/batches/webhook/{webhook.pk}/change/", form),
    }

    asks[how]()
    services.send(webhook.pk)

    assert f"msg_{delivery.pk}" in receiver.ids


def test_what_waits_for_a_silent_receiver_does_not_wait_for_ever(webhook_to, receiver, clock):
    webhook_to(receiver)
    told(ended())
    Webhook.objects.update(silent_since=timezone.now())
    clock.ahead += timedelta(days=1, minutes=1)

    assert services.webhooks_due() == []

    assert Delivery.objects.get().status == "given_up"


def test_neither_the_log_nor_the_row_has_the_secret_the_path_or_the_answer(
    receiver, webhook_to, caplog
):
    caplog.set_level(logging.DEBUG)
    webhook = webhook_to(receiver, url=receiver.url + "?token=t0p")
    receiver.statuses, receiver.body = [500], b"a stack trace of theirs"
    told(ended())

    send_all()

    delivery = Delivery.objects.get()
    seen = caplog.text + str(vars(delivery))
    assert receiver.requests[0][0].endswith("?token=t0p")
    for hidden in ("t0p", "stack trace", receiver.secret, webhook.encrypted_secret):
        assert hidden not in seen


def test_after_a_rotation_both_secrets_verify_for_a_day(receiver, webhook_to, clock):
    webhook = webhook_to(receiver)
    old = receiver.secret
    new = webhook.renew_secret()
    webhook.save()

    told(ended())
    send_all()
    clock.ahead += timedelta(days=1, seconds=1)
    told(ended())
    send_all()

    (_, first, body), (_, second, _) = receiver.requests
    for secret in (old, new):
        Verifier(secret).verify(body, first)
    assert len(second["webhook-signature"].split()) == 1


def test_two_rotations_in_a_row_leave_no_receiver_behind(receiver, webhook_to):
    """Somebody pressed the button twice, and the receiver knows the first secret."""
    webhook = webhook_to(receiver)
    secrets = [receiver.secret, *(services.rotate_secret(webhook) for _ in range(2))]

    told(ended())
    send_all()

    _, headers, body = receiver.requests[0]
    for secret in secrets:
        Verifier(secret).verify(body, headers)


def test_a_former_secret_that_cannot_be_read_any_more_stops_nothing(receiver, webhook_to):
    webhook = webhook_to(receiver)
    Webhook.objects.update(encrypted_former_secret="torn", rotated_at=timezone.now())

    told(ended())
    send_all()
    Webhook.objects.update(encrypted_secret="torn")
    receiver.secret = services.rotate_secret(webhook)
    told(ended())
    send_all()

    assert len(receiver.got) == 2


def test_sent_again_it_has_the_same_id_and_another_day(receiver, webhook_to, clock):
    webhook_to(receiver)
    delivery = told(ended())
    send_all()
    clock.ahead += timedelta(days=2)
    receiver.statuses = [500]

    assert services.send_again(Delivery.objects.filter(pk=delivery.pk)) == 1
    send_all()

    assert receiver.ids == [f"msg_{delivery.pk}"] * 2
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.delivered_at) == ("pending", 1, None)


def test_a_test_message_is_sent_at_once_and_leaves_no_row(receiver, webhook_to):
    webhook = webhook_to(receiver, enabled=False)

    outcome = services.send_test(webhook)

    assert (outcome.status, outcome.error) == (204, "")
    assert receiver.got[0]["type"] == "webhook.test"
    assert not Delivery.objects.exists()
