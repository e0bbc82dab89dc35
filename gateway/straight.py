"""The way of what SDKs send: straight to its view."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse

from gateway.urls import ROUTES


def straight(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Requests of a surface pass by whatever comes after this: sessions, cookies and their guards are for
    pages. A surface knows its callers by their keys.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        path = request.path_info.removeprefix("/")
        routes = ROUTES.get(path.partition("/")[0], [])
        match = next(filter(None, (route.resolve(path) for route in routes)), None)
        if match is None:
            return get_response(request)
        # Raises DisallowedHost.
        request.get_host()
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, SimpleTemplateResponse):
            response = response.render()
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return middleware
