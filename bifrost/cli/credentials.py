"""Credentials: on whose account providers are asked. Their secrets are entered in the admin alone."""

from typing import Any

from django.core.management.base import CommandError

from bifrost.cli.verbs import Output, Row, actor, noun, verb
from providers import audit
from providers.models import Credential
from providers.verdicts import verdict_on


def add(nouns: Any) -> None:
    verbs = noun(nouns, "credentials", "On whose account providers are asked")
    verb(verbs, "list", show_all)
    verb(verbs, "test", test).add_argument("id")


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show all credentials, without those that clients brought."""
    rows = Credential.objects.filter(direct=False).select_related("workspace")
    out.rows([row_of(one) for one in rows])


def test(out: Output, options: dict[str, Any]) -> None:
    """Call the provider, and say whether the credential works."""
    credential = Credential.objects.filter(pk=options["id"], direct=False).first()
    if credential is None:
        raise CommandError(
            f"There is no credential {options['id']!r}: see `bifrost credentials list`."
        )
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
