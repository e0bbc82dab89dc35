"""Version 4 of AWS's signatures, in the header and in the query.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.http import HttpRequest, QueryDict

from gateway.signatures.chunks import Seed
from gateway.signatures.message import Message, unsigned
from gateway.signatures.refusals import refused
from gateway.signatures.times import BASIC, LONGEST, SKEW, basic, moment

ALGORITHM = "AWS4-HMAC-SHA256"
CONTENT_SHA256 = "x-amz-content-sha256"
_HEX = re.compile(r"[0-9a-f]{64}")
_SCOPE = re.compile(r"([^/]+)/([0-9]{8})/([^/]+)/([^/]+)/aws4_request")


class _AsSigned:
    """botocore's own signer, which signs what it is given and chooses nothing."""

    def headers_to_sign(self, request: AWSRequest) -> Any:
        return request.headers

    def payload(self, request: AWSRequest) -> Any:
        return request.context["payload"]


class _Signer(_AsSigned, SigV4Auth):
    """Encodes paths once more, and takes `.` and `..` out of them."""


class _StorageSigner(_AsSigned, S3SigV4Auth):
    """Takes paths as they are."""


SIGNERS = {"s3": _StorageSigner}


@dataclass(frozen=True)
class Fourth:
    """`lifetime` is None of a signature in the header, which counts as long as clocks may differ."""

    access_key_id: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    time: datetime
    lifetime: timedelta | None

    def check_time(self, now: datetime) -> None:
        """Raises RequestError."""
        if self.lifetime is None and abs(now - self.time) > SKEW:
            raise refused("signature_late", f"Here it is {basic(now)}.")
        if self.lifetime is not None and self.time - now > SKEW:
            raise refused("url_early")
        if self.lifetime is not None and now > self.time + self.lifetime:
            raise refused("url_expired")

    def check(self, secret: str, message: Message) -> Seed:
        """Raises RequestError for a signature that is none by that secret of all that has to be signed."""
        payload = message.payload(self.lifetime is not None)
        self._check_headers(message, payload)
        for path in message.paths:
            signed = self._signed(secret, message, path, payload)
            if hmac.compare_digest(signed.signature, self.signature):
                return signed
        raise refused("signature_wrong")

    def _check_headers(self, message: Message, payload: str) -> None:
        """The hash of the body is signed by itself, so a URL that was signed without its header is safe."""
        if message.headers.get(CONTENT_SHA256, payload) != payload:
            raise refused("signature_wrong", "The body has another hash than x-amz-content-sha256.")
        own = [] if self.lifetime is None else [CONTENT_SHA256]
        missing = [] if "host" in self.signed_headers else ["host"]
        if self.service == "s3":
            missing += unsigned(message.headers, (*self.signed_headers, *own))
        if missing:
            raise refused("headers_unsigned", ", ".join(missing))

    def _signed(self, secret: str, message: Message, path: str, payload: str) -> Seed:
        """What the client must have signed, if it has that secret."""
        credentials = Credentials(self.access_key_id, secret)
        signer = SIGNERS.get(self.service, _Signer)(credentials, self.service, self.region)
        given = {name: message.headers.get(name, "") for name in self.signed_headers}
        # Pairs, and not the mapping that botocore declares: a name may be there twice.
        query: Any = [pair for pair in message.query if pair[0] != "X-Amz-Signature"]
        url = f"https://{message.host}{path}"
        request = AWSRequest(message.method, url, headers=given, params=query)
        request.context |= {"timestamp": basic(self.time), "payload": payload}
        text = signer.string_to_sign(request, signer.canonical_request(request))
        sign = partial(signer.signature, request=request)
        scope = signer.credential_scope(request)
        return Seed(sign(text), basic(self.time), scope, payload, sign)


def read_header(request: HttpRequest, service: str) -> Fourth:
    """Raises RequestError."""
    parameters = request.headers.get("authorization", "").partition(" ")[2]
    pairs = (part.strip().partition("=") for part in parameters.split(","))
    given = {name: value.strip() for name, _, value in pairs}
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not given.get(name):
            raise refused("authorization_malformed", f"It has no {name}.")
    time = moment(request.headers.get("x-amz-date") or request.headers.get("date", ""))
    if time is None:
        raise refused("authorization_malformed", f"X-Amz-Date is no time of the form {BASIC}.")
    return _read(given, "", time, None, service, "authorization_malformed")


def read_query(given: QueryDict, service: str) -> Fourth:
    """Raises RequestError."""
    query = {name: str(value) for name, value in given.items()}
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        raise refused("query_malformed", f"X-Amz-Algorithm must be {ALGORITHM}.")
    for name in ("Credential", "SignedHeaders", "Signature", "Date", "Expires"):
        if not query.get(f"X-Amz-{name}"):
            raise refused("query_malformed", f"There is no X-Amz-{name}.")
    time = moment(query["X-Amz-Date"])
    if time is None:
        raise refused("query_malformed", f"X-Amz-Date is no time of the form {BASIC}.")
    text = query["X-Amz-Expires"]
    seconds = int(text) if re.fullmatch("[0-9]{1,9}", text) else 0
    if not 1 <= seconds <= LONGEST.total_seconds():
        raise refused("query_malformed", "X-Amz-Expires must be from 1 to 604800 seconds.")
    lifetime = timedelta(seconds=seconds)
    return _read(query, "X-Amz-", time, lifetime, service, "query_malformed")


def _read(
    given: Mapping[str, str],
    prefix: str,
    time: datetime,
    lifetime: timedelta | None,
    service: str,
    code: str,
) -> Fourth:
    found = _SCOPE.fullmatch(given[f"{prefix}Credential"])
    if found is None:
        raise refused(code, "The Credential must be KEY-ID/YYYYMMDD/REGION/SERVICE/aws4_request.")
    key, date, region, named = found.groups()
    if named != service:
        raise refused(code, f"The service in the Credential must be {service}.")
    if date != basic(time)[:8]:
        raise refused(code, "The date in the Credential is not that of X-Amz-Date.")
    signature = given[f"{prefix}Signature"]
    if not _HEX.fullmatch(signature):
        raise refused(code, "The Signature must be 64 hexadecimal digits.")
    names = tuple(given[f"{prefix}SignedHeaders"].lower().split(";"))
    return Fourth(key, region, named, names, signature, time, lifetime)
