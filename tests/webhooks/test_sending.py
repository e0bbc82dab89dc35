"""Webhooks out: who is told what, once, until it is taken or a day is over."""

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from openai import OpenAI
from openai.types.webhooks import BatchCompletedWebhookEvent
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from batches import services, tasks
from batches.models import Batch, Delivery, Webhook
from batches.services.webhooks import tell
from tests.admin import make as rows
from tests.batches.conftest import line, live
from tests.batches.test_retry import FAILS, heal
from tests.webhooks.conftest import send_all

pytestmark = pytest.mark.django_db


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


def test_trying_again_tells_how_that_ended(make, receiver, webhook_to):
    """To whoever waits for the batch it was in progress once more."""
    webhook_to(receiver)
    batch = live(make([line(0), line(1, FAILS)]))
    send_all()

    services.retry(heal(batch))
    live(batch)
    live(services.collect_again(Batch.objects.get()))
    send_all()

    first, second = receiver.got
    assert first["type"] == second["type"] == "batch.completed"
    assert first["data"]["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    assert second["data"]["request_counts"] == {"total": 2, "completed": 2, "failed": 0}
    assert len(set(receiver.ids)) == 2


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

    assert rung == [("send", Webhook.objects.get().pk)]


def test_the_beat_finds_what_nobody_sent(receiver, webhook_to, ringing):
    webhook_to(receiver)
    delivery = told(ended())
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=10))

    with ringing() as rung:
        tasks.send_due()

    assert rung == [("send", delivery.webhook_id)]
