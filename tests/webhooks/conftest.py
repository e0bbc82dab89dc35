"""A receiver, a webhook that leads to it, and batches that end."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from batches import services
from batches.models import Webhook
from providers.models import Workspace
from tests.admin.conftest import client_with, house, ringing
from tests.batches.conftest import (
    credential,
    direct,
    make,
    provider,
    quick,
    sandbox,
    workspace,
)
from tests.webhooks.receiver import Receiver, receiving

__all__ = [
    "client_with",
    "credential",
    "direct",
    "house",
    "make",
    "provider",
    "quick",
    "ringing",
    "sandbox",
    "workspace",
]


@pytest.fixture(autouse=True)
def private(settings: Any) -> None:
    settings.WEBHOOK_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def webhook_to(workspace: Workspace) -> Callable[..., Webhook]:
    """Makes a webhook, and lets its receiver know the secret."""

    def make_one(receiver: Receiver, name: str = "ours", **fields: Any) -> Webhook:
        one = Webhook(**{"workspace": workspace, "name": name, "url": receiver.url, **fields})
        receiver.secret = one.renew_secret()
        one.save()
        return one

    return make_one


def send_all() -> None:
    """What beat and worker do with what is due."""
    for webhook in Webhook.objects.all():
        while services.send(webhook.pk):
            pass
