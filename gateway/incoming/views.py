"""What providers call: their webhooks, and Amazon's EventBridge.

Nobody learns here which credentials there are: whatever is wrong with the caller, the answer is the same.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from batches import services, tasks
from gateway.body import chunks
from gateway.caller import told_about
from gateway.fields import decoded
from gateway.incoming import proof, told
from gateway.surface import RequestError, SurfaceView
from providers.models import Provider
from providers.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

# EventBridge's largest event.
MOST_BYTES = 256 * 1024
# Whom nobody knows is verified as well, against what nobody has.
NOBODYS = f"whsec_{secrets.token_hex(32)}"


class Sender(NamedTuple):
    """How a provider proves who it is, and which jobs it tells of."""

    proves: Callable[[str, Mapping[str, str], bytes], bool]
    names: Callable[[dict[str, Any]], list[str]]


SENDERS: dict[str, Sender] = {
    Provider.OPENAI: Sender(proof.is_signed, told.of_openai),
    Provider.GEMINI: Sender(proof.is_signed, told.of_gemini),
    Provider.BEDROCK: Sender(proof.shows_secret, told.of_bedrock),
}


class Incoming(SurfaceView):
    authentication_classes = []

    def write_error(self, error: RequestError) -> Response:
        told = {"code": error.code, "message": error.message}
        return Response({"error": told}, status=error.status)

    def take(self, request: Request, provider: str, credential_id: str) -> Response:
        """204 for whatever is proved to come from there, be it of use or not: none is to be sent again.

        A message may come twice, or late: all it does is that a job is polled.
        """
        sender, body = SENDERS[provider], read(request._request)
        credential = told_about(provider, credential_id)
        secret = ""
        try:
            secret = credential.webhook_secret if credential else ""
        except SecretUnreadableError as error:
            logger.error("webhook secret of credential %s: %s", credential_id, error)
        proved = sender.proves(secret or NOBODYS, request.headers, body)
        if not (credential and secret and proved):
            raise RequestError(
                "The message is not known to come from where it says: look at the address, the secret, "
                "and the clock.",
                status=401,
                code="not_verified",
            )
        names = sender.names(decoded(body, dict[str, Any]))
        if names and services.poll_soon(credential.pk, names):
            ring = partial(tasks.poll_credential.delay, credential.pk)
            # Without a broker the beat's next tick finds them.
            transaction.on_commit(ring, robust=True)
        return Response(status=204)


def read(request: HttpRequest) -> bytes:
    """Raises RequestError and BrokenOffError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestError(
            "Send JSON, with content-type application/json.", status=415, code="not_json"
        )
    body = bytearray()
    for chunk in chunks(request):
        body += chunk
        if len(body) > MOST_BYTES:
            raise RequestError(
                f"The message is larger than {MOST_BYTES} bytes.", status=413, code="too_large"
            )
    return bytes(body)
