"""What the surfaces share: the base of their views, errors, one way to answer, keyset pages."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar, cast

import msgspec
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError, transaction
from django.db.models import Model, Q, QuerySet
from django.http import StreamingHttpResponse
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from batches import services
from batches.models import Batch
from batches.services import (
    BudgetExceededError,
    IdempotencyConflictError,
    NoCredentialError,
    NotCancellableError,
    NotDeletableError,
    OverLimitError,
    ResultsRemovedError,
    RoleDeniedError,
)
from files import services as files
from files.buckets import (
    BucketDeniedError,
    BucketRefusedError,
    BucketUnavailableError,
    NoBucketNamedError,
    NoSuchBucketError,
    NoSuchKeyError,
)
from files.models import File
from files.services import FileTooLargeError, StoreError, StoreFullError
from gateway.authentication import Authentication
from gateway.body import BrokenOffError, drain
from gateway.caller import Caller
from gateway.turns import give_back_connections
from providers import audit
from providers.models import LimitExceededError, NotAllowedError
from providers.secrets import SecretUnreadableError
from providers.services import OwnKeyRefusedError

logger = logging.getLogger(__name__)
# Where what the log calls a request stands among what came with it.
REQUEST_ID = "bifrost.request_id"
# The longest `retry-after` that OpenAI's and Anthropic's SDKs wait for, in seconds.
SDKS_WAIT = 60
# OpenAI's word: https://platform.openai.com/docs/guides/error-codes
OUT_OF_MONEY = "insufficient_quota"
Row = TypeVar("Row", bound=Model)


class RequestError(Exception):
    """The caller is at fault. The message says what to change; `param` names where, and `retry_after` in how
    many seconds the same will do.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after

    @property
    def lasts(self) -> bool:
        """Whether what is wrong outlasts the tries that an SDK makes by itself."""
        lasting = self.status == 507 or self.code == OUT_OF_MONEY
        return lasting or (self.retry_after or 0) > SDKS_WAIT


def as_request_error(error: Exception) -> RequestError:
    """What any exception means to a client; one that we did not foresee is a 500 that tells nothing."""
    for kind, explain in EXPLANATIONS.items():
        if isinstance(error, kind):
            return explain(error)
    logger.error("unforeseen failure", exc_info=error)
    return RequestError("The server failed. Please try again.", status=500, code="server_error")


def _too_large(error: Any) -> RequestError:
    return RequestError(
        f"The file is larger than {error.limit} bytes: send it in several parts.",
        status=413,
        code="file_too_large",
        param="file",
    )


def _no_credential(error: Any) -> RequestError:
    return RequestError(
        f"No credential for provider '{error}' is set up here: ask the operator to add one, "
        "or name another provider.",
        code="no_credential",
        param="provider",
    )


def _limit_exceeded(error: Any) -> RequestError:
    return RequestError(
        str(error),
        status=429,
        code="rate_limit_exceeded",
        retry_after=max(1, math.ceil(error.retry_after)),
    )


def _bucket(status: int, code: str) -> Callable[[Any], RequestError]:
    def explain(error: Any) -> RequestError:
        text = str(error)
        return RequestError(f"{text[:1].upper()}{text[1:]}.", status=status, code=code)

    return explain


def _unavailable(error: Any) -> RequestError:
    logger.error("unavailable: %s", type(error).__name__, exc_info=error)
    return RequestError(
        "A part of the server is down. Please try again.", status=503, code="overloaded"
    )


EXPLANATIONS: dict[type[Exception], Callable[[Any], RequestError]] = {
    RequestError: lambda error: error,
    NoBucketNamedError: _bucket(400, "no_bucket"),
    NoSuchBucketError: _bucket(404, "no_such_bucket"),
    NoSuchKeyError: _bucket(404, "no_such_key"),
    BucketDeniedError: _bucket(403, "bucket_access_denied"),
    BucketRefusedError: _bucket(400, "bucket_refused"),
    BucketUnavailableError: _bucket(503, "bucket_unavailable"),
    FileTooLargeError: _too_large,
    StoreFullError: lambda error: RequestError(
        "The server has no room left for files: ask the operator.", status=507, code="storage_full"
    ),
    StoreError: _unavailable,
    ResultsRemovedError: lambda error: RequestError(str(error), status=404, code="results_removed"),
    FileNotFoundError: lambda error: RequestError("The file's content is gone.", status=404),
    OperationalError: _unavailable,
    SecretUnreadableError: _unavailable,
    NoCredentialError: _no_credential,
    NotAllowedError: lambda error: RequestError(str(error), status=403, code="not_allowed"),
    LimitExceededError: _limit_exceeded,
    BudgetExceededError: lambda error: RequestError(str(error), status=429, code=OUT_OF_MONEY),
    OverLimitError: lambda error: RequestError(str(error), status=413, code="over_limit"),
    RoleDeniedError: lambda error: RequestError(
        str(error), status=403, code="role_not_allowed", param="role_arn"
    ),
    OwnKeyRefusedError: lambda error: RequestError(str(error), code="own_key_refused"),
    NotCancellableError: lambda error: RequestError(str(error), code="batch_not_cancellable"),
    NotDeletableError: lambda error: RequestError(str(error), code="batch_not_deletable"),
    IdempotencyConflictError: lambda error: RequestError(
        "This Idempotency-Key was used before, with another body: use a new key.",
        code="idempotency_key_reused",
    ),
    RequestDataTooBig: lambda error: RequestError(
        "The body is too large: upload a file instead.", status=413, code="request_too_large"
    ),
    SuspiciousOperation: lambda error: RequestError("The request is malformed."),
    BrokenOffError: lambda error: RequestError(
        "The request broke off before all of its body was there.", code="incomplete_request"
    ),
    APIException: lambda error: RequestError(str(error.detail), status=error.status_code),
}


