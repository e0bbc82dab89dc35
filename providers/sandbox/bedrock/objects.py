"""What the sandbox keeps of Bedrock's jobs, and how it shows them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

JOB = "bedrock.job"
HOUR = 3600
USUAL_HOURS = 24

SUBMITTED, VALIDATING, SCHEDULED = "Submitted", "Validating", "Scheduled"
IN_PROGRESS, STOPPING = "InProgress", "Stopping"
COMPLETED, PARTIAL, FAILED = "Completed", "PartiallyCompleted", "Failed"
STOPPED, EXPIRED = "Stopped", "Expired"
TERMINAL = frozenset({COMPLETED, PARTIAL, FAILED, STOPPED, EXPIRED})


class Counts(msgspec.Struct):
    total: int = 0
    succeeded: int = 0
    failed: int = 0

    def shown(self) -> dict[str, int]:
        return {
            "totalRecordCount": self.total,
            "processedRecordCount": self.succeeded + self.failed,
            "successRecordCount": self.succeeded,
            "errorRecordCount": self.failed,
        }


class Job(msgspec.Struct, kw_only=True):
    """`asked` is what the client asked for, without its token; `seconds` is how long the job takes, known
    once its input was read; `limit` is how many records it may still answer in all; `forced` is a
    status that the control path makes the API show.
    """

    id: str
    owner: str
    arn: str
    token: str
    asked: dict[str, Any]
    submitted: float
    modified: float
    ended: float | None = None
    status: str = SUBMITTED
    message: str | None = None
    counts: Counts = msgspec.field(default_factory=Counts)
    seconds: float | None = None
    limit: int | None = None
    forced: str | None = None

    @property
    def lasts(self) -> float:
        """The seconds after which the job ends, whatever it has done."""
        hours: int = self.asked.get("timeoutDurationInHours", USUAL_HOURS)
        return float(hours * HOUR)

    def shown(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html"""
        asked = {name: value for name, value in self.asked.items() if name != "tags"}
        shown: dict[str, Any] = {
            "modelInvocationType": "InvokeModel",
            "timeoutDurationInHours": USUAL_HOURS,
            **asked,
            "jobArn": self.arn,
            "clientRequestToken": self.token,
            "status": self.forced or self.status,
            "message": self.message,
            "submitTime": timestamp(self.submitted),
            "lastModifiedTime": timestamp(self.modified),
            "endTime": None if self.ended is None else timestamp(self.ended),
            "jobExpirationTime": timestamp(self.submitted + self.lasts),
        }
        if self.status not in (SUBMITTED, VALIDATING) and self.counts.total:
            shown |= self.counts.shown()
        return {name: value for name, value in shown.items() if value is not None}


def timestamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
