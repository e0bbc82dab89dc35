"""The admin's first page, with the health of the installation.

A broker or a store that hangs must not hold up the page that says so: they are asked aside, and what they
said last is shown for a while.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.http import HttpRequest

from batches.admin import dashboard
from bifrost.health import CHECKS
from bifrost.launch import welcome
from providers.roles import workspaces

ASIDE = ("broker", "storage")
FRESH_SECONDS = 10.0
PATIENCE_SECONDS = 0.2
SILENT_SECONDS = 3.0
NOT_KNOWN = "not known yet"

_threads = ThreadPoolExecutor(len(ASIDE), "health")


class Aside:
    """A check that is asked in a thread of its own, and again only once its last word is old."""

    def __init__(self, check: Callable[[], str]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._asked: Future[str] | None = None
        self._asked_at = self._said_at = float("-inf")
        self._said = NOT_KNOWN

    def __call__(self) -> str:
        now = time.monotonic()
        with self._lock:
            if now - self._said_at < FRESH_SECONDS:
                return self._said
            if self._asked is None:
                self._asked, self._asked_at = _threads.submit(self._check), now
            asked = self._asked
        try:
            failure = asked.exception(PATIENCE_SECONDS)
        except TimeoutError:
            silent = now - self._asked_at
            return self._said if silent < SILENT_SECONDS else f"no answer for {silent:.0f} s"
        said = f"no answer: {type(failure).__name__}" if failure else asked.result()
        with self._lock:
            self._said, self._said_at, self._asked = said, time.monotonic(), None
        return said


_checks = {name: Aside(check) if name in ASIDE else check for name, check in CHECKS.items()}


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme's callback for the first page."""
    return dashboard.show(
        request,
        context,
        checks=_checks,
        workspaces=workspaces(request.user, "batches.view_batch"),
        example=welcome.snippet(),
    )
