"""Who is calling: the account of an access key. Signatures are not checked.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import re

from aiohttp import web

from providers.sandbox.accounts import account_of, is_refused

_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/")
_USUAL_REGION = "us-east-1"


class NobodyError(Exception):
    """No key came with the call, or one that is refused."""


def account(request: web.Request) -> str:
    """Raises NobodyError."""
    key = _key(request)
    if not key or is_refused(key):
        raise NobodyError
    return account_of(key)


def region(request: web.Request) -> str:
    signed = _SIGNED.match(request.headers.get("authorization", ""))
    return signed[2] if signed else _USUAL_REGION


def number(account: str) -> str:
    """An account as AWS numbers them, with twelve digits."""
    return f"{int(account, 16) % 10**12:012}"


def _key(request: web.Request) -> str:
    """The access key's id of a signature, or all of an API key of Bedrock's."""
    header = request.headers.get("authorization", "")
    signed = _SIGNED.match(header)
    if signed:
        return signed[1]
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
