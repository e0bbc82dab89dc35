"""Upload and download large files, in turns through the gateway and straight to the sandbox."""

import http.client
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.bench.measure import MEGABYTE, Figure, Memory, at_least, at_most, interleaved, stopwatch
from tests.bench.place import Place, Target, record

BLOCK = b"".join(record(number) for number in range(1000))
ROUNDS = 5
BOUNDARY = "bench-boundary"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="input.jsonl"\r\n\r\n'
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
# LiteLLM's best, in megabytes a second.
PEER_UPLOAD, PEER_DOWNLOAD = 94.0, 537.0


def measured(place: Place) -> Iterator[Figure]:
    for target in (place.gateway, place.direct):
        Transfer(target, 1).round()
    sizes = {"100 MB": (100, ROUNDS), "1 GB": (1000, 1)}
    if not os.environ.get("BENCH_LARGE"):
        del sizes["1 GB"]
    for name, (megabytes, rounds) in sizes.items():
        yield from _figures(place, name, megabytes, rounds)


def _figures(place: Place, name: str, megabytes: int, rounds: int) -> Iterator[Figure]:
    ours, theirs = Transfer(place.gateway, megabytes), Transfer(place.direct, megabytes)
    with Memory(place.web) as uploading:
        up, up_direct = interleaved(rounds, ours.upload, theirs.upload)
    with Memory(place.web) as downloading:
        down, down_direct = interleaved(rounds, ours.download, theirs.download)
    first, first_direct = interleaved(rounds, ours.first_byte, theirs.first_byte)
    for transfer in (ours, theirs):
        transfer.delete()
    size, upload, download = megabytes, f"upload {name}", f"download {name}"
    yield Figure(
        upload, "speed", size / up, "MB/s", size / up_direct, PEER_UPLOAD,
        at_least(0.35, 0.5, of="of direct"),
    )  # fmt: skip
    yield Figure(upload, "web memory over idle", uploading.over_idle, "MB", bar=at_most(64))
    yield Figure(
        download, "speed", size / down, "MB/s", size / down_direct, PEER_DOWNLOAD,
        at_least(0.4, 0.6, of="of direct"),
    )  # fmt: skip
    yield Figure(download, "web memory over idle", downloading.over_idle, "MB", bar=at_most(32))
    yield Figure(
        download, "first byte", first * 1000, "ms", first_direct * 1000, bar=at_most(8)
    )  # fmt: skip


class Transfer:
    """One file size at one server. Each method returns the seconds that it took."""

    def __init__(self, target: Target, megabytes: int) -> None:
        self.target = target
        self.size = megabytes * MEGABYTE
        self.made: list[str] = []
        address = urlsplit(target.url)
        assert address.hostname
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)

    def round(self) -> None:
        self.upload()
        self.download()
        self.delete()

    def upload(self) -> float:
        headers = {
            **self.target.headers,
            "content-type": f"multipart/form-data; boundary={BOUNDARY}",
            "content-length": str(len(HEAD) + self.size + len(TAIL)),
        }
        with stopwatch() as taken:
            self.connection.request("POST", "/openai/v1/files", self._body(), headers)
            answer = self._answer().read()
        self.made.append(answer.split(b'"id":"')[1].split(b'"')[0].decode())
        return taken()

    def download(self) -> float:
        buffer = memoryview(bytearray(256 * 1024))
        received = 0
        with stopwatch() as taken:
            content = self._content()
            while count := content.readinto(buffer):
                received += count
        assert received == self.size, f"{received} bytes came back of {self.size}"
        return taken()

    def first_byte(self) -> float:
        with stopwatch() as taken:
            assert self._content().read(1)
            seconds = taken()
        # What is left of the answer is not wanted.
        self.connection.close()
        return seconds

    def delete(self) -> None:
        for file_id in self.made:
            self.target.call("DELETE", f"/files/{file_id}")
        self.made = []

    def _body(self) -> Iterator[bytes]:
        yield HEAD
        whole, rest = divmod(self.size, len(BLOCK))
        for _ in range(whole):
            yield BLOCK
        yield BLOCK[:rest]
        yield TAIL

    def _content(self) -> http.client.HTTPResponse:
        path = f"/openai/v1/files/{self.made[-1]}/content"
        self.connection.request("GET", path, headers=self.target.headers)
        return self._answer()

    def _answer(self) -> http.client.HTTPResponse:
        answer = self.connection.getresponse()
        assert answer.status == 200, answer.read()
        return answer
