"""Several workers at once: a receiver is called by one of them, and the others have time for the rest."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from batches import services, tasks
from batches.models import Delivery, Webhook
from tests.webhooks.receiver import receiving
from tests.webhooks.test_sending import ended, told

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]


def aside(act: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_slow_receiver_holds_one_worker_and_no_other_message(receiver, webhook_to):
    slow = webhook_to(receiver, "slow")
    receiver.delay = threading.Event()
    with receiving() as quick:
        other = webhook_to(quick, "quick")
        services.webhooks.tell_end(ended())
        services.webhooks.tell_end(ended())

        calling = aside(lambda: services.send(slow.pk))
        assert receiver.arrived.wait(20)
        assert not services.send(slow.pk)
        assert services.send(other.pk)
        assert not services.send(other.pk)

        receiver.delay.set()
        calling.join()
    assert len(receiver.requests) == 1
    assert len(quick.requests) == 2


def test_one_message_after_the_other_until_there_is_none(receiver, webhook_to, ringing):
    webhook = webhook_to(receiver)
    for _ in range(3):
        told(ended())

    with ringing() as rung:
        for _ in range(4):
            tasks.send(webhook.pk)

    assert len(receiver.got) == 3
    assert rung == [("send", webhook.pk)] * 2
    sent = Delivery.objects.order_by("created_at").values_list("pk", flat=True)
    assert receiver.ids == [f"msg_{pk}" for pk in sent]


@pytest.mark.parametrize("taken", [Delivery, Webhook])
def test_what_another_takes_in_the_same_moment_is_not_sent_twice(receiver, webhook_to, taken):
    """The other's claim is written and not yet committed when ours looks."""
    if connection.vendor == "sqlite":
        pytest.skip("it has one writer at a time")
    webhook = webhook_to(receiver)
    told(ended())
    lease = timezone.now() + timedelta(seconds=100)
    column = "due_at" if taken is Delivery else "rests_until"

    with transaction.atomic():
        taken.objects.update(**{column: lease})
        ours = aside(lambda: services.send(webhook.pk))
        ours.join(1)
        assert ours.is_alive()
    ours.join()

    assert receiver.requests == []
