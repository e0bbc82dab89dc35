"""What happens to every request: an id, a line in the log that holds neither secret nor text, and
a word to browsers about what the answer may do.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.encoding import iri_to_uri

from bifrost.logs import request_id
from gateway.surface import REQUEST_ID

logger = logging.getLogger("bifrost.request")
QUIET = {"/healthz", "/readyz", "/metrics"}
ACCEPTED_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
# Ours, which is OpenAI's too, and where the SDKs of Anthropic, Bedrock and S3 look for it.
NAMES = ("x-request-id", "request-id", "x-amzn-requestid", "x-amz-request-id")

ADMIN = "/admin/"
POLICY = "content-security-policy"
# What clients and providers wrote is no page, whatever a browser takes it for.
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "camera",
        "geolocation",
        "microphone",
        "payment",
        "publickey-credentials-get",
        "usb",
    )
)


def request_log(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Name the request as the caller did in `x-request-id`, or anew, and say so in the answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("x-request-id", "")
        name = given if ACCEPTED_ID.fullmatch(given) else f"req_{secrets.token_hex(16)}"
        request_id.set(name)
        request.META[REQUEST_ID] = name
        began = time.perf_counter()
        response = get_response(request)
        for header in NAMES:
            response[header] = name
        if request.path not in QUIET:
            milliseconds = (time.perf_counter() - began) * 1000
            # Quoted again: a path with a line end in it would forge a line of the log.
            path = iri_to_uri(request.path)
            logger.info(
                "%s %s %d in %.1f ms", request.method, path, response.status_code, milliseconds
            )
        return response

    return middleware


def browser_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Pages of the admin may do what the settings say, all other answers nothing."""
    admin: Callable[[HttpRequest], Any] = CSPMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(ADMIN):
            page: HttpResponseBase = admin(request)
            page["permissions-policy"] = PERMISSIONS
            return page
        answer = get_response(request)
        answer.headers.setdefault(POLICY, NOTHING)
        return answer

    return middleware


def no_nul(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """PostgreSQL cannot be asked for one, and Django passes it on from the addresses of lists and pages."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        asked = request.path + request.META.get("QUERY_STRING", "").replace("%00", "\0")
        if request.path.startswith(ADMIN) and "\0" in asked:
            raise BadRequest("a NUL in the address")
        return get_response(request)

    return middleware
