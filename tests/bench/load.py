"""Clients that ask again as soon as they are answered, over connections that stay open.

A process of its own; reads what to do from stdin and prints what came of it, as JSON.
"""

import asyncio
import json
import sys
import time
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from tests.bench.measure import percentile

END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Client(asyncio.Protocol):
    """Sends one request over and over until the deadline."""

    def __init__(self, request: bytes, deadline: float) -> None:
        self.request = request
        self.deadline = deadline
        self.times: list[float] = []
        self.received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(END)
        if not end or len(body) < _length(head):
            return
        now = time.perf_counter()
        self.times.append(now - self.began)
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(RuntimeError(self.received[:500].decode()))
        elif now > self.deadline:
            self.transport.close()
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(self.times)

    def _send(self) -> None:
        self.received = b""
        self.began = time.perf_counter()
        self.transport.write(self.request)

    def _fail(self, error: Exception) -> None:
        self.done.set_exception(error)
        self.transport.close()


def _length(head: bytes) -> int:
    lowered = head.lower()
    return int(lowered[lowered.index(LENGTH) + len(LENGTH) :].split(b"\r\n", 1)[0])


async def load(
    url: str, requests: list[dict[str, Any]], *, clients: int, seconds: float
) -> dict[str, float]:
    """Each client takes one of the requests and stays with it."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    began = time.perf_counter()
    running = []
    for number in range(clients):
        request = _written(parts.netloc, requests[number % len(requests)])
        made = partial(Client, request, began + seconds)
        running.append((await loop.create_connection(made, parts.hostname, parts.port))[1])
    times: list[float] = []
    for client in running:
        times += await client.done
    return {
        "requests": len(times),
        "rate": len(times) / (time.perf_counter() - began),
        "p50": percentile(times, 0.5) * 1000,
        "p99": percentile(times, 0.99) * 1000,
    }


def _written(host: str, request: dict[str, Any]) -> bytes:
    body = json.dumps(request["json"]).encode() if "json" in request else b""
    headers = {**request["headers"], "host": host, "content-length": str(len(body))}
    if body:
        headers["content-type"] = "application/json"
    lines = [f"{request['method']} {request['path']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + END + body


if __name__ == "__main__":
    print(json.dumps(asyncio.run(load(**json.load(sys.stdin)))))
