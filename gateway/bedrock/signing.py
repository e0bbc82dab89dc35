"""What clients of Bedrock sign."""

import hashlib
from urllib.parse import quote

from rest_framework.request import Request

from gateway.body import whole
from gateway.signatures.authentication import SignedAuthentication
from gateway.signatures.message import Message, headers_of, path_of, query_of

# What an address may hold as it is, after https://www.rfc-editor.org/rfc/rfc3986#section-3.3
IN_PATHS = "/~:@!$&'()*+,;="


class JobsAuthentication(SignedAuthentication):
    """Bodies are small, and the views read all of them anyway. Raises RequestDataTooBig, too."""

    service = "bedrock"

    def message(self, request: Request) -> Message:
        asked = request._request
        return Message(
            method=asked.method or "",
            paths=paths(request),
            resources=tuple,
            query=query_of(asked),
            headers=headers_of(asked),
            payload=lambda presigned: hashlib.sha256(whole(asked)).hexdigest(),
        )


def paths(request: Request) -> tuple[str, ...]:
    """AWS's SDKs encode all of an id, others only what an address cannot hold."""
    path = path_of(request._request)
    job = (request.parser_context or {}).get("kwargs", {}).get("job_id", "")
    before, _, after = path.rpartition(job) if job else (path, "", "")
    wholly = quote(before, safe="/~") + quote(job, safe="") + after
    return wholly, quote(path, safe="/~"), quote(path, safe=IN_PATHS)
