"""A few requests at work at once in each process; those that wait for their client do not count.

A thread for each slow client costs nothing while it sleeps. But of sixty threads that all want to run,
Python runs one, and handing it on costs more than the work: docs/performance.md has the figures.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

AT_ONCE = 4
# Whether the process lives must be told even if all turns wait for a database that hangs.
ALWAYS = "/healthz"


class Turns:
    """So many at once, and whoever waits longest is next."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.lock = threading.Lock()
        self.waiting: deque[threading.Lock] = deque()

    def take(self) -> None:
        with self.lock:
            if self.free:
                self.free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self.waiting.append(mine)
        mine.acquire()

    def give(self) -> None:
        """Handed on, not put back: else those who come would overtake those who wait."""
        with self.lock:
            if self.waiting:
                self.waiting.popleft().release()
            else:
                self.free += 1


_turns = Turns(AT_ONCE)
_thread = threading.local()


def take_turns(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Wait for a turn, and give it back when the answer begins."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path == ALWAYS:
            return get_response(request)
        _turns.take()
        _thread.at_work = True
        try:
            return get_response(request)
        finally:
            _thread.at_work = False
            _turns.give()

    return middleware


@contextmanager
def stepping_aside() -> Iterator[None]:
    """Let another have the turn and the connection to the database while a client is waited for.

    Both, or those who wait for a turn with a connection and those who wait for a connection in their
    turn would wait for one another.
    """
    give_back_connections()
    if not getattr(_thread, "at_work", False):
        yield
        return
    _thread.at_work = False
    _turns.give()
    try:
        yield
    finally:
        _turns.take()
        _thread.at_work = True


def in_turns(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Long work on what is read: others have a turn before each chunk."""
    left = iter(chunks)
    while True:
        with stepping_aside():
            chunk = next(left, None)
        if chunk is None:
            return
        yield chunk


def give_back_connections() -> None:
    """Let go of the connections to the database, but in a transaction: they come back by themselves."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
