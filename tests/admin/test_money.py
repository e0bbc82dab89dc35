"""Operators set prices and budgets, in the admin and at the command line."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from batches.models import Spend
from providers.models import AuditEvent, VirtualKey, Workspace
from providers.services import default_workspace
from tests.admin import make

pytestmark = pytest.mark.django_db
ADMIN = "/admin/providers"
PRICES = {"gpt-4o*": {"input": 1.25, "cached": 0.6, "output": 5}}


def said(*words: str) -> Any:
    out = StringIO()
    call_command("bifrost", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def spent(owner: Any, amount: int, held: int = 0) -> None:
    month = datetime.now(UTC).date().replace(day=1)
    Spend.objects.create(owner=owner.pk, month=month, spent=amount, held=held)


def test_prices_are_set_on_the_page_of_a_credential(admin_client: Client):
    credential = make.credential()
    url = f"{ADMIN}/credential/{credential.pk}/change/"
    form = {"name": "production", "options": "{}", "enabled": "on", "weight": "1", "base_url": ""}

    wrong = admin_client.post(url, {**form, "prices": '{"gpt-4o": {"input": 1}}'})
    assert "gpt-4o: the price of output is missing" in wrong.content.decode()
    credential.refresh_from_db()
    assert credential.prices == {}

    admin_client.post(url, {**form, "prices": json.dumps(PRICES)})
    credential.refresh_from_db()
    assert credential.prices == PRICES

    admin_client.post(url, {**form, "prices": ""})
    credential.refresh_from_db()
    assert credential.prices == {}


@pytest.mark.parametrize("noun", ["workspace", "virtualkey"])
def test_the_page_of_who_has_a_budget_says_what_is_left(admin_client: Client, noun: str):
    key, _ = make.key()
    owner = key.workspace if noun == "workspace" else key
    url = f"{ADMIN}/{noun}/{owner.pk}/change/"
    assert "$0.00, not limited" in admin_client.get(url).content.decode()

    spent(owner, 12_500_000_000, held=250_000_000)
    owner.monthly_budget = Decimal("1000.00")
    owner.save()

    page = admin_client.get(url).content.decode()
    assert "$12.50 of $1,000.00" in page
    assert "$0.25" in page


def test_a_budget_is_set_on_the_page_and_told_in_the_trail(admin_client: Client):
    workspace = make.workspace()
    url = f"{ADMIN}/workspace/{workspace.pk}/change/"
    members = {f"memberships-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    form = {"name": workspace.name, "buckets": "", **members}

    answer = admin_client.post(url, {**form, "monthly_budget": "-1"})
    assert "greater than or equal to 0" in answer.content.decode()
    assert admin_client.post(url, {**form, "monthly_budget": "99.5"}).status_code == 302

    workspace.refresh_from_db()
    assert workspace.monthly_budget == Decimal("99.50")
    event = AuditEvent.objects.get(action="workspace.changed")
    assert event.detail["monthly_budget"] in ("99.50", "99.5")


def test_a_workspaces_budget_at_the_command_line():
    workspace = make.workspace()
    spent(workspace, 3_000_000_000)

    row = said("workspaces", "budget", workspace.name, "250")
    assert Decimal(row["monthly_budget"]) == 250
    assert (row["spent_this_month"], row["held_this_month"]) == ("$3.00", "$0.00")
    assert said("workspaces", "budget", workspace.name, "unlimited")["monthly_budget"] is None
    for wrong in ("much", "-1", "1.234", "nan", "1e99"):
        with pytest.raises(CommandError):
            said("workspaces", "budget", workspace.name, wrong)
    assert AuditEvent.objects.filter(action="workspace.changed").count() == 2


def test_a_keys_budget_at_the_command_line():
    workspace = make.workspace()
    made = said(
        *("keys", "make", "--name", "ci", "--workspace", workspace.name),
        *("--monthly-budget", "20"),
    )
    assert made["monthly_budget"] == "20"
    key = VirtualKey.objects.get()
    spent(key, 1_234_567_890)
    assert key.monthly_budget == 20
    assert said("keys", "show", key.pk)["spent_this_month"] == "$1.23"
    assert AuditEvent.objects.get(action="key.made").detail["monthly_budget"] == "20"


def test_prices_at_the_command_line():
    credential = make.credential()

    assert said("credentials", "prices", credential.pk, json.dumps(PRICES))["prices"] == PRICES
    credential.refresh_from_db()
    assert credential.prices == PRICES
    with pytest.raises(CommandError, match="no JSON"):
        said("credentials", "prices", credential.pk, "{")
    with pytest.raises(CommandError, match="the price of output is missing"):
        said("credentials", "prices", credential.pk, '{"m": {"input": 1}}')
    with pytest.raises(CommandError, match="There is no credential"):
        said("credentials", "prices", "nobody", "{}")
    assert AuditEvent.objects.get(action="credential.changed").detail == {"prices": PRICES}


def test_the_workspace_that_is_known_by_its_name_keeps_it(admin_client: Client):
    usual = default_workspace()
    other = Workspace.objects.create(name="other")
    for one in (usual, other):
        url = reverse("admin:providers_workspace_change", args=[one.pk])
        fields = {"name": "renamed", "buckets": "", "memberships-TOTAL_FORMS": 0}
        answer = admin_client.post(url, {**fields, "memberships-INITIAL_FORMS": 0})
        assert answer.status_code == 302, answer.context["errors"]
        one.refresh_from_db()
    assert (usual.name, other.name) == ("default", "renamed")
