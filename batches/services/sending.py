"""Bring messages to webhooks: each until it is taken, or a day is over.

Whoever dies between a call and what is written of it leaves the message to be sent once more, with the same
id. A receiver that gives no answer rests: it holds up a worker once in a while, whatever waits for it.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from standardwebhooks import Webhook as Signer

from batches.models import Delivery, DueQuerySet, Webhook
from batches.services.webhooks import message_of
from providers import audit, tracing
from providers.audit import Actor
from providers.ids import new_id
from providers.models import AuditEvent
from providers.posting import Answer, NoAnswerError, post
from providers.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

AT_ONCE = 500
# Longer than any call takes, the look-up of a name included.
LEASE = timedelta(seconds=120)
REST = timedelta(seconds=60)
LONGEST_REST = timedelta(hours=1)
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
WAITS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
LASTS = timedelta(days=1)
GONE = 410
# The columns that a new secret changes.
OF_THE_SECRET = ("encrypted_secret", "encrypted_former_secret", "rotated_at")
TEST = "webhook.test"
SYSTEM = Actor(AuditEvent.ActorKind.SYSTEM, "webhooks")


@dataclass(frozen=True)
class Outcome:
    """What became of one call: `error` is empty if the message was taken. `wait` is what was asked for."""

    status: int | None = None
    error: str = ""
    wait: float | None = None
    called: bool = True

    @property
    def unanswered(self) -> bool:
        return self.called and self.status is None


def deliveries_due(batch_id: str = "") -> list[str]:
    """Messages to be sent now: those of one batch, or all that somebody should have sent by now."""
    if batch_id:
        due = _sendable().filter(batch=batch_id)
    else:
        _give_up_on_the_silent()
        due = _sendable(late=timedelta(seconds=settings.SWEEP_SECONDS))
    return list(due.order_by("due_at").values_list("pk", flat=True)[:AT_ONCE])


def send(delivery_id: str) -> None:
    """Send a message, if it is due and nobody else does."""
    lease = timezone.now() + LEASE
    mine = _sendable().filter(pk=delivery_id)
    if not mine.update(due_at=lease, attempts=F("attempts") + 1):
        return
    delivery = Delivery.objects.select_related("webhook", "batch").get(pk=delivery_id)
    webhook = delivery.webhook
    if webhook.enabled:
        body = message_of(delivery.event, delivery.created_at, delivery.payload)
        outcome = _traced(webhook, delivery, body)
    else:
        outcome = Outcome(error="the webhook is disabled", called=False)
    with transaction.atomic():
        _write(delivery, lease, outcome)
        _rest(webhook, outcome)
        if outcome.status == GONE:
            _disable(webhook)
    if outcome.error:
        logger.warning("webhook %s: %s is not taken: %s", webhook.pk, delivery, outcome.error)


def send_again(deliveries: DueQuerySet) -> int:
    """Have them sent now, and tried for another day, whatever became of them before; returns how many."""
    now = timezone.now()
    return deliveries.update(
        status=Delivery.Status.PENDING,
        due_at=now,
        since=now,
        attempts=0,
        answered=None,
        last_error="",
        delivered_at=None,
    )


def send_test(webhook: Webhook) -> Outcome:
    """Send a message that tells nothing, once, whether or not the webhook is enabled."""
    told = {"webhook": webhook.name, "workspace": webhook.workspace.name}
    return _call(webhook, f"test_{new_id()}", message_of(TEST, timezone.now(), told))


def _sendable(late: timedelta = timedelta()) -> DueQuerySet:
    awake = Q(webhook__rests_until=None) | Q(webhook__rests_until__lte=timezone.now())
    return Delivery.objects.due(late=late).filter(awake, status=Delivery.Status.PENDING)


def _traced(webhook: Webhook, delivery: Delivery, body: bytes) -> Outcome:
    """In the trace of the batch that it is about."""
    about = {"bifrost.batch": delivery.batch_id, "bifrost.event": delivery.event}
    parent = delivery.batch.traceparent
    with tracing.span("webhook", about, kind="client", parent=parent):
        outcome = _call(webhook, delivery.pk, body)
        if outcome.status:
            tracing.tell({"http.response.status_code": outcome.status})
    return outcome


def _call(webhook: Webhook, pk: str, body: bytes) -> Outcome:
    now, name = timezone.now(), f"msg_{pk}"
    try:
        signatures = [
            Signer(secret).sign(name, now, body.decode()) for secret in webhook.signing_secrets
        ]
        answer = post(
            webhook.url,
            body,
            {
                "content-type": "application/json",
                "user-agent": f"Bifrost/{settings.VERSION}",
                "webhook-id": name,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": " ".join(signatures),
            },
        )
    except SecretUnreadableError as error:
        return Outcome(error=str(error), called=False)
    except NoAnswerError as error:
        return Outcome(error=str(error))
    return Outcome(answer.status, _refusal(answer), answer.retry_after)


def _refusal(answer: Answer) -> str:
    if 200 <= answer.status < 300:
        return ""
    if 300 <= answer.status < 400:
        return (
            f"answered {answer.status}: redirects are not followed, enter the address it leads to"
        )
    if answer.status == GONE:
        return f"answered {GONE}: it wants no more messages, so it is disabled"
    return f"answered {answer.status}"


def _write(delivery: Delivery, lease: datetime, outcome: Outcome) -> None:
    """Unless somebody else has taken it, or wants it sent again."""
    now = timezone.now()
    held = Delivery.objects.filter(pk=delivery.pk, due_at=lease)
    told = {"answered": outcome.status, "last_error": outcome.error}
    if not outcome.error:
        held.update(**told, status=Delivery.Status.DELIVERED, due_at=None, delivered_at=now)
    elif outcome.status == GONE or now >= delivery.since + LASTS:
        held.update(**told, status=Delivery.Status.GIVEN_UP, due_at=None)
    else:
        held.update(**told, due_at=_next_try(delivery, outcome, now))


def _next_try(delivery: Delivery, outcome: Outcome, now: datetime) -> datetime:
    """Later each time; the last one is when the day is over."""
    usual = WAITS[min(delivery.attempts, len(WAITS)) - 1]
    spread = random.uniform(1.0, 1.2)  # noqa: S311 -- spreads load, guards nothing
    wait = timedelta(seconds=max(usual * spread, outcome.wait or 0))
    return min(now + wait, delivery.since + LASTS)


def _rest(webhook: Webhook, outcome: Outcome) -> None:
    until = None
    if outcome.unanswered:
        until = timezone.now() + REST
    elif outcome.error and outcome.wait:
        until = timezone.now() + min(timedelta(seconds=outcome.wait), LONGEST_REST)
    if outcome.called and until != webhook.rests_until:
        Webhook.objects.filter(pk=webhook.pk).update(rests_until=until)


def _give_up_on_the_silent() -> None:
    """What waited a day for a receiver that gives no answer does not wait for its turn as well."""
    now = timezone.now()
    silent = Webhook.objects.filter(rests_until__gt=now)
    if silent.exists():
        late = Delivery.objects.due().filter(status=Delivery.Status.PENDING, webhook__in=silent)
        late.filter(since__lt=now - LASTS).update(
            status=Delivery.Status.GIVEN_UP,
            due_at=None,
            last_error="its receiver gave no answer for a day",
        )


def _disable(webhook: Webhook) -> None:
    if Webhook.objects.filter(pk=webhook.pk, enabled=True).update(enabled=False):
        audit.record(
            SYSTEM, "webhook.disabled", webhook, workspace=webhook.workspace, answered=GONE
        )
