"""One call of S3's: what was asked, and what is answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.request import Request

from gateway.caller import Caller
from gateway.s3 import wire
from gateway.s3.checksums import PREFIX
from gateway.s3.operations import Operation, named
from gateway.s3.payload import Payload
from gateway.s3.refusals import invalid, not_implemented
from gateway.signatures.scope import signed_region
from providers import audit
from providers.models import Workspace

DELETE_AT_ONCE = 1000


@dataclass(frozen=True)
class Call:
    """`given` are the parameters by AWS's names, `headers` those of the request or of a presigned URL."""

    caller: Caller
    operation: Operation
    given: dict[str, Any]
    headers: Mapping[str, str]
    request: Request

    @property
    def workspace(self) -> Workspace:
        return self.caller.workspace

    @property
    def bucket(self) -> str:
        return str(self.given.get("Bucket", ""))

    @property
    def key(self) -> str:
        return str(self.given.get("Key", ""))

    @property
    def region(self) -> str:
        """The one that the client signed for, empty if it did not."""
        return signed_region(self.request._request)

    def audit(self, action: str, keys: Mapping[str, str]) -> None:
        """Write down what the client does to objects of the bucket, given the ids of their files, or ""."""
        names = {f"s3://{self.bucket}/{key}": file_id for key, file_id in keys.items()}
        actor = self.caller.actor(self.request._request)
        audit.record_named(actor, action, names, workspace=self.workspace)

    def payload(self, *, computed: str = "") -> Payload:
        """Raises S3Error."""
        return Payload(self.request._request, self.headers, computed=computed)

    def said(self) -> dict[str, Any]:
        """What the body says in XML. Raises S3Error, BrokenOffError and RequestDataTooBig."""
        if not self._has_body():
            return {}
        body = bytearray()
        for chunk in Payload(self.request._request, self._headers_of_body()):
            body += chunk
            if len(body) > settings.MAX_JSON_BYTES:
                raise RequestDataTooBig
        return wire.read_body(self.operation, bytes(body))

    def _headers_of_body(self) -> Mapping[str, str]:
        """Where a checksum is one of the parameters, it is that of an object and not of the body."""
        others = {name for name in self.operation.headers if name.startswith(PREFIX)}
        return {name: text for name, text in self.headers.items() if name not in others}

    def _has_body(self) -> bool:
        meta = self.request.META
        return bool(meta.get("CONTENT_LENGTH")) or "HTTP_TRANSFER_ENCODING" in meta


@dataclass
class Answer:
    """`fields` are AWS's own, for headers and body; `content` are the bytes of an object."""

    fields: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    content: Iterable[bytes] | None = None


@dataclass(frozen=True)
class Does:
    """How an operation is done, and which of its parameters are understood. All, where none are named."""

    run: Callable[[Call], Answer]
    understood: frozenset[str] | None = None

    def __call__(self, call: Call) -> Answer:
        """Raises S3Error, for a parameter that would be ignored among others."""
        if self.understood is not None:
            others = call.given.keys() - self.understood - {"Bucket", "Key"}
            # Checksums are the body's: payload.py reads them.
            others = {name for name in others if not name.startswith("Checksum")}
            for name in named(others, call.operation):
                raise not_implemented("header", name)
        return self.run(call)


def refuse_other_values(call: Call, **allowed: tuple[str, ...]) -> None:
    """Raises S3Error for parameters that say what we do not do."""
    for member, values in allowed.items():
        value = call.given.get(member)
        if value is not None and value not in values:
            (name, *_) = named({member}, call.operation)
            raise invalid(name, str(value), f"{name} may only be {' or '.join(values)} here.")
