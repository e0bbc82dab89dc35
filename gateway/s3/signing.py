"""What clients of S3 sign."""

import re
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
        path = quote(path_of(asked), safe="/~")
        headers, query = headers_of(asked), query_of(asked)

        def payload(presigned: bool) -> str:
            given = dict(query) if presigned else {}
            return content_hash(
                headers.get(CONTENT_SHA256) or given.get("X-Amz-Content-Sha256", ""), presigned
            )

        return Message(
            asked.method or "", (path,), (*resources(asked), path), query, headers, payload
        )


def content_hash(given: str, presigned: bool) -> str:
    """Raises RequestError."""
    if not given and not presigned:
        raise refused("content_hash_missing")
    if given and given not in HASHES and not _SHA256.fullmatch(given):
        raise refused("content_hash_wrong")
    return given or UNSIGNED


def resources(request: HttpRequest) -> tuple[str, ...]:
    """Bucket and key, wherever in the address the bucket is: some clients put a slash behind one."""
    bucket, key = address_of(request)
    named = quote(f"/{bucket}/{key}" if bucket else "/", safe="/~")
    return (named, named.removesuffix("/")) if bucket and not key else (named,)
