"""A worker may die between any two statements, and around the call: a message is sent at least once."""

import pytest
from django.utils import timezone

from batches import services
from batches.models import Delivery, Webhook
from batches.services.webhooks import tell_end
from tests.admin import make as rows
from tests.batches.conftest import live, revive
from tests.batches.test_killed import DONE, KILLED, MANY, in_a_child

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(200)]


def wake() -> None:
    """As if all leases had run out."""
    Delivery.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    Webhook.objects.update(rests_until=None)


def test_killed_anywhere_while_it_is_sent_it_arrives(receiver, webhook_to):
    webhook = webhook_to(receiver)

    for traces in range(MANY):
        batch = rows.batch(status="completed", completed_at=timezone.now())
        tell_end(batch)
        delivery = Delivery.objects.get(batch=batch, webhook=webhook)
        code = in_a_child(lambda: services.send(webhook.pk), killed_after=traces)
        assert code in (KILLED, DONE)
        wake()
        services.send(webhook.pk)

        delivery.refresh_from_db()
        assert (delivery.status, delivery.due_at) == ("delivered", None)
        assert receiver.ids.count(f"msg_{delivery.pk}") in (1, 2)
        if code == DONE:
            break
    assert traces >= 3


def test_killed_anywhere_while_a_batch_ends_it_is_told_once(make, receiver, webhook_to):
    webhook = webhook_to(receiver)

    for traces in range(MANY):
        batch = make.from_bytes(b"no json\n")
        code = in_a_child(lambda pk=batch.pk: services.advance(pk), killed_after=traces)
        revive()
        batch.refresh_from_db()
        told = Delivery.objects.filter(batch=batch, webhook=webhook)
        assert told.count() == int(batch.ended)
        live(batch)
        assert told.count() == 1
        if code == DONE:
            break
    assert traces >= 3
