"""Where a request points to: a bucket and a key, by the path or by the name of the host."""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest

from gateway.s3.refusals import S3Error

ROOT = "/bedrock/files"
LOOPBACK = "localhost"
LONGEST_KEY, LONGEST_BUCKET = 1024, 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Address(NamedTuple):
    """No bucket: all of them. No key: the bucket itself."""

    bucket: str
    key: str

    @property
    def level(self) -> str:
        if self.key:
            return "object"
        return "bucket" if self.bucket else "service"


def address_of(request: HttpRequest) -> Address:
    """Raises S3Error."""
    return checked(written_address(request))


def written_address(request: HttpRequest) -> Address:
    """The key as its client wrote it: `a//b`, `./a/../b` and `/lead` stay."""
    rest = request.path_info.removeprefix(ROOT).removeprefix("/")
    bucket = bucket_in(request.META.get("HTTP_HOST", ""))
    if bucket:
        return Address(bucket, rest)
    bucket, _, key = rest.partition("/")
    return Address(bucket, key)


def url_of(bucket: str, key: str) -> str:
    return f"{settings.PUBLIC_URL}{ROOT}/{bucket}/{quote(key)}"


def checked(address: Address) -> Address:
    """Raises S3Error for names that are too long or that no database takes."""
    if len(address.key.encode()) > LONGEST_KEY:
        raise S3Error("KeyTooLongError", MaxSizeAllowed=str(LONGEST_KEY))
    if "\0" in address.bucket + address.key:
        raise S3Error("InvalidURI")
    if len(address.bucket) > LONGEST_BUCKET or _CONTROL.search(address.bucket):
        raise S3Error("InvalidBucketName")
    return address


def bucket_in(host: str) -> str:
    """The bucket of a host name `<bucket>.<a name of this server>`, empty if there is none in it."""
    name = urlsplit(f"//{host}").hostname or ""
    names = own_names()
    if name in names:
        return ""
    return next((name.removesuffix(f".{own}") for own in names if name.endswith(f".{own}")), "")


def own_names() -> list[str]:
    """What the server is called, the longest first: an address has no names below it."""
    known = {LOOPBACK, settings.PUBLIC_HOST}
    known |= {name.removeprefix(".").lower() for name in settings.ALLOWED_HOSTS}
    return sorted((name for name in known if name and _may_have_buckets(name)), key=_longest_first)


def _may_have_buckets(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name != "*"
    return False


def _longest_first(name: str) -> tuple[int, str]:
    return -len(name), name
