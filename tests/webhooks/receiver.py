"""Somebody who is told: a server on the loopback that verifies what it gets with the library."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier


class Receiver:
    """Keeps what it gets. `statuses` are what it answers, one after the other, and then 204."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.secret = ""
        self.verifies = True
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.body = b"thank you"
        self.delay: threading.Event | None = None
        self.arrived = threading.Event()
        self.got: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        self.requests.append((path, headers, body))
        self.arrived.set()
        if self.delay:
            self.delay.wait(30)
        if self.secret and self.verifies:
            self.got.append(Verifier(self.secret).verify(body, headers))
        return self.statuses.pop(0) if self.statuses else 204

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.requests]


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(self.path, headers, body)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if status != 204:
                self.wfile.write(receiver.body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hooks/bifrost")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
