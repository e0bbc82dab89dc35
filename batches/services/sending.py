"""Bring messages to webhooks: each until it is taken, or a day is over.

Whoever dies between a call and what is written of it leaves the message to be sent once more, with the same
id. A receiver is called by one worker at a time, and rests if it is slow or gives no answer: however much
waits for it, the others and the batches go on.
"""

import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
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
# A receiver that gives no answer rests for as long as it has given none.
REST, LONGEST_REST = timedelta(seconds=60), timedelta(hours=1)
# One that takes its time has a fifth of it.
QUICK, SHARE = timedelta(seconds=0.5), 5
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
WAITS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
LASTS = timedelta(days=1)
GONE = 410
TEST = "webhook.test"
SYSTEM = Actor(AuditEvent.ActorKind.SYSTEM, "webhooks")


@dataclass(frozen=True)
class Outcome:
    """What became of one call: `error` is empty if the message was taken. `wait` is what was asked for."""

    status: int | None = None
    error: str = ""
    wait: float | None = None
    called: bool = True
    took: timedelta = timedelta()

    @property
    def unanswered(self) -> bool:
        return self.called and self.status is None


def webhooks_due(batch_id: str = "") -> list[str]:
    """Webhooks to be told something now: of one batch, or what somebody should have told them by now."""
    if batch_id:
        due = _sendable().filter(batch=batch_id).order_by()
        return list(due.values_list("webhook", flat=True).distinct())
    _give_up_on_the_silent()
    waiting = _waiting(late=timedelta(seconds=settings.SWEEP_SECONDS))
    longest_first = waiting.order_by(F("rests_until").asc(nulls_first=True))
    return list(longest_first.values_list("pk", flat=True)[:AT_ONCE])


def send(webhook_id: str) -> bool:
    """Tell a webhook what has waited longest, unless somebody else calls it; says whether there is more."""
    lease = timezone.now() + LEASE
    if not _awake().filter(pk=webhook_id).update(rests_until=lease):
        return False
    webhook = Webhook.objects.select_related("workspace").filter(pk=webhook_id).first()
    if webhook is None:
        return False
    delivery = _take(webhook, lease)
    outcome = _outcome(webhook, delivery) if delivery else Outcome(called=False)
    with transaction.atomic():
        if delivery:
            _write(delivery, lease, outcome)
        _let_go(webhook, lease, outcome)
        if outcome.status == GONE:
            _disable(webhook)
    if outcome.error:
        logger.warning("webhook %s: %s is not taken: %s", webhook.pk, delivery, outcome.error)
    return _waiting().filter(pk=webhook_id).exists()


def send_again(deliveries: DueQuerySet) -> int:
    """Have them sent now, and tried for another day, whatever became of them before; returns how many."""
    now = timezone.now()
    Webhook.objects.filter(pk__in=deliveries.values("webhook")).update(rests_until=None)
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
    outcome = _call(webhook, f"test_{new_id()}", message_of(TEST, timezone.now(), told))
    if not outcome.error:
        silent = Webhook.objects.filter(pk=webhook.pk, silent_since__isnull=False)
        silent.update(rests_until=None, silent_since=None)
    return outcome


def _awake() -> QuerySet[Webhook]:
    return Webhook.objects.filter(Q(rests_until=None) | Q(rests_until__lte=timezone.now()))


def _sendable(late: timedelta = timedelta()) -> DueQuerySet:
    return Delivery.objects.due(late=late).filter(status=Delivery.Status.PENDING)


def _waiting(late: timedelta = timedelta()) -> QuerySet[Webhook]:
    return _awake().filter(Exists(_sendable(late).filter(webhook=OuterRef("pk"))))


def _take(webhook: Webhook, lease: datetime) -> Delivery | None:
    due = _sendable().filter(webhook=webhook)
    first = due.order_by("due_at").values("pk")[:1]
    # Said twice: of what another has taken meanwhile PostgreSQL looks at the outer conditions alone.
    if not due.filter(pk__in=first).update(due_at=lease, attempts=F("attempts") + 1):
        return None
    taken = Delivery.objects.select_related("batch").filter(webhook=webhook, due_at=lease)
    delivery: Delivery | None = taken.first()
    return delivery


def _outcome(webhook: Webhook, delivery: Delivery) -> Outcome:
    if not webhook.enabled:
        return Outcome(error="the webhook is disabled", called=False)
    body = message_of(delivery.event, delivery.created_at, delivery.payload)
    return _traced(webhook, delivery, body)


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
    now, name, began = timezone.now(), f"msg_{pk}", time.monotonic()
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
    took = timedelta(seconds=time.monotonic() - began)
    return Outcome(answer.status, _refusal(answer), answer.retry_after, took=took)


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


def _let_go(webhook: Webhook, lease: datetime, outcome: Outcome) -> None:
    """Unless somebody wants it called at once."""
    now = timezone.now()
    silent_since = webhook.silent_since
    if outcome.called:
        silent_since = (silent_since or now) if outcome.unanswered else None
    held = Webhook.objects.filter(pk=webhook.pk, rests_until=lease)
    held.update(rests_until=now + _rest(outcome, now, silent_since), silent_since=silent_since)


def _rest(outcome: Outcome, now: datetime, silent_since: datetime | None) -> timedelta:
    if outcome.unanswered and silent_since:
        return min(max(now - silent_since, REST), LONGEST_REST)
    if outcome.error and outcome.wait:
        return min(timedelta(seconds=outcome.wait), LONGEST_REST)
    return (SHARE - 1) * outcome.took if outcome.took > QUICK else timedelta()


def _give_up_on_the_silent() -> None:
    """What waited a day for a receiver that gave no answer all the time does not wait for its turn too."""
    before = timezone.now() - LASTS
    silent = Webhook.objects.filter(silent_since__lt=before)
    if silent.exists():
        late = _sendable().filter(webhook__in=silent, since__lt=before)
        late.update(
            status=Delivery.Status.GIVEN_UP,
            due_at=None,
            last_error="its receiver gave no answer for a day",
        )


def _disable(webhook: Webhook) -> None:
    if Webhook.objects.filter(pk=webhook.pk, enabled=True).update(enabled=False):
        audit.record(
            SYSTEM, "webhook.disabled", webhook, workspace=webhook.workspace, answered=GONE
        )
