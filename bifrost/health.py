"""Whether this process lives, and whether the whole can work."""

from collections.abc import Callable
from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

from batches.models import Heartbeat
from batches.services.sweep import BEAT, WORKER
from files.storage import STORE_FAILURES, store

SECONDS = 3


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok", "version": settings.VERSION})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if database, broker, storage and worker all answer, else 503; what each said in the body."""
    said = {name: check() for name, check in CHECKS.items()}
    ready = set(said.values()) == {"ok"}
    status = "ok" if ready else "unready"
    return JsonResponse({"status": status, "checks": said}, status=200 if ready else 503)


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"no answer: {type(error).__name__}"
    return "ok"


def check_broker() -> str:
    try:
        with current_app.connection_for_write(transport_options={"max_retries": 1}) as broker:
            broker.ensure_connection(max_retries=1, timeout=SECONDS)
    except (BrokerError, OSError) as error:
        return f"no answer: {type(error).__name__}"
    return "ok"


def check_storage() -> str:
    try:
        store().check()
    except STORE_FAILURES as error:
        return f"no answer: {type(error).__name__}"
    return "ok"


def check_beat() -> str:
    """Beat writes the time whenever the broker has taken a sweep from it."""
    return _seen(BEAT)


def check_worker() -> str:
    """The sweep writes the time whenever beat, broker and worker have brought it about."""
    return _seen(WORKER)


def _seen(name: str) -> str:
    try:
        heartbeat = Heartbeat.objects.filter(name=name).first()
    except DatabaseError as error:
        return f"unknown: {type(error).__name__}"
    if heartbeat is None:
        return "never seen"
    age = timezone.now() - heartbeat.at
    patience = timedelta(seconds=max(30.0, settings.SWEEP_SECONDS * 4))
    return "ok" if age < patience else f"not seen for {int(age.total_seconds())} s"


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "broker": check_broker,
    "storage": check_storage,
    "beat": check_beat,
    "worker": check_worker,
}
