"""Who calls with a client of AWS's: by a key as everywhere, or by a signature with its pair."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.request import Request

from gateway.authentication import Authentication, anyone, caller_of, presented_key
from gateway.caller import Caller
from gateway.signatures import fourth, second
from gateway.signatures.chunks import SEED
from gateway.signatures.fourth import Fourth
from gateway.signatures.message import Message
from gateway.signatures.refusals import refused
from gateway.signatures.scope import OLDER, signed_scope
from gateway.signatures.second import Second
from providers.models import VirtualKey


class SignedAuthentication(Authentication):
    """Of one service of AWS's. Raises AuthenticationFailed, and RequestError for a signature."""

    service: str
    versions: tuple[type, ...] = (Fourth,)

    def message(self, request: Request) -> Message:
        """The request, as it may have been signed."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        if presented_key(request):
            return super().authenticate(request)
        name = signed_scope(request._request)[0]
        if settings.AUTH == "open" and name:
            return None, anyone(request, name)
        claim = self.claim(request._request)
        if claim is None:
            raise refused("key_missing")
        claim.check_time(timezone.now())
        key = VirtualKey.signing(claim.access_key_id)
        if key is None:
            raise refused("access_key_unknown")
        # For those who read the body: its chunks may be signed, too.
        request._request.META[SEED] = claim.check(key.signing_secret, self.message(request))
        return None, caller_of(key)

    def claim(self, request: HttpRequest) -> Fourth | Second | None:
        """What a request says of its signature, None if it has none. Raises RequestError."""
        scheme = request.headers.get("authorization", "").partition(" ")[0]
        if scheme == fourth.ALGORITHM:
            return fourth.read_header(request, self.service)
        if scheme == OLDER and Second in self.versions:
            return second.read_header(request)
        if not scheme and any(
            name in request.GET for name in ("X-Amz-Algorithm", "X-Amz-Signature")
        ):
            return fourth.read_query(request.GET, self.service)
        if not scheme and "AWSAccessKeyId" in request.GET and Second in self.versions:
            return second.read_query(request.GET)
        return None
