"""What clients of S3 sign."""

import re
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from django.http import HttpRequest
from rest_framework.request import Request

from gateway.s3.address import address_of
from gateway.signatures.authentication import SignedAuthentication
from gateway.signatures.chunks import SIGNED
from gateway.signatures.fourth import CONTENT_SHA256, Fourth
from gateway.signatures.message import Message, headers_of, path_of, query_of
from gateway.signatures.refusals import refused
from gateway.signatures.second import Second

UNSIGNED = "UNSIGNED-PAYLOAD"
# The client says in its signature that it does not sign the bytes: that is its choice, over TLS or not.
HASHES = (UNSIGNED, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", SIGNED, f"{SIGNED}-TRAILER")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class StorageAuthentication(SignedAuthentication):
    service = "s3"
    versions = (Fourth, Second)

    def message(self, request: Request) -> Message:
        asked = request._request
        headers, query = headers_of(asked), query_of(asked)
        return Message(
            method=asked.method or "",
            paths=(signed_path(asked),),
            resources=partial(resources, asked),
            query=query,
            headers=headers,
            payload=partial(content_hash, headers, dict(query)),
        )


def signed_path(request: HttpRequest) -> str:
    return quote(path_of(request), safe="/~")


def content_hash(headers: Mapping[str, str], query: Mapping[str, str], presigned: bool) -> str:
    """Raises RequestError."""
    given = headers.get(CONTENT_SHA256, "")
    if presigned:
        given = given or query.get("X-Amz-Content-Sha256", UNSIGNED)
    if not given:
        raise refused("content_hash_missing")
    if given not in HASHES and not _SHA256.fullmatch(given):
        raise refused("content_hash_wrong")
    return given


def resources(request: HttpRequest) -> tuple[str, ...]:
    """Bucket and key, wherever in the address the bucket is, or the path. Raises S3Error.

    Some clients put a slash behind a bucket.
    """
    bucket, key = address_of(request)
    named = quote(f"/{bucket}/{key}" if bucket else "/", safe="/~")
    return named, (named if key else named.rstrip("/")), signed_path(request)
