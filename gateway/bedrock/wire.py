"""What Bedrock's batch inference answers.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q

from batches.models import Batch
from files.models import File
from files.names import ALL_FILES
from gateway.bedrock.asked import token_of
from gateway.surface import OUT_OF_MONEY, RequestError
from providers.ids import core_id

CORE_ID = re.compile(r"[0-9a-z]{12}")
ROLE = re.compile(r"arn:aws[^:]*:iam::([0-9]{12}):role/.+")
REGION = re.compile(r"[a-z0-9-]{1,20}")
USUAL_REGION, NO_ACCOUNT = "us-east-1", "000000000000"
USUAL_HOURS = 24
LONGEST_MESSAGE = 2048
# The vendor's field must have a text.
NO_MODEL = "unknown"
TIMES = (
    "created_at",
    "in_progress_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


class Meaning(NamedTuple):
    """Which batches a word of the vendor's is said of: by status, and by counts that are 0 or more."""

    statuses: tuple[str, ...]
    none: tuple[str, ...] = ()
    some: tuple[str, ...] = ()

    def fits(self, batch: Batch) -> bool:
        return (
            batch.status in self.statuses
            and not any(getattr(batch, count) for count in self.none)
            and all(getattr(batch, count) for count in self.some)
        )

    @property
    def query(self) -> Q:
        counts = dict.fromkeys(self.none, 0) | {f"{count}__gt": 0 for count in self.some}
        return Q(status__in=self.statuses, **counts)


Status = Batch.Status
STATUS: dict[str, Meaning] = {
    # No worker has looked at it yet; one does; its records are right and on their way.
    "Submitted": Meaning((Status.VALIDATING,), none=("total", "attempts")),
    "Validating": Meaning((Status.VALIDATING,), none=("total",), some=("attempts",)),
    "Scheduled": Meaning((Status.VALIDATING,), some=("total",)),
    "InProgress": Meaning((Status.IN_PROGRESS, Status.FINALIZING)),
    "Completed": Meaning((Status.COMPLETED,)),
    "Failed": Meaning((Status.FAILED,)),
    "Stopping": Meaning((Status.CANCELLING,)),
    "Stopped": Meaning((Status.CANCELLED,)),
    # Time was over: with answers for some records, or for none.
    "PartiallyCompleted": Meaning((Status.EXPIRED,), some=("completed",)),
    "Expired": Meaning((Status.EXPIRED,), none=("completed",)),
}

# https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
ERRORS: dict[int, str] = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    405: "UnknownOperationException",
    413: "ValidationException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
# Errors of which the vendor says more than their status does.
NAMED_ERRORS: dict[str, str] = {
    "batch_not_cancellable": "ConflictException",
    "idempotency_key_reused": "ConflictException",
    OUT_OF_MONEY: "ServiceQuotaExceededException",
    "over_limit": "ServiceQuotaExceededException",
    "key_missing": "MissingAuthenticationTokenException",
    "access_key_unknown": "UnrecognizedClientException",
    "signature_wrong": "InvalidSignatureException",
    "signature_late": "InvalidSignatureException",
    "url_expired": "InvalidSignatureException",
    "url_early": "InvalidSignatureException",
    "headers_unsigned": "InvalidSignatureException",
    "authorization_malformed": "IncompleteSignatureException",
    "query_malformed": "IncompleteSignatureException",
    "unknown_operation": "UnknownOperationException",
}
REUSED = "The clientRequestToken was used before, with other parameters: use a new one."


def status_of(batch: Batch) -> str:
    return next(word for word, meaning in STATUS.items() if meaning.fits(batch))


def read_id(text: str) -> str:
    """The core id of a job, from its ARN or its bare id. Raises RequestError 404 for what cannot be one."""
    core = core_id(text)
    if not CORE_ID.fullmatch(core):
        raise not_found(text)
    return core


def not_found(text: str) -> RequestError:
    return RequestError(
        f"The model invocation job '{text[:100]}' was not found.", status=404, param="jobIdentifier"
    )


def write_arn(batch: Batch, region: str) -> str:
    """In the caller's region, and in the account of the role, if it has one."""
    region = region if REGION.fullmatch(region) else USUAL_REGION
    role = ROLE.fullmatch(batch.role_arn)
    account = role[1] if role else NO_ACCOUNT
    return f"arn:aws:bedrock:{region}:{account}:model-invocation-job/{batch.id}"


def write_job(batch: Batch, region: str) -> dict[str, Any]:
    """A job, alone or in a list. What has no value is left out, as the vendor does."""
    hours = batch.timeout_hours or USUAL_HOURS
    changed_at = max(filter(None, (getattr(batch, name) for name in TIMES)))
    job = {
        "jobArn": write_arn(batch, region),
        "jobName": batch.name or batch.id,
        "modelId": batch.model_override or batch.model or NO_MODEL,
        "clientRequestToken": token_of(batch.idempotency_key) or None,
        "roleArn": batch.role_arn,
        "status": status_of(batch),
        "message": write_message(batch),
        "submitTime": write_time(batch.created_at),
        "lastModifiedTime": write_time(changed_at),
        "endTime": write_time(changed_at) if batch.ended else None,
        "jobExpirationTime": write_time(batch.created_at + timedelta(hours=hours)),
        "timeoutDurationInHours": hours,
        "modelInvocationType": batch.invocation or None,
        "inputDataConfig": {
            "s3InputDataConfig": {"s3InputFormat": "JSONL", "s3Uri": write_input(batch)}
        },
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": write_output(batch)}},
        **write_counts(batch),
    }
    return {name: value for name, value in job.items() if value is not None}


def write_counts(batch: Batch) -> dict[str, int]:
    """Of a batch that failed as a whole all records failed."""
    failed = batch.total if batch.status == Status.FAILED else batch.failed
    return {
        "totalRecordCount": batch.total,
        "processedRecordCount": batch.completed + failed,
        "successRecordCount": batch.completed,
        "errorRecordCount": failed,
    }


def write_message(batch: Batch) -> str | None:
    """What went wrong with the job: the first error, with its line in the input, and how many follow."""
    if not batch.errors:
        return None
    first = batch.errors[0]
    line = f"Line {first['line']}: " if first.get("line") else ""
    more = f" ({len(batch.errors) - 1} more)" if len(batch.errors) > 1 else ""
    longest = LONGEST_MESSAGE - len(line) - len(more)
    return f"{line}{first['message'][:longest]}{more}"


def write_input(batch: Batch) -> str:
    """As the client named it; the file of a batch of another surface by its name in S3 or by its id."""
    return batch.input_uri or _named(batch.input_file)


def write_output(batch: Batch) -> str:
    """As the client named it. A batch of another surface has no folder but a file, once it has results."""
    if batch.output_uri:
        return batch.output_uri
    return _named(batch.results_file) if batch.results_file else f"s3://{ALL_FILES}/"


def _named(file: File) -> str:
    if file.bucket:
        return f"s3://{file.bucket}/{file.key}"
    return f"s3://{ALL_FILES}/file-{file.id}"


def write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def write_error(error: RequestError) -> tuple[int, dict[str, str], dict[str, str]]:
    """The status, the body and the headers of an error."""
    status = {401: 403}.get(error.status, error.status)
    if error.code == OUT_OF_MONEY:
        status = 400
    name = NAMED_ERRORS.get(error.code or "") or ERRORS.get(status) or ERRORS[_class(status)]
    message = REUSED if error.code == "idempotency_key_reused" else error.message
    return status, {"__type": name, "message": message}, {"x-amzn-errortype": name}


def _class(status: int) -> int:
    return 500 if status >= 500 else 400
