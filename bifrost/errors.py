"""What is said when Django refuses a request before any view sees it."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse

from gateway.s3 import wire as s3
from gateway.s3.address import ROOT
from gateway.s3.refusals import S3Error
from gateway.surface import REQUEST_ID

HOST = (
    "This server does not know itself by that host name: add it to BIFROST_ALLOWED_HOSTS, "
    "or use the address in BIFROST_PUBLIC_URL."
)
MALFORMED = "The request is malformed."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """In an envelope that every SDK reads, since it may come from any of them. S3 says all in XML."""
    message = HOST if isinstance(exception, DisallowedHost) else MALFORMED
    if request.path.startswith(ROOT):
        refusal, name = S3Error("InvalidRequest", message), request.META.get(REQUEST_ID, "")
        body = s3.write_error(refusal, resource=request.path, request_id=name)
        return HttpResponse(body, status=400, content_type=s3.MEDIA_TYPE)
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JsonResponse({"error": error}, status=400)
