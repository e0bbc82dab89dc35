"""When a process adds what it counted to the sums, and when it begins to trace and ends it."""

from typing import Any

from celery.signals import task_postrun, worker_process_init, worker_process_shutdown
from django.core.signals import request_finished
from django.dispatch import receiver

from providers import tracing
from providers.calls import tally


@worker_process_init.connect
def begin(**sent: Any) -> None:
    """In the process that does the work: no thread outlives a fork."""
    tracing.start("worker")


@task_postrun.connect
def after_a_task(**sent: Any) -> None:
    tally.flush()


@receiver(request_finished)
def after_a_request(**sent: Any) -> None:
    """Somebody may have tried whether a credential works."""
    tally.flush()


@worker_process_shutdown.connect
def end(**sent: Any) -> None:
    tally.flush(every=0)
    tracing.stop()
