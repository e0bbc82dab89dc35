"""Doors to the services, for Celery. Each may run twice or never."""

import logging

from celery import shared_task
from django.db import transaction

from batches import services
from providers.base import UpstreamError

logger = logging.getLogger(__name__)


def ring(batch_id: str) -> None:
    """Ask for the batch's next step once what was written is committed.

    A broker that cannot take the message fails nobody's request: the sweep will find the batch.
    """
    transaction.on_commit(lambda: advance.delay(batch_id), robust=True)


def ring_webhook(webhook_id: str) -> None:
    """The same for what a webhook is to be told."""
    transaction.on_commit(lambda: send.delay(webhook_id), robust=True)


@shared_task
def advance(batch_id: str) -> None:
    if services.advance(batch_id):
        advance.delay(batch_id)
    else:
        for webhook_id in services.webhooks_due(batch_id):
            send.delay(webhook_id)


@shared_task
def poll() -> None:
    for credential_id in services.credentials_due():
        poll_credential.delay(credential_id)


@shared_task
def poll_credential(credential_id: str) -> None:
    for batch_id in services.poll(credential_id):
        advance.delay(batch_id)


@shared_task
def sweep() -> None:
    services.beat()
    for batch_id in services.forgotten():
        advance.apply_async((batch_id,), expires=60)


@shared_task
def expire() -> None:
    services.expire()


@shared_task
def discard() -> None:
    for credential_id in services.credentials_with_leftovers():
        discard_of_credential.apply_async((credential_id,), expires=60)
    services.erase_keys()


@shared_task
def discard_of_credential(credential_id: str) -> None:
    services.discard(credential_id)


@shared_task
def stuck() -> None:
    services.stuck()


@shared_task
def send(webhook_id: str) -> None:
    if services.send(webhook_id):
        send.delay(webhook_id)


@shared_task
def send_due() -> None:
    for webhook_id in services.webhooks_due():
        send.apply_async((webhook_id,), expires=60)


@shared_task
def sample() -> None:
    services.sample()


@shared_task
def sync_outside() -> None:
    for credential_id in services.credentials_to_sync():
        sync_credential.apply_async((credential_id,), expires=600)


@shared_task
def sync_credential(credential_id: str) -> None:
    """What fails is tried again with the next turn."""
    try:
        services.sync(credential_id)
    except UpstreamError as error:
        logger.warning("the jobs of credential %s cannot be listed: %s", credential_id, error)
