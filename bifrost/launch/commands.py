"""What each process of an installation runs, be it started by the launcher or in a container."""

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SANDBOX_PORT = 8090
# A connection counts while it is open, idle ones too: many more of them than there are threads.
CONNECTIONS = 2048


def web() -> list[str]:
    return [
        *_module("granian"),
        *("--interface", "wsgi"),
        *("--host", settings.BIND, "--port", str(settings.PORT)),
        *("--workers", str(settings.WEB_PROCESSES)),
        *("--blocking-threads", str(settings.WEB_THREADS)),
        *("--backlog", str(CONNECTIONS), "--backpressure", str(CONNECTIONS)),
        *("--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", "5"),
        *("--http", "1", "--no-ws", "--log-level", "error"),
        "bifrost.wsgi:application",
    ]


def worker() -> list[str]:
    # Workers need nothing of one another, and asking around delays the start and the stop.
    # Celery calls root too powerful at every start; in a container there may be nobody else.
    return [
        *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
        *("-m", "celery", "-A", "bifrost", "--quiet", "worker"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def beat() -> list[str]:
    return _module("celery", "-A", "bifrost", "--quiet", "beat")


def sandbox() -> list[str]:
    """The simulated providers, on the port of BIFROST_SANDBOX_URL."""
    address = urlsplit(settings.SANDBOX_URL)
    host = "127.0.0.1" if address.hostname in LOOPBACK else settings.BIND
    return [
        *_module("providers.sandbox"),
        *("--host", host, "--port", str(address.port or SANDBOX_PORT)),
        *("--data", str(settings.DATA / "sandbox")),
        *("--seconds", str(settings.SANDBOX_SECONDS)),
    ]


def prepare() -> list[str]:
    """Run once before the others start: it brings the database up to date."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare"]


def _module(name: str, *options: str) -> list[str]:
    return [sys.executable, "-m", name, *options]


COMMANDS: dict[str, Callable[[], list[str]]] = {
    "web": web,
    "worker": worker,
    "beat": beat,
    "sandbox": sandbox,
    "prepare": prepare,
}
