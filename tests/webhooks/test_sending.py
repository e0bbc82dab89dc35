"""Webhooks out: who is told what, once, until it is taken or a day is over."""

import json
import logging
import threading
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from openai import OpenAI
from openai.types.webhooks import BatchCompletedWebhookEvent
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from batches import services, tasks
from batches.models import Batch, Delivery, Webhook
from batches.services import sending
from batches.services.webhooks import tell
from providers import posting
from providers.models import AuditEvent
from tests.admin import make as rows
from tests.batches.conftest import line, live
from tests.webhooks.conftest import send_all

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


def ended(status: str = "completed", **fields) -> Batch:
    times = {f"{status}_at": timezone.now()}
    return rows.batch(status=status, completed=100, **times, **fields)


def told(batch: Batch) -> Delivery:
    services.webhooks.tell_end(batch)
    return Delivery.objects.get(batch=batch)


def test_a_batch_that_completes_is_told_in_a_message_that_the_library_verifies(
    make, receiver, webhook_to
):
    webhook_to(receiver)
    batch = live(make([line(0), line(1, "the secret recipe")], metadata={"team": "blue"}))

    send_all()

    (message,) = receiver.got
    assert message["type"] == "batch.completed"
    assert datetime.fromisoformat(message["timestamp"]).tzinfo
    data = message["data"]
    assert data["id"] == data["ids"]["openai"] == f"batch_{batch.pk}"
    assert data["ids"] == {
        "openai": f"batch_{batch.pk}",
        "anthropic": f"msgbatch_{batch.pk}",
        "bedrock": batch.pk,
        "genai": f"batches/{batch.pk}",
    }
    assert (data["surface"], data["provider"], data["status"]) == ("openai", "openai", "completed")
    assert data["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    assert data["usage"]["total_tokens"] > 0
    assert data["metadata"] == {"team": "blue"}
    assert data["created_at"] < data["in_progress_at"] < data["ended_at"]
    assert "recipe" not in json.dumps(message)
    (delivery,) = Delivery.objects.all()
    assert (delivery.status, delivery.answered, delivery.due_at) == ("delivered", 204, None)
    path, headers, _ = receiver.requests[0]
    assert path == "/hooks/bifrost"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == f"msg_{delivery.pk}"


def test_openais_own_sdk_verifies_it_as_if_it_were_openais(receiver, webhook_to):
    webhook_to(receiver)
    told(ended())
    send_all()
    _, headers, body = receiver.requests[0]

    with OpenAI(api_key="none", webhook_secret=receiver.secret) as client:
        event = client.webhooks.unwrap(body, headers)

    assert isinstance(event, BatchCompletedWebhookEvent)
    assert event.data.id == f"batch_{Batch.objects.get().pk}"


def test_who_changes_a_message_on_its_way_is_found_out(receiver, webhook_to):
    webhook_to(receiver)
    told(ended())
    send_all()
    _, headers, body = receiver.requests[0]
    verifier = Verifier(receiver.secret)

    verifier.verify(body, headers)
    for forged in (
        (body.replace(b"completed", b"cancelled"), headers),
        (body, {**headers, "webhook-id": "msg_other"}),
        (body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            verifier.verify(*forged)


ENDS = {
    "batch.failed": lambda make: live(make.from_bytes(b"no json\n")),
    "batch.cancelled": lambda make: live(services.cancel(make(1))),
    "batch.completed": lambda make: live(make(1)),
}


@pytest.mark.parametrize("event", ENDS)
def test_however_a_batch_ends_it_is_told(make, receiver, webhook_to, event):
    webhook_to(receiver)

    batch = ENDS[event](make)
    send_all()

    assert [message["type"] for message in receiver.got] == [event]
    assert receiver.got[0]["data"]["status"] == batch.status
    assert receiver.got[0]["data"]["ended_at"]


def test_one_that_expires_or_is_given_up_is_told(make, sandbox, receiver, webhook_to):
    webhook_to(receiver)
    expiring = make([line(0, "[sandbox:seconds=600]")])
    services.advance(expiring.pk)
    sandbox.force(expiring.jobs.get().upstream_id, "expired")
    live(expiring)
    hopeless = make(1)
    Batch.objects.filter(pk=hopeless.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    sandbox.fault(operation="files.create", status=503, times=50)
    live(hopeless)

    send_all()

    assert sorted(message["type"] for message in receiver.got) == ["batch.expired", "batch.failed"]


def test_the_codes_of_errors_are_told_and_not_what_they_quote(make, receiver, webhook_to):
    webhook_to(receiver)
    live(make.from_bytes(json.dumps(line(0, url="/v1/recipe-of-mine")).encode()))

    send_all()

    errors = receiver.got[0]["data"]["errors"]
    assert errors[0]["line"] == 1
    assert errors[0]["code"]
    assert b"recipe" not in receiver.requests[0][2]


def test_collecting_again_tells_nothing_twice(make, receiver, webhook_to):
    webhook_to(receiver)
    batch = live(make(1))
    send_all()

    live(services.collect_again(batch))
    send_all()

    assert len(receiver.got) == 1
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({}, 1),
        ({"events": ["batch.completed", "batch.failed"]}, 1),
        ({"events": ["batch.failed"]}, 0),
        ({"enabled": False}, 0),
    ],
)
def test_only_who_wants_an_event_is_told(receiver, webhook_to, fields, count):
    webhook_to(receiver, **fields)

    tell(ended(), Webhook.Event.COMPLETED)

    assert Delivery.objects.count() == count


def test_no_other_workspace_is_told(receiver, webhook_to):
    webhook_to(receiver, workspace=rows.workspace("neighbour"))

    tell(ended(), Webhook.Event.COMPLETED)

    assert not Delivery.objects.exists()


def test_without_webhooks_an_end_costs_one_statement(django_assert_num_queries):
    batch = ended()

    with django_assert_num_queries(1):
        tell(batch, Webhook.Event.COMPLETED)


def test_a_batch_that_is_stuck_and_later_completes_is_told_twice(receiver, webhook_to):
    webhook_to(receiver)
    batch = rows.batch()
    tell(batch, Webhook.Event.STUCK)
    tell(batch, Webhook.Event.STUCK)
    tell(batch, Webhook.Event.COMPLETED)

    send_all()

    assert [one["type"] for one in receiver.got] == ["batch.stuck", "batch.completed"]
    assert receiver.got[0]["data"]["ended_at"] is None


def test_the_worker_rings_when_a_batch_has_ended(make, receiver, webhook_to, ringing):
    webhook_to(receiver)
    batch = make.from_bytes(b"no json\n")

    with ringing() as rung:
        tasks.advance(batch.pk)

    assert rung == [("send", Delivery.objects.get().pk)]


def test_the_beat_finds_what_nobody_sent(receiver, webhook_to, ringing):
    webhook_to(receiver)
    delivery = told(ended())
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=10))

    with ringing() as rung:
        tasks.send_due()

    assert rung == [("send", delivery.pk)]


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
    assert services.deliveries_due() == []


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
    first, other = told(ended()), told(ended())

    services.send(first.pk)
    services.send(other.pk)

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

    services.send(first.pk)
    services.send(second.pk)

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


def test_what_waits_for_a_silent_receiver_does_not_wait_for_ever(webhook_to, receiver, clock):
    webhook_to(receiver)
    told(ended())
    Webhook.objects.update(
        url="http://127.0.0.1:9/", rests_until=timezone.now() + timedelta(days=3)
    )
    clock.ahead += timedelta(days=1, minutes=1)

    assert services.deliveries_due() == []

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
