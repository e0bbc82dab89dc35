"""Who is calling: the key is in a header or in the query."""

from aiohttp import web

from providers.sandbox.accounts import account_of, is_refused
from providers.sandbox.gemini import refusals


def account(request: web.Request) -> str:
    key = request.headers.get("x-goog-api-key", "") or request.query.get("key", "")
    key = key.strip()
    if not key:
        raise refusals.no_key()
    if is_refused(key):
        raise refusals.wrong_key()
    return account_of(key)
