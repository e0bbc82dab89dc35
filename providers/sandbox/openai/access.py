"""Who is calling. Every key opens an account; keys are neither kept nor logged.

The account is named by what comes before the first dot, so that `sk-team.2025` and `sk-team.2026`
are two keys of one account.
"""

from hashlib import sha256

from aiohttp import web

from providers.sandbox.openai import refusals

REFUSED_KEY = "sandbox-invalid"


def account(request: web.Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise refusals.no_key()
    if key.startswith(REFUSED_KEY):
        raise refusals.wrong_key()
    return sha256(key.partition(".")[0].encode()).hexdigest()[:16]
