"""Credentials: on whose account providers are asked. Their keys are entered in the admin alone."""

import json
import sys
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from bifrost.cli.verbs import Output, Row, actor, noun, only, verb
from providers import audit
from providers.heard import address_for, check_secret
from providers.models import Credential
from providers.prices import check_prices
from providers.verdicts import verdict_on


def add(nouns: Any) -> None:
    verbs = noun(nouns, "credentials", "On whose account providers are asked")
    verb(verbs, "list", show_all)
    verb(verbs, "test", test).add_argument("id")
    verb(verbs, "webhook", set_webhook).add_argument("id")
    pricing = verb(verbs, "prices", set_prices)
    pricing.add_argument("id")
    pricing.add_argument("prices", metavar="JSON", help="an object; {} for those of the list")


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show all credentials, without those that clients brought."""
    rows = Credential.objects.filter(direct=False).select_related("workspace")
    out.rows([row_of(one) for one in rows])


def test(out: Output, options: dict[str, Any]) -> None:
    """Call the provider, and say whether the credential works."""
    credential = credential_named(options["id"])
    verdict = verdict_on(credential)
    audit.record(
        actor(),
        "credential.tested",
        credential,
        workspace=credential.workspace,
        works=verdict.works,
    )
    out.row({"credential": str(credential), "works": verdict.works, "said": verdict.text})
    if not verdict.works:
        raise CommandError("The credential does not work.")


def set_webhook(out: Output, options: dict[str, Any]) -> None:
    """Keep the secret that the provider's own messages about jobs are verified with.

    It is read from standard input; nothing there forgets the present one, and no message is taken.
    """
    credential = credential_named(options["id"])
    text = (getpass("Secret: ") if sys.stdin.isatty() else sys.stdin.read()).strip()
    try:
        if text:
            check_secret(credential.provider, text)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    credential.webhook_secret = text
    credential.save(update_fields=["encrypted_webhook_secret"])
    audit.record(
        actor(),
        "credential.webhook_set",
        credential,
        workspace=credential.workspace,
        taken=bool(text),
    )
    out.row({"id": credential.pk, "address": address_for(credential), "taken": bool(text)})


def set_prices(out: Output, options: dict[str, Any]) -> None:
    """Say what an account pays where it is not what the list has.

    US dollars for a million tokens of batch work, by model, with * for any text:
    {"gpt-4o*": {"input": 1.25, "cached": 0.6, "output": 5}}
    """
    credential = credential_named(options["id"])
    try:
        prices = json.loads(options["prices"])
        check_prices(prices)
    except json.JSONDecodeError as error:
        raise CommandError(f"That is no JSON: {error}.") from None
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    credential.prices = prices
    credential.save(update_fields=["prices"])
    audit.record(
        actor(), "credential.changed", credential, workspace=credential.workspace, prices=prices
    )
    out.row({**row_of(credential), "prices": prices})


def credential_named(pk: str) -> Credential:
    """Raises CommandError."""
    return only(Credential.objects.filter(pk=pk, direct=False), pk)


def row_of(credential: Credential) -> Row:
    return {
        "id": credential.pk,
        "name": credential.name,
        "provider": credential.provider,
        "workspace": credential.workspace.name if credential.workspace else "shared",
        "state": credential.state,
        "weight": credential.weight,
        "address": credential.base_url,
    }
