"""How to know a create again that is repeated because its answer got lost."""

import hashlib
from typing import TYPE_CHECKING

from rest_framework.request import Request

from batches.services import Repeat
from gateway.caller import Caller
from gateway.choice import HEADER

if TYPE_CHECKING:
    from hashlib import _Hash


def digest_of(caller: Caller, body: bytes = b"") -> "_Hash":
    """Stands for who sent what. Of a body that comes in pieces, update it with each."""
    return hashlib.sha256(caller.fingerprint.encode() + b"\n" + body)


def told_apart(caller: Caller, digest: str) -> str:
    """The digest of what was asked, which is another if it is asked for with a key of the client's own."""
    if not caller.own_key:
        return digest
    return hashlib.sha256(f"{caller.fingerprint}\n{digest}".encode()).hexdigest()


def repeat_of(request: Request, digest: str) -> Repeat:
    """Clients say it with a key, and SDKs count their own retries in a header.

    `digest` is of the body. What chooses the provider beside it counts as well.
    """
    beside = (request.META.get("QUERY_STRING", ""), request.headers.get(HEADER, ""))
    digest = hashlib.sha256("\n".join((digest, *beside)).encode()).hexdigest()
    retries = request.headers.get("x-stainless-retry-count", "0")
    key = request.headers.get("idempotency-key")
    return Repeat(digest, key[:255] if key else None, retries not in ("", "0"))
