"""Who is calling, and in which version of the API.

https://platform.claude.com/docs/en/api/versioning
"""

from aiohttp import web

from providers.sandbox.accounts import account_of, is_refused
from providers.sandbox.anthropic import refusals

BEFORE_SAMPLING_WENT, NEWEST = "2023-06-01", "2026-10-21"


def account(request: web.Request) -> str:
    """Every call needs a key and a version. Where both kinds of key are sent, `x-api-key` counts.

    Keys of the old SDKs come as `x-api-key`, those of the new ones as a bearer's.
    """
    key = request.headers.get("x-api-key", "").strip() or _bearer(request)
    if not key:
        raise refusals.plain(401, "x-api-key header is required")
    if is_refused(key):
        raise refusals.plain(401)
    version(request)
    return account_of(key)


def version(request: web.Request) -> str:
    value = request.headers.get("anthropic-version")
    if value is None:
        raise refusals.invalid("anthropic-version: header is required")
    if value not in (BEFORE_SAMPLING_WENT, NEWEST):
        raise refusals.invalid(f'anthropic-version: "{value}" is not a valid version')
    return value


def betas(request: web.Request) -> list[str]:
    values = request.headers.getall("anthropic-beta", [])
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _bearer(request: web.Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
