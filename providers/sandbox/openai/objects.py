"""The objects that OpenAI's API shows, and what the sandbox keeps of them."""

from typing import Any, Literal

import msgspec

FILE = "openai.file"
BATCH = "openai.batch"

DAY = 86_400
THIRTY_DAYS = 30 * DAY

TERMINAL = frozenset({"failed", "completed", "expired", "cancelled"})

ENDPOINTS = (
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/completions",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/videos",
)

Ending = Literal["completed", "expired", "cancelled"]


class File(msgspec.Struct, kw_only=True):
    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    expires_at: int | None = None
    filename: str
    purpose: str
    status: str = "processed"
    status_details: str | None = None

    def is_expired(self, now: float) -> bool:
        return self.expires_at is not None and self.expires_at <= now


class Counts(msgspec.Struct):
    total: int = 0
    completed: int = 0
    failed: int = 0


class BatchError(msgspec.Struct):
    code: str
    message: str
    param: str | None = None
    line: int | None = None


class BatchErrors(msgspec.Struct):
    data: list[BatchError]
    object: Literal["list"] = "list"


class Batch(msgspec.Struct, kw_only=True):
    id: str
    object: Literal["batch"] = "batch"
    endpoint: str
    model: str | None = None
    errors: BatchErrors | None = None
    input_file_id: str
    completion_window: str
    status: str
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int
    in_progress_at: int | None = None
    expires_at: int
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    request_counts: Counts = msgspec.field(default_factory=Counts)
    usage: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None


class KeptBatch(msgspec.Struct, kw_only=True):
    """A batch with what the vendor does not show of it.

    `seconds` is how long it takes, known once its file was checked. `forced` is a status that the
    control path makes the API show. `limit` is how many records were finished when it was stopped.
    """

    batch: Batch
    owner: str
    started: float
    seconds: float | None = None
    output_seconds: int = THIRTY_DAYS
    forced: str | None = None
    limit: int | None = None


def usage(input_tokens: int, output_tokens: int) -> dict[str, Any]:
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }
