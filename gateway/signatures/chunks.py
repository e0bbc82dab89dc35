"""The signatures of the chunks of a body, each of which holds the one before it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest

from gateway.signatures.refusals import refused

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
EMPTY = hashlib.sha256().hexdigest()
# Where the seed stands among what came with a request.
SEED = "bifrost.signature_seed"


@dataclass(frozen=True)
class Seed:
    """What the signature of a request leaves for those of its chunks."""

    signature: str
    time: str
    scope: str
    payload: str
    sign: Callable[[str], str] = field(repr=False)


class ChunkSignatures:
    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._previous = seed.signature

    def check_chunk(self, sha256: str, signature: str) -> None:
        """Raises RequestError."""
        self._check("PAYLOAD", f"{EMPTY}\n{sha256}", signature)

    def check_trailers(self, trailers: str, signature: str) -> None:
        """`trailers` are lines `name:value`. Raises RequestError."""
        self._check("TRAILER", hashlib.sha256(trailers.encode("latin-1")).hexdigest(), signature)

    def _check(self, kind: str, hashed: str, signature: str) -> None:
        seed = self._seed
        lines = (f"AWS4-HMAC-SHA256-{kind}", seed.time, seed.scope, self._previous, hashed)
        expected = seed.sign("\n".join(lines))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise refused("signature_wrong", "It is that of a chunk of the body.")
        self._previous = expected


def chunk_signatures(request: HttpRequest) -> ChunkSignatures | None:
    """None where the chunks of a body need no signature."""
    seed = request.META.get(SEED)
    if seed is None or not seed.payload.startswith(SIGNED):
        return None
    return ChunkSignatures(seed)
