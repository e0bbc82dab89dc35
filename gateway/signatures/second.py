"""The version that S3 had before, in which boto3 still signs URLs for endpoints of one's own.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, quote

from botocore.auth import HmacV1Auth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from django.http import HttpRequest, QueryDict

from gateway.signatures.message import Message
from gateway.signatures.refusals import refused
from gateway.signatures.times import SKEW, basic, moment

LATEST = datetime.max.replace(tzinfo=UTC).timestamp()
# What a URL may hold in the place of headers.
MOVED = ("content-type", "content-md5")


class _Signer(HmacV1Auth):
    """botocore's own signer, at the time of the request."""

    def __init__(self, credentials: Credentials, date: str) -> None:
        super().__init__(credentials)
        self._date = date

    def _get_date(self) -> str:
        return self._date


@dataclass(frozen=True)
class Second:
    """`date` is as it was signed. A signature in the header has a time, one in the query ends."""

    access_key_id: str
    signature: str
    date: str
    time: datetime | None = None
    ends: datetime | None = None

    def check_time(self, now: datetime) -> None:
        """Raises RequestError."""
        if self.time and abs(now - self.time) > SKEW:
            raise refused("signature_late", f"Here it is {basic(now)}.")
        if self.ends and now > self.ends:
            raise refused("url_expired")

    def check(self, secret: str, message: Message) -> None:
        """Raises RequestError for a signature that is none by that secret."""
        signer = _Signer(Credentials(self.access_key_id, secret), self.date)
        for resource in message.resources():
            text = self._text(signer, message, resource)
            if hmac.compare_digest(signer.sign_string(text).encode(), self.signature.encode()):
                return
        raise refused("signature_wrong")

    def _text(self, signer: _Signer, message: Message, resource: str) -> str:
        """What the client must have signed. A header goes before one in the query, as for the views."""
        headers: Any = HTTPHeaders()
        given = dict(self._in_query(message)) if self.ends else {}
        for name, value in (given | dict(message.headers)).items():
            headers[name] = value
        query = "&".join(
            f"{name}={quote(value)}" if value else name for name, value in message.query
        )
        split = SplitResult("https", message.host, message.paths[0], query, "")
        text: str = signer.canonical_string(message.method, split, headers, auth_path=resource)
        return text

    def _in_query(self, message: Message) -> list[tuple[str, str]]:
        pairs = ((name.lower(), value) for name, value in message.query)
        return [pair for pair in pairs if pair[0].startswith("x-amz-") or pair[0] in MOVED]


def read_header(request: HttpRequest) -> Second:
    """Raises RequestError."""
    parameters = request.headers.get("authorization", "").partition(" ")[2].strip()
    key, _, signature = parameters.partition(":")
    if not key or not signature:
        raise refused("authorization_malformed", "It must be 'AWS KEY-ID:SIGNATURE'.")
    own = request.headers.get("x-amz-date", "")
    date = request.headers.get("date", "")
    time = moment(own or date)
    if time is None:
        raise refused("authorization_malformed", "There is no Date, or it is no time.")
    return Second(key, signature, "" if own else date, time=time)


def read_query(query: QueryDict) -> Second:
    """Raises RequestError."""
    key, signature, text = (
        query.get(name, "") for name in ("AWSAccessKeyId", "Signature", "Expires")
    )
    if not key or not signature:
        raise refused("query_malformed", "AWSAccessKeyId, Signature and Expires must be there.")
    if not text.isascii() or not text.isdecimal() or float(text) > LATEST:
        raise refused("query_malformed", "Expires must be the seconds since 1970.")
    return Second(key, signature, text, ends=datetime.fromtimestamp(int(text), UTC))
