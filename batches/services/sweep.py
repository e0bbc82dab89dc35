"""Find what was forgotten: a lost message, a dead worker, a file past its time."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from batches.models import Batch, Heartbeat
from batches.services.retention import retain
from files import services as files
from files import uploads
from files.models import File

AT_ONCE = 500
WORKER = "worker"
BEAT = "beat"


def forgotten() -> list[str]:
    """The batches whose step is overdue: whoever should have taken it did not."""
    late = timedelta(seconds=settings.SWEEP_SECONDS)
    overdue = Batch.objects.active().due(late=late).order_by("due_at")
    return list(overdue.values_list("pk", flat=True)[:AT_ONCE])


def beat() -> None:
    """Say that beat, broker, worker and database all work: this ran."""
    seen(WORKER)


def seen(name: str) -> None:
    """Say that a part of the system is at work."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def expire() -> int:
    """Delete what has expired, what its workspace keeps no longer, and the bytes that nobody reads any more;
    returns how many files and parts."""
    now = timezone.now()
    files.expire()
    retain(now)
    reading = Batch.objects.active().values("input_file")
    purged = files.purge(File.objects.exclude(pk__in=reading))
    return purged + files.sweep_broken_off(now) + uploads.sweep(now)
