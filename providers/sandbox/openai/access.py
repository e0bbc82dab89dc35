"""Who is calling."""

from aiohttp import web

from providers.sandbox.accounts import account_of, is_refused
from providers.sandbox.openai import refusals


def account(request: web.Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise refusals.no_key()
    if is_refused(key):
        raise refusals.wrong_key()
    return account_of(key)
