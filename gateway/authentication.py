"""Who calls: the key, wherever an SDK puts it, and the workspace that it opens."""

import hashlib
import re

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from gateway.caller import Caller
from providers.admission import admit
from providers.models import VirtualKey, Workspace

SIGNED = re.compile(r"(?:^|[\s,])Credential=([^\s,]+)")
HEADERS = ("x-bf-vk", "x-api-key", "x-goog-api-key")
MISSING = "You didn't provide an API key: send your Bifrost key as 'Authorization: Bearer KEY'."
INCORRECT = "Incorrect API key provided: it is unknown here, revoked or expired."


class Authentication(BaseAuthentication):
    """Puts a Caller at `request.auth`. Raises AuthenticationFailed and LimitExceededError."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        text = presented_key(request)
        if not text:
            raise AuthenticationFailed(MISSING)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        if settings.AUTH == "open":
            workspace = Workspace.objects.get(name=Workspace.DEFAULT)
            return None, Caller(workspace, None, fingerprint)
        key = VirtualKey.valid(fingerprint)
        if key is None:
            raise AuthenticationFailed(INCORRECT)
        admit(key)
        return None, Caller(key.workspace, key, fingerprint)

    def authenticate_header(self, request: Request) -> str:
        """Without one, a refused key would be a 403."""
        return "Bearer"


def presented_key(request: Request) -> str:
    """The key as it was sent. Of a request that AWS's SDKs signed, the access key id is the key."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    given = (request.headers.get(name, "").strip() for name in HEADERS)
    return next((key for key in given if key), "") or signed_scope(request)[0]


def signed_scope(request: Request) -> list[str]:
    """The access key id that AWS's SDKs signed a request with, and the date, region and service that they
    signed it for. What is missing is left out, but the first is there and may be empty.

    Its older way, with the id alone, is what boto3 makes URLs for others with.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
    """
    scheme, _, parameters = request.headers.get("authorization", "").partition(" ")
    query = request.query_params
    scope = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId", "")
    if scheme == "AWS4-HMAC-SHA256" and (found := SIGNED.search(parameters)):
        scope = found[1]
    elif scheme == "AWS":
        scope = parameters.partition(":")[0]
    return scope.split("/")
