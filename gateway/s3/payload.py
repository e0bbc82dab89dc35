"""The body of a request as its client means it: out of AWS's chunks, and checked at its end.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.http import HttpRequest

from gateway.body import chunks
from gateway.s3 import checksums
from gateway.s3.checksums import ALGORITHMS, PREFIX, Digest
from gateway.s3.chunked import Unchunked, is_chunked
from gateway.s3.refusals import S3Error
from gateway.signatures.chunks import chunk_signatures

CONTENT_SHA256, TRAILER = "x-amz-content-sha256", "x-amz-trailer"
DECODED_LENGTH = "x-amz-decoded-content-length"
WANTED = "x-amz-sdk-checksum-algorithm"
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class Promise(NamedTuple):
    """What the bytes were said to have: a digest, and what it is called if they do not."""

    digest: Digest
    expected: bytes
    code: str
    message: str = ""


class Payload:
    """Iterate once. The last step raises S3Error if the bytes are not those that were promised.

    `length` is how many bytes come, None if nobody said. Once all were read, `checksum` is the one that the
    client gave, or that of the algorithm `computed`, as AWS's API says it.
    """

    def __init__(
        self, request: HttpRequest, headers: Mapping[str, str], *, computed: str = ""
    ) -> None:
        """`headers` are those of the request, or of a presigned URL. Raises S3Error."""
        self._request = request
        self._headers = headers
        encoding = request.headers.get("content-encoding", "")
        self._chunked = is_chunked(headers.get(CONTENT_SHA256, ""), encoding)
        self._trailing = self._trailing_algorithm()
        self._promises = self._promised()
        self.algorithm = self._named_algorithm() or self._trailing or computed
        self._digest = ALGORITHMS[self.algorithm]() if self.algorithm else None
        self.length = self._length()
        self.checksum: dict[str, str] = {}
        """By the parameter's name; empty if there is none."""

    def __iter__(self) -> Iterator[bytes]:
        raw = chunks(self._request)
        body = Unchunked(raw, chunk_signatures(self._request)) if self._chunked else raw
        size = 0
        for chunk in body:
            size += len(chunk)
            for promise in self._promises:
                promise.digest.update(chunk)
            if self._digest:
                self._digest.update(chunk)
            yield chunk
        if self.length is not None and size != self.length:
            raise S3Error("IncompleteBody")
        self._check(body.trailers if isinstance(body, Unchunked) else {})

    def _check(self, trailers: Mapping[str, str]) -> None:
        for promise in self._promises:
            if promise.digest.digest() != promise.expected:
                raise S3Error(promise.code, promise.message)
        if self._digest is None:
            return
        found = self._digest.digest()
        told = trailers.get(PREFIX + self._trailing) if self._trailing else None
        if self._trailing and (not told or _expected(told, self._trailing) != found):
            raise _bad(self._trailing) if told else S3Error("MalformedTrailerError")
        if (given := self._given()) and _expected(given[1], given[0]) != found:
            raise _bad(given[0])
        self.checksum = {checksums.parameter(self.algorithm): checksums.encoded(found)}

    def _promised(self) -> list[Promise]:
        promises = []
        if text := self._headers.get("content-md5"):
            digest = checksums.decoded(text, "md5")
            if digest is None:
                raise S3Error("InvalidDigest")
            message = "The Content-MD5 you specified did not match what we received."
            promises.append(Promise(ALGORITHMS["md5"](), digest, "BadDigest", message))
        sha256 = self._headers.get(CONTENT_SHA256, "")
        if _SHA256.fullmatch(sha256):
            digest = bytes.fromhex(sha256)
            promises.append(Promise(hashlib.sha256(), digest, "XAmzContentSHA256Mismatch"))
        return promises

    def _given(self) -> tuple[str, str] | None:
        """The algorithm and the checksum among the headers. Raises S3Error if there are two."""
        found = [
            (name.removeprefix(PREFIX), value)
            for name, value in self._headers.items()
            if name.removeprefix(PREFIX) in ALGORITHMS and name.startswith(PREFIX)
        ]
        if len(found) > 1:
            raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header.")
        return found[0] if found else None

    def _named_algorithm(self) -> str:
        """Raises S3Error for a checksum that is none, or one that was announced and did not come."""
        given = self._given()
        if given is None:
            if self._headers.get(WANTED) and not self._trailing:
                raise S3Error(
                    "InvalidRequest",
                    f"{WANTED} specified, but no corresponding {PREFIX}* or {TRAILER} headers "
                    "were found.",
                )
            return ""
        _expected(given[1], given[0])
        return given[0]

    def _trailing_algorithm(self) -> str:
        name = self._headers.get(TRAILER, "").strip().lower()
        if not name:
            return ""
        algorithm = name.removeprefix(PREFIX)
        if not self._chunked or name == algorithm or algorithm not in ALGORITHMS:
            raise S3Error(
                "InvalidRequest", f"The value specified in the {TRAILER} header is wrong."
            )
        return algorithm

    def _length(self) -> int | None:
        """Raises S3Error if a length is none."""
        meta = self._request.META
        text = self._headers.get(DECODED_LENGTH, "") if self._chunked else ""
        if not self._chunked and "HTTP_TRANSFER_ENCODING" not in meta:
            text = meta.get("CONTENT_LENGTH", "")
            if not text:
                raise S3Error("MissingContentLength")
        if not text:
            return None
        if not text.isascii() or not text.isdecimal():
            raise S3Error("InvalidRequest", "The length of the body is no number.")
        return int(text)


def _expected(text: str, algorithm: str) -> bytes:
    """Raises S3Error for what no such checksum can be."""
    digest = checksums.decoded(text, algorithm)
    if digest is None:
        message = f"Value for {PREFIX}{algorithm} header is invalid."
        raise S3Error("InvalidRequest", message)
    return digest


def _bad(algorithm: str) -> S3Error:
    name = algorithm.upper()
    return S3Error("BadDigest", f"The {name} you specified did not match the calculated checksum.")
