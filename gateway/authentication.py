"""Who calls: the key, wherever an SDK puts it, and the workspace that it opens."""

from dataclasses import replace

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from gateway.caller import Caller
from providers import tracing
from providers.admission import admit
from providers.models import VirtualKey
from providers.services import default_workspace

OURS = "x-bf-vk"
HEADERS = ("x-api-key", "x-goog-api-key")
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
            caller = anyone(request, text)
        else:
            key = VirtualKey.valid(VirtualKey.digest_of(text))
            if key is None:
                raise AuthenticationFailed(INCORRECT)
            caller = caller_of(key)
        tracing.tell({"bifrost.workspace": caller.workspace.pk})
        return None, _with_own_key(caller, own_key_of(request))

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
    return Caller(default_workspace(), None, VirtualKey.digest_of(name))


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
    return next(iter(_sent_keys(request)), "")


def own_key_of(request: Request) -> str:
    """The client's own key at a provider: where an SDK puts keys, beside another in `x-bf-vk`.

    Empty where none was sent or the installation takes none.
    """
    if not (settings.DIRECT_KEYS and request.headers.get(OURS, "").strip()):
        return ""
    ours, *others = _sent_keys(request)
    return next((key for key in others if key != ours), "")


def _with_own_key(caller: Caller, own_key: str) -> Caller:
    if not own_key:
        return caller
    both = VirtualKey.digest_of(f"{caller.fingerprint}\n{own_key}")
    return replace(caller, fingerprint=both, own_key=own_key)


def _sent_keys(request: Request) -> list[str]:
    """All that were sent, with the one first that no SDK sends by itself."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token if scheme.lower() == "bearer" else ""
    given = [
        request.headers.get(OURS, ""),
        bearer,
        *(request.headers.get(name, "") for name in HEADERS),
    ]
    return [key.strip() for key in given if key.strip()]
