"""Bodies in chunks of AWS's own, signed or unsigned, with trailers or without.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import hashlib
import re
from collections.abc import Iterator

from gateway.s3.refusals import S3Error
from gateway.signatures.chunks import ChunkSignatures

CHUNKED = "aws-chunked"
STREAMING = "STREAMING-"
# Larger than a size and a signature, and than the trailers that anyone sends.
LONGEST_LINE, LONGEST_TRAILERS = 1024, 16 * 1024
TRAILER_SIGNATURE = "x-amz-trailer-signature"
_HEAD = re.compile(rb"([0-9a-fA-F]{1,15})(;[^\r\n]*)?")


class Unchunked:
    """The bytes within the chunks. `trailers` are there once all bytes are.

    Without `signatures` to check them by, those of the chunks are skipped. Raises S3Error for what is no such
    body, or ends too early, and RequestError for a signature that is wrong, after the bytes of its chunk.
    """

    def __init__(self, chunks: Iterator[bytes], signatures: ChunkSignatures | None = None) -> None:
        self.trailers: dict[str, str] = {}
        self._chunks = chunks
        self._signatures = signatures
        self._buffer = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        size = -1
        while size:
            size, signature = self._head()
            digest = hashlib.sha256()
            for piece in self._take(size):
                if self._signatures:
                    digest.update(piece)
                yield piece
            if self._signatures:
                self._signatures.check_chunk(digest.hexdigest(), signature)
            if size and bytes(self._exactly(2)) != b"\r\n":
                raise malformed("a chunk is longer than it says")
        self._read_trailers()

    def _head(self) -> tuple[int, str]:
        """The size of a chunk, and its signature, empty if it has none."""
        found = _HEAD.fullmatch(self._line())
        if found is None:
            raise malformed("the size of a chunk is no number")
        extension = (found[2] or b"").decode("latin-1")
        return int(found[1], 16), extension.removeprefix(";chunk-signature=").strip()

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
        signature = self.trailers.pop(TRAILER_SIGNATURE, "")
        if self._signatures and self.trailers:
            signed = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
            self._signatures.check_trailers(signed, signature)


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
