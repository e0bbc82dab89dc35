"""The bytes of objects: from the wire to the disk, and back."""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from providers.sandbox.bedrock.s3 import refusals
from providers.sandbox.gate import Download

_CHUNK = 256 * 1024


class Received(NamedTuple):
    bytes: int
    etag: str


class Content(Download):
    """`count` bytes of a file, from byte `first` on, with the headers that it is given."""

    def __init__(
        self, path: Path, *, headers: dict[str, str], status: int, first: int, count: int
    ) -> None:
        super().__init__(path, headers=headers)
        self.set_status(status)
        self._first = first
        self._count = count

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        self.content_length = self._count
        with self.source.open("rb") as file:
            writer = await web.StreamResponse.prepare(self, request)
            if request.method != "HEAD":
                file.seek(self._first)
                left = self._count
                while left and (chunk := file.read(min(_CHUNK, left))):
                    await self.write(chunk)
                    left -= len(chunk)
        await self.write_eof()
        return writer


async def receive(request: web.Request, path: Path, *, most: int) -> Received:
    """Stream a body to the disk, and compare it with the checksums that came with it."""
    if "aws-chunked" in request.headers.get("content-encoding", ""):
        raise refusals.plain(501, "The sandbox takes no bodies in signed chunks.")
    hashed, crc, size = md5(usedforsecurity=False), 0, 0
    with path.open("wb", buffering=0) as file:
        async for chunk in request.content.iter_any():
            size += len(chunk)
            if size > most:
                message = "Your proposed upload exceeds the maximum allowed size"
                raise refusals.refusal(400, "EntityTooLarge", message)
            hashed.update(chunk)
            crc = zlib.crc32(chunk, crc)
            file.write(chunk)
    found = {
        "content-md5": b64encode(hashed.digest()).decode(),
        "x-amz-checksum-crc32": b64encode(crc.to_bytes(4, "big")).decode(),
    }
    _compare(request.headers, found)
    return Received(size, hashed.hexdigest())


def _compare(told: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name, value in found.items():
        if told.get(name, value) != value:
            message = f"The {name} you specified did not match what we received."
            raise refusals.refusal(400, "BadDigest", message)
