"""Create a batch of as many inline requests as Anthropic takes, through the gateway and at the sandbox."""

import http.client
import json
from collections.abc import Iterator
from functools import cache
from urllib.parse import urlsplit

from tests.bench.measure import MEGABYTE, Figure, Memory, at_most, interleaved, stopwatch
from tests.bench.place import Place, Target

PATH = "/anthropic/v1/messages/batches"
VERSION = {"anthropic-version": "2023-06-01"}
HEAD = (
    b'{"custom_id":"c%d","params":{"model":"claude-opus-4-6","max_tokens":100,'
    b'"messages":[{"role":"user","content":"'
)
ROUNDS = 3
# Both are about 250 MB.
SIZES = {"100,000 of 2.5 KB": (100_000, 2_500), "15 of 16 MB": (15, 16 * MEGABYTE)}


def measured(place: Place) -> Iterator[Figure]:
    for name, (requests, size) in SIZES.items():
        ours, theirs = Create(place.gateway, requests, size), Create(place.direct, requests, size)
        with Memory(place.web) as memory:
            taken, direct = interleaved(ROUNDS, ours.create, theirs.create)
        subject, megabytes = f"inline, {name}", requests * size / MEGABYTE
        yield Figure(subject, "speed", megabytes / taken, "MB/s", megabytes / direct)
        yield Figure(subject, "web memory over idle", memory.over_idle, "MB", bar=at_most(96))


class Create:
    """So many requests of so many bytes at one server."""

    def __init__(self, target: Target, requests: int, size: int) -> None:
        self.target = target
        self.headers = {**target.headers, **VERSION}
        self.body = b'{"requests":[' + b",".join(_requests(requests, size)) + b"]}"

    def create(self) -> float:
        """The seconds that it took. What was made is stopped before it takes more time."""
        connection = http.client.HTTPConnection(urlsplit(self.target.url).netloc, timeout=120)
        with stopwatch() as taken:
            connection.request("POST", PATH, self.body, self.headers)
            answer = connection.getresponse()
            made = json.loads(answer.read())
        assert answer.status == 200, made
        connection.request("POST", f"{PATH}/{made['id']}/cancel", headers=self.headers)
        assert connection.getresponse().read()
        connection.close()
        return taken()


def _requests(count: int, size: int) -> Iterator[bytes]:
    for number in range(count):
        head, tail = HEAD % number, b'"}]}}'
        yield head + _text(size - len(head) - len(tail)) + tail


@cache
def _text(size: int) -> bytes:
    text = b'Which is larger, the \\"Pacific\\" or the other?\\n'
    return (text * (size // len(text) + 1))[:size].rstrip(b"\\")
