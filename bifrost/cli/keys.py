"""Virtual keys: what clients present."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone

from batches.services import month_of, usage_of
from bifrost.cli.money import budget
from bifrost.cli.verbs import Output, Row, actor, noun, only, verb, workspace_named
from providers import audit
from providers.models import Provider, VirtualKey, Workspace
from providers.money import dollars, total_spent

DAYS = re.compile(r"([1-9]\d{0,3})d")
LIMITS = ("requests_per_minute", "batches_in_flight", "bytes_in_flight", "records_per_day")


def add(nouns: Any) -> None:
    verbs = noun(nouns, "keys", "What clients present, and what it lets them do")
    verb(verbs, "list", show_all).add_argument("--workspace", help="only those of this one")
    _add_terms(verb(verbs, "make", make))
    for name, run in (("show", show), ("revoke", revoke)):
        verb(verbs, name, run).add_argument("key", metavar="ID", help="as `keys list` shows it")


def _add_terms(parser: ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="whose it is, or what for")
    parser.add_argument("--workspace", default=Workspace.DEFAULT)
    parser.add_argument(
        "--expires", type=moment, metavar="WHEN", help="after a day such as 2027-01-31, or in 90d"
    )
    parser.add_argument(
        "--provider",
        action="append",
        default=[],
        choices=Provider.values,
        help="one that it may use, once for each; all if none is named",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        help="one that it may use, with * for any text, once for each; all if none is named",
    )
    parser.add_argument(
        "--monthly-budget", type=budget, metavar="USD", help="what its batches of a month may cost"
    )
    for limit in LIMITS:
        parser.add_argument(f"--{limit.replace('_', '-')}", type=int, metavar="N")


def moment(text: str) -> datetime:
    """When a key is over: behind a day, in UTC, or in so many days. Raises ArgumentTypeError."""
    if days := DAYS.fullmatch(text):
        return timezone.now() + timedelta(days=int(days[1]))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day: write 2027-01-31, or 90d.") from None
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    if end <= timezone.now():
        raise ArgumentTypeError(f"{text} is over: name a day to come.")
    return end


def show_all(out: Output, options: dict[str, Any]) -> None:
    """Show all keys, the newest first."""
    keys = VirtualKey.objects.select_related("workspace")
    if options["workspace"]:
        keys = keys.filter(workspace=workspace_named(options["workspace"]))
    out.rows([summary_of(key) for key in keys])


def make(out: Output, options: dict[str, Any]) -> None:
    """Make a key. It is shown only now.

    The access key id and the secret access key are the same key for clients of AWS, which sign with them.
    """
    key = VirtualKey(
        workspace=workspace_named(options["workspace"]),
        name=options["name"],
        expires_at=options["expires"],
        allowed_providers=options["provider"],
        allowed_models=options["model"],
        monthly_budget=options["monthly_budget"],
        **{limit: options[limit] for limit in LIMITS},
    )
    texts = key.renew()
    try:
        key.full_clean()
    except ValidationError as error:
        raise CommandError(_said(error)) from None
    key.save()
    audit.record(actor(), "key.made", key, workspace=key.workspace, **key.terms)
    out.row({**row_of(key), **texts._asdict()})


def show(out: Output, options: dict[str, Any]) -> None:
    """Show a key, what it may do, and what it has at work."""
    key = key_named(options["key"])
    used, month = usage_of(key), month_of(key)
    used_now = {
        "has_batches_in_flight": used.batches,
        "has_bytes_in_flight": used.bytes,
        "sent_records_in_a_day": used.records,
        "spent_this_month": total_spent(month.spent, month.unpriced),
        "held_this_month": dollars(month.held),
    }
    out.row({**row_of(key), **used_now})


def revoke(out: Output, options: dict[str, Any]) -> None:
    """Refuse a key from now on. This cannot be undone."""
    key = key_named(options["key"])
    if VirtualKey.objects.filter(pk=key.pk).revoke():
        audit.record(actor(), "key.revoked", key, workspace=key.workspace)
    out.row(row_of(key_named(key.pk)))


def key_named(pk: str) -> VirtualKey:
    """Raises CommandError."""
    return only(VirtualKey.objects.select_related("workspace").filter(pk=pk), pk)


def summary_of(key: VirtualKey) -> Row:
    return {
        "id": key.pk,
        "name": key.name,
        "workspace": key.workspace.name,
        "begins": key.hint,
        "state": key.state,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }


def row_of(key: VirtualKey) -> Row:
    return {
        **summary_of(key),
        **key.terms,
        "access_key_id": key.access_key_id,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }


def _said(error: ValidationError) -> str:
    told = error.message_dict.items()
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in told)
