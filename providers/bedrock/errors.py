"""What AWS says when a call fails, as our errors.

https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
)

from providers.base import AnswerLostError, UpstreamError
from providers.bedrock.parsing import NoObjectError

LONGEST_ASKED = 86_400.0
# Statuses and names of what may pass. A quota is one of jobs that run at the same time.
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalServerException",
        "ModelNotReadyException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceQuotaExceededException",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
# Said with the status of what is not permitted, but about the key itself.
KEY_REFUSED = frozenset(
    {
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
SETTINGS = (NoCredentialsError, PartialCredentialsError, NoRegionError, ProfileNotFound)
UNREACHED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)


@contextmanager
def named_failures(service: str, *, secret: str, starts: bool = False) -> Iterator[None]:
    """Raises UpstreamError for what AWS's SDK raises; where a call `starts` something that may have been
    carried out though no answer came, AnswerLostError."""
    lost = AnswerLostError if starts else UpstreamError
    try:
        yield
    except ClientError as error:
        # A 5xx says nothing about what was done.
        kind = lost if _status(error.response) >= 500 else UpstreamError
        raise refusal(kind, service, error.response, secret) from error
    except SETTINGS as error:
        raise UpstreamError(str(error), permanent=True, code="no_credentials") from error
    except ParamValidationError as error:
        message = f"{service} cannot be asked for that: {str(error)[:500]}"
        raise UpstreamError(message, permanent=True, code="invalid_request") from error
    except UNREACHED as error:
        raise UpstreamError(f"{service} cannot be reached", code="unreachable") from error
    except NoObjectError as error:
        message = f"{service} answered with something that is no JSON object"
        raise lost(message, code="not_json") from error
    # AWS's SDK asks a server that redirects it where to go instead, and that again, without an end.
    except (BotoCoreError, Boto3Error, RecursionError) as error:
        message = f"{service} gave no answer: {type(error).__name__}"
        raise lost(message, code="no_answer") from error


def refusal(
    kind: type[UpstreamError], service: str, response: Mapping[str, Any], secret: str
) -> UpstreamError:
    """The error that an answer means, in AWS's words."""
    status, said = _status(response), response.get("Error") or {}
    name = str(said.get("Code") or "")
    text = str(said.get("Message") or "").replace(secret or "\0", "***")
    message = f"{service} answered {status}"
    # Where nobody says a name, AWS's SDK takes the status for one.
    message += f" {name}" if name and name != str(status) else ""
    return kind(
        message + (f": {text[:500]}" if text else ""),
        permanent=status < 500 and status not in TRANSIENT_STATUSES and name not in TRANSIENT,
        code="http_401" if name in KEY_REFUSED else f"http_{status}",
        retry_after=_retry_after(response),
    )


def is_missing(error: ClientError) -> bool:
    return _status(error.response) == 404


def _status(response: Mapping[str, Any]) -> int:
    status = (response.get("ResponseMetadata") or {}).get("HTTPStatusCode")
    return status if isinstance(status, int) else 0


def _retry_after(response: Mapping[str, Any]) -> float | None:
    headers = (response.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
    try:
        return min(max(0.0, float(headers["retry-after"])), LONGEST_ASKED)
    except (KeyError, ValueError):
        return None
