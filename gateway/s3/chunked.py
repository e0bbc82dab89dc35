"""Bodies in chunks of AWS's own, signed or unsigned, with trailers or without.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import re
from collections.abc import Iterator

from gateway.s3.refusals import S3Error

CHUNKED = "aws-chunked"
STREAMING = "STREAMING-"
# Larger than a size and a signature, and than the trailers that anyone sends.
LONGEST_LINE, LONGEST_TRAILERS = 1024, 16 * 1024
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(;[^\r\n]*)?")


class Unchunked:
    """The bytes within the chunks. `trailers` are there once all bytes are.

    Signatures are skipped. Raises S3Error for what is no such body, or ends too early.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.trailers: dict[str, str] = {}
        self._chunks = chunks
        self._buffer = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        while size := self._size():
            yield from self._take(size)
            if bytes(self._exactly(2)) != b"\r\n":
                raise malformed("a chunk is longer than it says")
        self._read_trailers()

    def _size(self) -> int:
        found = _SIZE.fullmatch(self._line())
        if found is None:
            raise malformed("the size of a chunk is no number")
        return int(found[1], 16)

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise malformed("the size of a chunk is no number")
            self._fill()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _take(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._buffer:
                self._fill()
            piece = bytes(memoryview(self._buffer)[:size])
            del self._buffer[: len(piece)]
            size -= len(piece)
            yield piece

    def _exactly(self, size: int) -> bytearray:
        while len(self._buffer) < size:
            self._fill()
        found = self._buffer[:size]
        del self._buffer[:size]
        return found

    def _fill(self) -> None:
        chunk = next(self._chunks, b"")
        if not chunk:
            raise S3Error("IncompleteBody")
        self._buffer += chunk

    def _read_trailers(self) -> None:
        for chunk in self._chunks:
            self._buffer += chunk
            if len(self._buffer) > LONGEST_TRAILERS:
                raise S3Error("MalformedTrailerError")
        for line in self._buffer.decode("latin-1").split("\n"):
            name, colon, value = line.strip().partition(":")
            if colon:
                self.trailers[name.strip().lower()] = value.strip()
            elif name:
                raise S3Error("MalformedTrailerError")


def is_chunked(content_sha256: str, content_encoding: str) -> bool:
    """A client that signs says it in its signature; of others the encoding tells."""
    if content_sha256:
        return content_sha256.startswith(STREAMING)
    return CHUNKED in encodings(content_encoding)


def encodings(content_encoding: str) -> list[str]:
    return [one.strip() for one in content_encoding.split(",") if one.strip()]


def own_encoding(content_encoding: str) -> str:
    """The encoding of the object itself: without the chunks that it travelled in."""
    return ",".join(one for one in encodings(content_encoding) if one != CHUNKED)


def malformed(why: str) -> S3Error:
    return S3Error("InvalidRequest", f"The body is not in AWS's chunks: {why}.")
