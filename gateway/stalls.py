"""Clients that neither send nor take anything lose their connection, and its thread is free again.

Granian ends what sends no headers, and what idles. It waits for ever for a body, and for a client that
does not read: https://github.com/emmett-framework/granian/issues/728. No thread can be called out of that,
but the socket that it waits for is one of this process, and once that is shut down the wait is over.
"""

import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from fcntl import ioctl
from functools import partial
from pathlib import Path
from termios import TIOCOUTQ
from typing import Any, NamedTuple

from django.conf import settings

from gateway.turns import stepping_aside

# Less than the slowest modem moves in any time that can be set.
LEAST_BYTES = 4096
# All that a request waits for its client, however steadily that trickles.
MOST_SECONDS = 24 * 3600
LOOKS = 4
DESCRIPTORS = Path("/proc/self/fd")
# Of `struct tcp_info` in linux/tcp.h: how many bytes the client took, and how many came from it.
_TAKEN_AT, _CAME_AT, _INFO_BYTES = 120, 128, 136

Application = Callable[[dict[str, Any], Any], Any]


class StalledError(OSError):
    """The client took too long over all."""


class Exchange:
    """A request that is served, and since when its client is waited for, or it for us."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.waits = False
        self.waited = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        began = self._turn(waits=True)
        try:
            yield
        finally:
            self.waited += self._turn(waits=False) - began

    def _turn(self, *, waits: bool) -> float:
        self.waits, self.since = waits, time.monotonic()
        return self.since


class Input:
    """A body. Raises StalledError if its client takes too long over it."""

    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def read(self, size: int = -1) -> bytes:
        return self._awaited(lambda: self._stream.read(None if size < 0 else size))

    def readline(self, size: int = -1) -> bytes:
        return self._awaited(lambda: self._stream.readline())

    def _awaited(self, read: Callable[[], bytes]) -> bytes:
        with stepping_aside(), self._exchange.waiting():
            chunk = read()
        if self._exchange.waited > MOST_SECONDS:
            raise StalledError
        return chunk


class Output:
    """An answer that is sent as it is read; between two chunks its client is waited for."""

    def __init__(self, answer: Any, exchange: Exchange, ended: Callable[[], None]) -> None:
        self._answer = answer
        self._exchange = exchange
        self._ended = ended

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._answer:
            with self._exchange.waiting():
                yield chunk
            if self._exchange.waited > MOST_SECONDS:
                return

    def close(self) -> None:
        self._ended()
        self._answer.close()


class Moved(NamedTuple):
    """How many bytes had moved, and since when that is hardly more."""

    bytes: int
    since: float


class Watch:
    """Looks at the connections of this process from time to time."""

    def __init__(self, port: int, seconds: float) -> None:
        self.port = port
        self.seconds = seconds
        self.exchanges: set[Exchange] = set()
        self._moved: dict[Any, Moved] = {}

    def start(self) -> None:
        threading.Thread(target=self._run, name="stalls", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(self.seconds / LOOKS)
            self.look()

    def look(self) -> None:
        somebody_stalls = self._somebody_stalls()
        seen: dict[Any, Moved] = {}
        for connection in _connections(self.port):
            with closing(connection), suppress(OSError):
                takes_nothing = _unsent(connection) > 0
                key = (connection.getpeername(), takes_nothing)
                seen[key] = self._since(key, _bytes_of(connection))
                is_slow = time.monotonic() - seen[key].since >= self.seconds
                if is_slow and (takes_nothing or somebody_stalls):
                    connection.shutdown(socket.SHUT_RDWR)
        self._moved = seen

    def _since(self, key: Any, moved: int) -> Moved:
        last = self._moved.get(key)
        if last is None or moved >= last.bytes + LEAST_BYTES:
            return Moved(moved, time.monotonic())
        return last

    def _somebody_stalls(self) -> bool:
        """Whether a client is waited for that long, and no client waits that long for us.

        Which connection a request came by is not to be known. But one on which hardly anything moved for
        that long is idle, or that of a request that waits for its client, if no other request is as old.
        """
        before = time.monotonic() - self.seconds
        old = [exchange.waits for exchange in list(self.exchanges) if exchange.since < before]
        return bool(old) and all(old)


def watched(application: Application) -> Application:
    """The application, whose clients are watched, where the system tells how its connections stand."""
    if not DESCRIPTORS.is_dir():
        return application
    watch = Watch(settings.PORT, settings.STALL_SECONDS)
    watch.start()

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        exchange = Exchange()
        watch.exchanges.add(exchange)
        ended = partial(watch.exchanges.discard, exchange)
        environ["wsgi.input"] = Input(environ["wsgi.input"], exchange)
        streams = False
        try:
            response = application(environ, start_response)
            streams = getattr(response, "streaming", False)
        finally:
            if not streams:
                ended()
        return Output(response, exchange, ended) if streams else response

    return answer


def _connections(port: int) -> Iterator[socket.socket]:
    """Those to the port, each to be closed: that ends none of them."""
    for name in os.listdir(DESCRIPTORS):
        with suppress(OSError):
            if not stat.S_ISSOCK(os.stat(DESCRIPTORS / name).st_mode):
                continue
            connection = socket.socket(fileno=os.dup(int(name)))
            if _is_of(connection, port):
                yield connection
            else:
                connection.close()


def _is_of(connection: socket.socket, port: int) -> bool:
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return False
    try:
        connection.getpeername()
        return bool(connection.getsockname()[1] == port)
    except OSError:
        # It listens.
        return False


def _bytes_of(connection: socket.socket) -> int:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    taken, came = (struct.unpack_from("=Q", info, at)[0] for at in (_TAKEN_AT, _CAME_AT))
    return int(taken + came)


def _unsent(connection: socket.socket) -> int:
    """Bytes that the client did not take yet."""
    (count,) = struct.unpack("i", ioctl(connection, TIOCOUTQ, b"\0\0\0\0"))
    return int(count)
