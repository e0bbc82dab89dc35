"""What is said when Django refuses a request before any view sees it."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, JsonResponse

HOST = (
    "This server does not know itself by that host name: add it to BIFROST_ALLOWED_HOSTS, "
    "or use the address in BIFROST_PUBLIC_URL."
)
MALFORMED = "The request is malformed."


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """In an envelope that every SDK reads, since it may come from any of them."""
    message = HOST if isinstance(exception, DisallowedHost) else MALFORMED
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JsonResponse({"error": error}, status=400)
