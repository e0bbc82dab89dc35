"""The checksums that S3's clients send: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"""

import hashlib
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from awscrt import checksums as crt

PREFIX = "x-amz-checksum-"
# Of all bytes of an object, or of the checksums of its parts.
WHOLE, COMPOSITE = "FULL_OBJECT", "COMPOSITE"


class Digest(Protocol):
    def update(self, chunk: bytes, /) -> object: ...

    def digest(self) -> bytes: ...


class Crc:
    def __init__(self, step: Callable[[bytes, int], int], size: int) -> None:
        self._step = step
        self._size = size
        self._value = 0

    def update(self, chunk: bytes) -> None:
        self._value = self._step(chunk, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class XXHash:
    def __init__(self, new: Callable[[], crt.XXHash]) -> None:
        self._hash = new()

    def update(self, chunk: bytes) -> None:
        self._hash.update(chunk)

    def digest(self) -> bytes:
        return bytes(self._hash.finalize())


ALGORITHMS: dict[str, Callable[[], Digest]] = {
    "crc32": partial(Crc, zlib.crc32, 4),
    "crc32c": partial(Crc, crt.crc32c, 4),
    "crc64nvme": partial(Crc, crt.crc64nvme, 8),
    "md5": partial(hashlib.md5, usedforsecurity=False),
    "sha1": partial(hashlib.sha1, usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "xxhash64": partial(XXHash, crt.XXHash.new_xxhash64),
    "xxhash3": partial(XXHash, crt.XXHash.new_xxhash3_64),
    "xxhash128": partial(XXHash, crt.XXHash.new_xxhash3_128),
}
SIZES = {name: len(new().digest()) for name, new in ALGORITHMS.items()}
# Their polynomials, the lowest power first: only of these can a whole be told from its parts.
POLYNOMIALS = {
    "crc32": 0xEDB88320,
    "crc32c": 0x82F63B78,
    "crc64nvme": 0x9A6C9329AC4BC9B5,
}


def parameter(algorithm: str) -> str:
    """What AWS calls the checksum in its API."""
    return f"Checksum{algorithm.upper()}"


def encoded(digest: bytes) -> str:
    return b64encode(digest).decode()


def decoded(text: str, algorithm: str) -> bytes | None:
    """The digest, None if the text cannot be one of that algorithm."""
    try:
        digest = b64decode(text, validate=True)
    except (NotBase64Error, ValueError):
        return None
    return digest if len(digest) == SIZES[algorithm] else None


class Digested:
    """Chunks, whose `checksum` is there after the last of them, if there is an algorithm for it."""

    def __init__(self, algorithm: str, chunks: Iterator[bytes]) -> None:
        self.algorithm = algorithm
        self.chunks = chunks
        self.checksum: dict[str, str] = {}
        """By the parameter's name."""

    def __iter__(self) -> Iterator[bytes]:
        digest = ALGORITHMS[self.algorithm]() if self.algorithm else None
        for chunk in self.chunks:
            if digest:
                digest.update(chunk)
            yield chunk
        if digest:
            self.checksum = {parameter(self.algorithm): encoded(digest.digest())}


class Part(NamedTuple):
    """What the checksum of an object is made of."""

    checksum: str
    size: int


def of_parts(algorithm: str, parts: Iterable[Part]) -> str:
    """The checksum of the parts' checksums, and their number: S3's `COMPOSITE`."""
    digest, count = ALGORITHMS[algorithm](), 0
    for part in parts:
        digest.update(b64decode(part.checksum))
        count += 1
    return f"{encoded(digest.digest())}-{count}"


def of_whole(algorithm: str, parts: Iterable[Part]) -> str:
    """The checksum of all bytes, from those of the parts: S3's `FULL_OBJECT`.

    As zlib does it: to append n bytes is to multiply by x to the power of 8n, modulo the polynomial.
    """
    polynomial, size = POLYNOMIALS[algorithm], SIZES[algorithm]
    one = 1 << (8 * size - 1)
    value = 0
    for part in parts:
        shifted = _product(_power_of_x(8 * part.size, polynomial, one), value, polynomial, one)
        value = shifted ^ int.from_bytes(b64decode(part.checksum), "big")
    return encoded(value.to_bytes(size, "big"))


def _product(a: int, b: int, polynomial: int, one: int) -> int:
    """Of two polynomials modulo a third, all of them with the lowest power in the highest bit: `one`."""
    product, bit = 0, one
    while bit:
        if a & bit:
            product ^= b
        b = (b >> 1) ^ (polynomial if b & 1 else 0)
        bit >>= 1
    return product


@lru_cache(maxsize=64)
def _power_of_x(exponent: int, polynomial: int, one: int) -> int:
    result, base = one, one >> 1
    while exponent:
        if exponent & 1:
            result = _product(result, base, polynomial, one)
        base = _product(base, base, polynomial, one)
        exponent >>= 1
    return result
