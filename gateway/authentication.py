"""Who calls: the key, wherever an SDK puts it, and the workspace that it opens."""

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from gateway.caller import Caller
from providers.admission import admit
from providers.models import VirtualKey, Workspace

HEADERS = ("x-bf-vk", "x-api-key", "x-goog-api-key")
MISSING = "You didn't provide an API key: send your Bifrost key as 'Authorization: Bearer KEY'."
ELSEWHERE = "Pages of other sites may not call Bifrost: call it from a program."
INCORRECT = "Incorrect API key provided: it is unknown here, revoked or expired."


class Authentication(BaseAuthentication):
    """Puts a Caller at `request.auth`. Raises AuthenticationFailed and LimitExceededError."""

    def authenticate(self, request: Request) -> tuple[None, Caller]:
        text = presented_key(request)
        if not text:
            raise AuthenticationFailed(MISSING)
        if settings.AUTH == "open":
            return None, anyone(request, text)
        key = VirtualKey.valid(VirtualKey.digest_of(text))
        if key is None:
            raise AuthenticationFailed(INCORRECT)
        return None, caller_of(key)

    def authenticate_header(self, request: Request) -> str:
        """Without one, a refused key would be a 403."""
        return "Bearer"


def caller_of(key: VirtualKey) -> Caller:
    """However the key was presented. Raises LimitExceededError."""
    admit(key)
    return Caller(key.workspace, key, key.digest)


def anyone(request: Request, name: str) -> Caller:
    """Where any key will do: whoever calls with that one. Raises PermissionDenied."""
    if is_of_another_site(request):
        raise PermissionDenied(ELSEWHERE)
    workspace = Workspace.objects.get(name=Workspace.DEFAULT)
    return Caller(workspace, None, VirtualKey.digest_of(name))


def is_of_another_site(request: Request) -> bool:
    """Whether a browser sends it for a page of somebody else's: where any key will do, each page on the
    network has one.

    https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
    """
    own = f"{request.scheme}://{request.get_host()}"
    site = request.headers.get("sec-fetch-site", "none")
    return site not in ("none", "same-origin") or request.headers.get("origin", own) != own


def presented_key(request: Request) -> str:
    """The key as it was sent, empty if none was."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    given = (request.headers.get(name, "").strip() for name in HEADERS)
    return next((key for key in given if key), "")
