"""Webhooks: who is told what happens to the batches of a workspace."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from batches import services
from batches.models import Webhook
from bifrost.cli.verbs import Output, Row, actor, noun, only, verb, workspace_named
from providers import audit
from providers.models import Workspace
from providers.posting import check_target


def add(nouns: Any) -> None:
    verbs = noun(nouns, "webhooks", "Who is told what happens to batches")
    verb(verbs, "list", show_all).add_argument("--workspace", help="only those of this one")
    parser = verb(verbs, "make", make)
    parser.add_argument("url", help="where messages are posted to")
    parser.add_argument("--name", required=True, help="whose it is, or what for")
    parser.add_argument("--workspace", default=Workspace.DEFAULT)
    parser.add_argument(
        "--event",
        action="append",
        default=[],
        choices=Webhook.Event.values,
        help="one that it is told of, once for each; all if none is named",
    )
    for name, run in (("test", test), ("remove", remove)):
        verb(verbs, name, run).add_argument("id", help="as `webhooks list` shows it")


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show all webhooks."""
    rows = Webhook.objects.select_related("workspace")
    if options["workspace"]:
        rows = rows.filter(workspace=workspace_named(options["workspace"]))
    out.rows([row_of(one) for one in rows])


def make(out: Output, options: dict[str, Any]) -> None:
    """Make a webhook. Its secret is shown only now: whoever is told verifies messages with it."""
    webhook = Webhook(
        workspace=workspace_named(options["workspace"]),
        name=options["name"],
        url=options["url"],
        events=list(dict.fromkeys(options["event"])),
    )
    secret = webhook.renew_secret()
    try:
        check_target(webhook.url)
        webhook.full_clean(exclude=["events"])
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    webhook.save()
    audit.record(
        actor(),
        "webhook.made",
        webhook,
        workspace=webhook.workspace,
        host=webhook.host,
        events=webhook.events,
    )
    out.row({**row_of(webhook), "secret": secret})


def test(out: Output, options: dict[str, Any]) -> None:
    """Send a message that tells nothing, and say whether it was taken."""
    webhook = webhook_named(options["id"])
    outcome = services.send_test(webhook)
    taken = not outcome.error
    audit.record(actor(), "webhook.tested", webhook, workspace=webhook.workspace, works=taken)
    out.row({**row_of(webhook), "taken": taken, "answered": outcome.status, "said": outcome.error})
    if outcome.error:
        raise CommandError(f"The message was not taken: {outcome.error}.")


def remove(out: Output, options: dict[str, Any]) -> None:
    """Remove a webhook, and all that is known of its messages."""
    webhook = webhook_named(options["id"])
    row = row_of(webhook)
    audit.record(actor(), "webhook.deleted", webhook, workspace=webhook.workspace)
    webhook.delete()
    out.row({"removed": row["id"], "name": row["name"]})


def webhook_named(pk: str) -> Webhook:
    """Raises CommandError."""
    return only(Webhook.objects.select_related("workspace").filter(pk=pk), pk)


def row_of(webhook: Webhook) -> Row:
    return {
        "id": webhook.pk,
        "name": webhook.name,
        "workspace": webhook.workspace.name,
        "host": webhook.host,
        "events": webhook.events or ["all"],
        "enabled": webhook.enabled,
    }
