"""What a page keeps from a user, no filter and no CSV of the same list tells."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers.models import Membership
from tests.admin import make
from tests.admin.test_finding import exported

pytestmark = pytest.mark.django_db

WEBHOOKS = "/admin/batches/webhook/"
KEYS = "/admin/providers/virtualkey/"
CREDENTIALS = "/admin/providers/credential/"


@pytest.fixture
def operator(client: Client) -> Client:
    user = User.objects.create_user("ann", is_staff=True)
    Membership.objects.create(user=user, workspace=make.workspace(), role="operator")
    client.force_login(user)
    return client


def test_the_token_in_the_address_of_a_webhook_is_in_no_csv(operator: Client, admin_client: Any):
    make.webhook(url="https://pager.example.com/hooks?token=t0p")

    for client in (operator, admin_client):
        (row,) = exported(client, WEBHOOKS)
        assert row["name"] == "listener"
        assert "t0p" not in str(row)


@pytest.mark.parametrize(
    ("page", "lookup"),
    [
        (WEBHOOKS, "url__contains"),
        (WEBHOOKS, "url__regex"),
        (WEBHOOKS, "encrypted_secret__startswith"),
        (KEYS, "digest__startswith"),
        (KEYS, "encrypted_signing_secret__gt"),
        (CREDENTIALS, "encrypted_secret__startswith"),
    ],
)
def test_nor_is_it_guessed_a_letter_at_a_time_by_a_filter(operator: Client, page: str, lookup: str):
    make.webhook(url="https://pager.example.com/hooks?token=t0p")

    for text in ("t0p", "zzz"):
        assert operator.get(page, {lookup: text}).status_code == 400
        assert operator.get(f"{page}export/", {lookup: text}).status_code == 400


def test_what_is_shown_can_be_filtered_by(operator: Client):
    make.webhook()

    assert operator.get(WEBHOOKS, {"name__startswith": "list"}).status_code == 200
