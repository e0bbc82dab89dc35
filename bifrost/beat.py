"""Beat tells that it is at work: what it sent, the broker took."""

from celery.signals import after_task_publish, beat_init
from django.db import close_old_connections

from batches import services
from batches.services.sweep import BEAT


@beat_init.connect
def this_is_beat(**sent: object) -> None:
    """Others send sweeps too, now and then, and tell nothing of beat by it."""
    after_task_publish.connect(sent_a_sweep, sender="batches.tasks.sweep")


def sent_a_sweep(**sent: object) -> None:
    """Celery logs what is raised here, and goes on."""
    close_old_connections()
    services.seen(BEAT)
