"""Erase the keys that clients brought for batches of their own, once these need them no more."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from batches.models import Batch
from batches.services.discard import copies_left, jobs_to_forget
from files.models import UpstreamFile
from providers import audit
from providers.models import AuditEvent, Credential

AT_ONCE = 500
# Whatever became of its batch. No job of any provider's lives longer than a week.
LONGEST_KEPT = timedelta(days=30)
SWEEP = audit.Actor(AuditEvent.ActorKind.SYSTEM, "sweep")


def erase_keys() -> int:
    """Returns how many were erased. Their rows stay for as long as there is the batch."""
    due = list(_due()[:AT_ONCE])
    for credential in due:
        _erase(credential)
    _of_nobody().delete()
    return len(due)


def _due() -> QuerySet[Credential]:
    """Those of batches that have ended, and whose providers keep nothing that was sent ahead."""
    running = Batch.objects.active().filter(credential=OuterRef("pk"))
    waiting = copies_left().filter(credential=OuterRef("pk"))
    forgetting = jobs_to_forget().filter(credential=OuterRef("pk"))
    too_old = Q(created_at__lt=timezone.now() - LONGEST_KEPT)
    kept = Credential.objects.filter(direct=True).exclude(encrypted_secret="")
    unneeded = ~Exists(running) & ~Exists(waiting) & ~Exists(forgetting)
    return kept.filter(too_old | unneeded).select_related("workspace")


def _erase(credential: Credential) -> None:
    with transaction.atomic():
        # An operator may have its results collected again meanwhile.
        if not _due().filter(pk=credential.pk).update(encrypted_secret=""):
            return
        left, _ = UpstreamFile.objects.filter(credential=credential).delete()
        audit.record(
            SWEEP,
            "credential.erased",
            credential,
            workspace=credential.workspace,
            left_at_the_provider=left,
        )


def _of_nobody() -> QuerySet[Credential]:
    erased = Credential.objects.filter(direct=True, encrypted_secret="")
    return erased.filter(~Exists(Batch.objects.filter(credential=OuterRef("pk"))))
