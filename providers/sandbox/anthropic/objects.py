"""The objects that Anthropic's API shows, and what the sandbox keeps of them."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

BATCH = "anthropic.batch"
FILE = "anthropic.file"

EXPIRY = timedelta(hours=24)
# Results can be had for 29 days after the batch was made.
ARCHIVED_AFTER = timedelta(days=29)


class Counts(msgspec.Struct, kw_only=True):
    """All is `processing` until the whole batch has ended, as the vendor counts."""

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0


class Batch(msgspec.Struct, kw_only=True):
    id: str
    type: Literal["message_batch"] = "message_batch"
    processing_status: str = "in_progress"
    request_counts: Counts
    ended_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    archived_at: datetime | None = None
    cancel_initiated_at: datetime | None = None
    results_url: str | None = None


class KeptBatch(msgspec.Struct, kw_only=True):
    """A batch with what the vendor does not show of it.

    `seconds` and `outcome` are what directives in its requests ask for. `forced` is a status that
    the control path makes the API show. `limit` is how many requests were answered when the batch
    was cancelled.
    """

    batch: Batch
    owner: str
    version: str
    has_betas: bool
    total: int
    seconds: float | None = None
    outcome: str | None = None
    forced: str | None = None
    limit: int | None = None


class File(msgspec.Struct, kw_only=True):
    """Only what the vendor's tools made can be downloaded, which the sandbox has none of."""

    id: str
    type: Literal["file"] = "file"
    filename: str
    mime_type: str
    size_bytes: int
    created_at: datetime
    downloadable: bool = False
    expires_at: datetime | None = None