class OneAnswer(BaseContentNegotiation):
    """SDKs ask for `application/binary` and the like and take what comes."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return msgspec.json.encode(data)


class SurfaceView(ViewSet):
    """A view of one surface. `write_error` says an error in the words of its SDK."""

    authentication_classes = [Authentication]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OneAnswer
    # Else the answer to OPTIONS would be a 405 that allows it.
    http_method_names = [name for name in ViewSet.http_method_names if name != "options"]
    # Whether the encoding of a body is one of what is stored, and not of how it travels.
    keeps_encodings = False

    @property
    def caller(self) -> Caller:
        return cast(Caller, self.request.auth)

    @property
    def request_id(self) -> str:
        """What the log calls the request, for errors that repeat it."""
        return str(self.request.META.get(REQUEST_ID, ""))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises RequestError for a body that is compressed: what it would grow to is not to be known."""
        super().initial(request, *args, **kwargs)
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity") and not self.keeps_encodings:
            raise RequestError(
                f"The body is encoded as '{encoding[:100]}': send it as it is, without content-encoding.",
                status=415,
                code="unsupported_content_encoding",
                param="content-encoding",
            )

    def audit(self, action: str, about: Model, **detail: Any) -> None:
        """Write down what the caller does."""
        actor = self.caller.actor(self.request._request)
        audit.record(actor, action, about, workspace=self.caller.workspace, **detail)

    def sent(
        self, action: str, about: Model, blocks: Iterator[bytes], content_type: str
    ) -> StreamingHttpResponse:
        """As `streamed`, of what a client downloads. Nothing leaves that is not written down."""
        begun = chain((next(blocks, b""),), blocks)
        self.audit(action, about)
        return streamed(begun, content_type)

    def content_of(self, file: File) -> StreamingHttpResponse:
        """The bytes of a file. Raises FileNotFoundError and StoreError."""
        blocks = files.opened(file)
        response = self.sent("file.downloaded", file, blocks, "application/octet-stream")
        response["content-length"] = str(file.size)
        return response

    def delete_file(self, file: File) -> None:
        with transaction.atomic():
            if files.delete(file):
                self.audit("file.deleted", file)

    def cancel_batch(self, batch: Batch) -> Batch:
        """Raises NotCancellableError. A second cancel is none."""
        with transaction.atomic():
            if services.stop(batch):
                self.audit("batch.cancelled", batch)
        return batch

    def delete_batch(self, batch: Batch, *, stop: bool = False) -> None:
        """Raises NotDeletableError, unless it is to `stop`."""
        with transaction.atomic():
            if services.delete(batch, stop=stop):
                self.audit("batch.deleted", batch)

    def write_error(self, error: RequestError) -> Response:
        raise NotImplementedError

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response]:
        return self._explain

    def _explain(self, error: Exception, context: dict[str, Any]) -> Response:
        drain(self.request._request)
        known = as_request_error(error)
        response = self.write_error(known)
        if response.status_code == 401:
            response["www-authenticate"] = "Bearer"
        if known.retry_after is not None:
            response["retry-after"] = str(known.retry_after)
        return response


def streamed(blocks: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """An answer that is sent as it is read. What is wrong with the first block is raised here, not sent."""
    begun = chain((next(blocks, b""),), blocks)
    response = StreamingHttpResponse(begun, content_type=content_type)
    response["x-content-type-options"] = "nosniff"
    # A slow client must not hold a connection to the database for as long as it reads.
    give_back_connections()
    return response


def one(rows: QuerySet[Row], pk: str) -> Row | None:
    """The row, if it is among these. first() would spend more on an order than on the search."""
    return next(iter(rows.filter(pk=pk).order_by()), None)


def page(
    rows: QuerySet[Row], *, after: Row | None, limit: int, ascending: bool = False
) -> tuple[list[Row], bool]:
    """The `limit` rows that follow `after` by time of creation, and whether more follow these."""
    found = list(behind(rows, after, ascending=ascending)[: limit + 1])
    return found[:limit], len(found) > limit


def behind(rows: QuerySet[Row], after: Row | None, *, ascending: bool = False) -> QuerySet[Row]:
    """The rows that follow `after`, or all, by time of creation: the newest first, unless `ascending`."""
    word, sign = ("gt", "") if ascending else ("lt", "-")
    if after is not None:
        at, pk = getattr(after, "created_at"), after.pk  # noqa: B009 -- a Row of any model
        rows = rows.filter(
            Q(**{f"created_at__{word}": at}) | Q(created_at=at, **{f"id__{word}": pk})
        )
    return rows.order_by(f"{sign}created_at", f"{sign}id")
