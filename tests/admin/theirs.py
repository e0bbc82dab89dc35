"""A row of every model that the admin shows, of a workspace that the asker is no member of.

Whoever registers an admin adds a line.
"""

from collections.abc import Callable
from typing import Any

from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.utils import timezone

from batches.models import Delivery, OutsideJob, Webhook
from providers.models import AuditEvent, Membership, Workspace
from tests.admin import make

NAME = "their-own-team"
WORD = "known-to-them-alone"


def owner() -> Workspace:
    return make.workspace(NAME)


def batch() -> Any:
    return make.batch(
        workspace=owner(),
        name=WORD,
        model=WORD,
        last_error=WORD,
        input_file=make.file(b"{}\n", workspace=owner(), filename=WORD),
    )


def credential() -> Any:
    return make.credential(WORD, workspace=owner())


def webhook() -> Webhook:
    made = Webhook(workspace=owner(), name=WORD, url=f"https://{WORD}.example.com")
    made.renew_secret()
    made.save()
    return made


def delivery() -> Delivery:
    return Delivery.objects.create(webhook=webhook(), batch=batch(), event="batch.failed")


def outside() -> OutsideJob:
    return OutsideJob.objects.create(
        credential=credential(), upstream_id=WORD, upstream_status="completed", name=WORD
    )


def event() -> AuditEvent:
    return AuditEvent.objects.create(
        workspace=owner(), actor_kind="user", actor=WORD, action="batch.cancelled", name=WORD
    )


def member() -> Membership:
    user = User.objects.create_user(WORD)
    return Membership.objects.create(user=user, workspace=owner(), role="viewer")


def attempt() -> AccessAttempt:
    return AccessAttempt.objects.create(
        username=WORD, ip_address="10.0.0.1", failures_since_start=1, attempt_time=timezone.now()
    )


ROWS: dict[str, Callable[[], Any]] = {
    "auth.group": lambda: Group.objects.create(name=WORD),
    "auth.user": lambda: member().user,
    "axes.accessattempt": attempt,
    "batches.batch": batch,
    "batches.delivery": delivery,
    "batches.job": lambda: make.job(batch(), upstream_id=WORD, credential=credential()),
    "batches.outsidejob": outside,
    "batches.webhook": webhook,
    "files.file": lambda: make.file(b"x", workspace=owner(), filename=WORD),
    "providers.auditevent": event,
    "providers.credential": credential,
    "providers.virtualkey": lambda: make.key(WORD, workspace=owner())[0],
    "providers.workspace": lambda: member().workspace,
}
