"""What each process of an installation runs, be it started by the launcher or in a container."""

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SANDBOX_PORT = 8090


def web() -> list[str]:
    return _module("bifrost.launch.web")


def worker() -> list[str]:
    return _module("bifrost.launch.worker")


def beat() -> list[str]:
    return _module("bifrost.launch.beat")


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
