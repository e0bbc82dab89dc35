"""A span for every request, where there are traces."""

from collections.abc import Callable
from functools import cache

from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from providers import tracing

QUIET = {"/healthz", "/readyz", "/metrics"}


def traced(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """It goes on with the caller's trace, if that sent one. Of the address it has the pattern alone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path in QUIET:
            return get_response(request)
        method = str(request.method)
        parent = request.headers.get("traceparent", "")
        about = {"http.request.method": method}
        with tracing.span(method, about, kind="server", parent=parent):
            response = get_response(request)
            match = request.resolver_match
            route = pattern(match.route) if match else "no route"
            tracing.tell({"http.route": route}, f"{method} {route}")
            tracing.tell({"http.response.status_code": response.status_code})
            return response

    return middleware


@cache
def pattern(route: str) -> str:
    """A route as people write it."""
    text = simplify_regex(route).removesuffix(r"[\s\S]*\Z").replace("\\.", ".")
    return text.rstrip("/") or "/"
