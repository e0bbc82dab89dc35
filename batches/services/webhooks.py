"""Tell a workspace's webhooks what became of a batch: what they are told, and that it is to be sent.

It is written in one transaction with the change of the batch; `sending` brings it to its receiver.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction

from batches.models import Batch, Delivery, Surface, Webhook
from providers.money import exact

MOST_ERRORS = 10
# The id of a batch as each surface says it. Where AWS takes an ARN, it takes this as well.
NAMES: dict[str, str] = {
    Surface.OPENAI: "batch_{}",
    Surface.ANTHROPIC: "msgbatch_{}",
    Surface.BEDROCK: "{}",
    Surface.GENAI: "batches/{}",
}
# The columns that a new secret changes.
OF_THE_SECRET = ("encrypted_secret", "encrypted_former_secret", "rotated_at")


def rotate_secret(webhook: Webhook) -> str:
    """Another secret, which the caller shows. Of two who ask at once each gets one that is of use."""
    with transaction.atomic():
        locked = Webhook.objects.select_for_update().get(pk=webhook.pk)
        secret = locked.renew_secret()
        locked.save(update_fields=OF_THE_SECRET)
    return secret


def tell(batch: Batch, event: str) -> None:
    """Have all of its workspace's webhooks that want to know be told of an event, each once.

    Once more only if the batch was begun again since: not where the same end is written again. To be called
    in the transaction that writes what happened, with the batch as it is then.
    """
    wanting = [
        one
        for one in Webhook.objects.filter(workspace=batch.workspace_id, enabled=True)
        if not one.events or event in one.events
    ]
    if wanting:
        told = {
            "batch": batch,
            "event": event,
            "begun_at": batch.in_progress_at or batch.created_at,
            "payload": payload_of(batch),
        }
        Delivery.objects.bulk_create(
            (Delivery(webhook=one, **told) for one in wanting), ignore_conflicts=True
        )


def tell_end(batch: Batch) -> None:
    """The same of a batch that has just ended, however it did."""
    tell(batch, f"batch.{batch.status}")


def payload_of(batch: Batch) -> dict[str, Any]:
    """What a message tells of a batch: nothing of what is in its records."""
    ended_at = getattr(batch, f"{batch.status}_at") if batch.ended else None
    return {
        "id": NAMES[batch.surface].format(batch.pk),
        "ids": {surface: form.format(batch.pk) for surface, form in NAMES.items()},
        "surface": batch.surface,
        "provider": batch.provider,
        "model": batch.model,
        "endpoint": batch.endpoint,
        "status": batch.status,
        "request_counts": {
            "total": batch.total,
            "completed": batch.completed,
            "failed": batch.failed,
        },
        "usage": batch.usage,
        "cost_usd": None if batch.cost is None else exact(batch.cost),
        # Not their messages: those may quote a record.
        "errors": [
            {"code": one.get("code"), "line": one.get("line")}
            for one in (batch.errors or [])[:MOST_ERRORS]
        ],
        "created_at": _written(batch.created_at),
        "in_progress_at": _written(batch.in_progress_at),
        "ended_at": _written(ended_at),
        "name": batch.name,
        "metadata": batch.metadata,
    }


def message_of(event: str, at: datetime, data: dict[str, Any]) -> bytes:
    """The body of a message, as it is signed and sent: the same for every try."""
    told = {"type": event, "timestamp": _written(at), "data": data}
    return msgspec.json.encode(told)


def _written(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
