"""The worker's application and the beat that rings it.

Messages only say "look at this row now": each may be lost or come twice. What they miss, the sweep finds.
"""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bifrost.settings")
# Celery throws away what they say, and they import all that the web process needs.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

from django.conf import settings

from bifrost.broker import SCHEME as EMBEDDED

app = Celery("bifrost")


def _configure() -> None:
    poll_every = max(0.2, min(settings.POLL_SECONDS, 5))
    sweep_every = settings.SWEEP_SECONDS
    ticks: dict[str, float | crontab] = {
        "poll": poll_every,
        "sweep": sweep_every,
        "expire": 60.0,
        "discard": 60.0,
        "stuck": 60.0,
        "send_due": sweep_every,
        # At each full minute, wherever beat began: charts look for those.
        "sample": crontab(),
    }
    if settings.OUTSIDE_SECONDS:
        ticks["sync_outside"] = float(settings.OUTSIDE_SECONDS)
    app.conf.update(
        broker_url=settings.CELERY_BROKER_URL,
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        # What cannot be sent now is found by the sweep: no request waits for it.
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.05},
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        task_store_errors_even_if_ignored=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_concurrency=settings.WORKER_PROCESSES,
        beat_scheduler="celery.beat:Scheduler",
        beat_max_loop_interval=1,
        **_broker_options(),
        # A tick that nobody took before the next one is of no use.
        beat_schedule={
            name: {
                "task": f"batches.tasks.{name}",
                "schedule": every,
                "options": {"expires": every if isinstance(every, float) else 50.0},
            }
            for name, every in ticks.items()
        },
    )


def _broker_options() -> dict[str, object]:
    if settings.CELERY_BROKER_URL.startswith("redis"):
        return {"broker_transport_options": {"socket_connect_timeout": 3}}
    if not settings.CELERY_BROKER_URL.startswith(EMBEDDED):
        return {}
    folder = settings.DATA / "broker"
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": folder / "control",
        "polling_interval": 0.05,
    }
    # Remote control needs a broker that can tell all workers at once.
    return {"broker_transport_options": options, "worker_enable_remote_control": False}


@worker_ready.connect
def _sweep_at_once(**sent: object) -> None:
    """A worker that comes back looks for what is due before the next tick of the beat."""
    app.send_task("batches.tasks.sweep")


_configure()
app.autodiscover_tasks()
