"""S3 as its clients call it, whatever lies behind it."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from files.names import ALL_FILES
from gateway.choice import named_provider
from gateway.s3 import own, window, wire
from gateway.s3.address import address_of, written_address
from gateway.s3.call import Answer, Call
from gateway.s3.operations import all_headers, asked, methods_of, parameters
from gateway.s3.refusals import in_s3_words, not_implemented
from gateway.s3.signing import StorageAuthentication
from gateway.surface import REQUEST_ID, RequestError, SurfaceView
from providers.models import Provider

# What clients stored is shown under the address of the admin, too, and must not act there.
HARMLESS = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}

# Where objects lie, by the provider that a client names.
STORES = {**dict.fromkeys(Provider.values, own.OPERATIONS), "bedrock": window.OPERATIONS}


class XMLRenderer(BaseRenderer):
    media_type = wire.MEDIA_TYPE
    format = "xml"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return data or b""


class Storage(SurfaceView):
    """Every request below /bedrock/files."""

    authentication_classes = [StorageAuthentication]
    renderer_classes = [XMLRenderer]
    keeps_encodings = True

    @property
    def allowed_methods(self) -> list[str]:
        """A bucket has others than an object."""
        return methods_of(written_address(self.request._request).level)

    def answer(self, request: Request) -> HttpResponseBase:
        address = address_of(request._request)
        headers = all_headers(request._request)
        operation = asked(request._request, address, headers)
        given = parameters(operation, request._request, address, headers)
        provider = named_provider(request) or Provider.BEDROCK
        store = own.OPERATIONS if self.shows_all(address.bucket) else STORES[provider]
        if operation.name not in store:
            raise not_implemented("operation", operation.name)
        call = Call(self.caller, operation, given, headers, request)
        return respond(call, store[operation.name](call))

    def shows_all(self, bucket: str) -> bool:
        """Whether it is the bucket of all files, for any provider, and not one that a client has at AWS."""
        if bucket != ALL_FILES:
            return False
        usable = self.caller.credentials(Provider.BEDROCK)
        return all(credential.options.get("bucket") != bucket for credential in usable)

    def write_error(self, error: RequestError) -> Response:
        request = self.request._request
        refusal = in_s3_words(error)
        silent = request.method == "HEAD" or refusal.status == 304
        body = (
            b""
            if silent
            else wire.write_error(
                refusal, resource=request.path, request_id=request.META.get(REQUEST_ID, "")
            )
        )
        return Response(body, status=refusal.status, headers=HARMLESS | refusal.headers)


def respond(call: Call, answer: Answer) -> HttpResponseBase:
    headers = HARMLESS | wire.write_headers(call.operation, answer.fields)
    if answer.content is not None:
        return StreamingHttpResponse(answer.content, status=answer.status, headers=headers)
    body = b"" if answer.status == 204 else wire.write_body(call.operation, answer.fields)
    response = HttpResponse(body, status=answer.status, headers=headers)
    if body:
        response["content-type"] = wire.MEDIA_TYPE
    elif "content-type" not in headers:
        del response["content-type"]
    return response
