"""What the sandbox keeps of Gemini's files, uploads and batches, and how it shows them."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from providers.sandbox.gemini.refusals import Status

FILE = "gemini.file"
UPLOAD = "gemini.upload"
BATCH = "gemini.batch"

DAY = 86_400
FILE_LIFE = 2 * DAY
RESULTS_LIFE = 42 * DAY
BATCH_LIFE = 2 * DAY

PENDING = "BATCH_STATE_PENDING"
RUNNING = "BATCH_STATE_RUNNING"
SUCCEEDED = "BATCH_STATE_SUCCEEDED"
FAILED = "BATCH_STATE_FAILED"
CANCELLED = "BATCH_STATE_CANCELLED"
EXPIRED = "BATCH_STATE_EXPIRED"
TERMINAL = frozenset({SUCCEEDED, FAILED, CANCELLED, EXPIRED})

GENERATE, EMBED = "batchGenerateContent", "asyncBatchEmbedContent"

# The names of the messages in an operation, as the vendor's servers give them:
# https://github.com/googleapis/python-genai/issues/1323
_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1main."
_MESSAGES = {GENERATE: "GenerateContentBatch", EMBED: "EmbedContentBatch"}


class File(msgspec.Struct, kw_only=True):
    """`active` is when its processing is over, `lines` is how many it has."""

    id: str
    owner: str
    source: Literal["UPLOADED", "GENERATED"]
    display_name: str | None = None
    mime_type: str
    bytes: int
    sha256: str
    lines: int = 0
    created: float
    active: float

    def ends(self) -> float:
        return self.created + (FILE_LIFE if self.source == "UPLOADED" else RESULTS_LIFE)

    def shown(self, now: float, root: str) -> dict[str, Any]:
        name = f"files/{self.id}"
        shown: dict[str, Any] = {
            "name": name,
            "displayName": self.display_name,
            "mimeType": self.mime_type,
            "sizeBytes": str(self.bytes),
            "createTime": timestamp(self.created),
            "updateTime": timestamp(min(now, self.active)),
            "expirationTime": timestamp(self.ends()),
            "sha256Hash": self.sha256,
            "uri": f"{root}/{name}",
            "state": "ACTIVE" if now >= self.active else "PROCESSING",
            "source": self.source,
        }
        return {key: value for key, value in shown.items() if value is not None}


class Upload(msgspec.Struct, kw_only=True):
    """An upload in parts: what was said of the file at its start, and the file once it is whole."""

    id: str
    owner: str
    file_id: str
    display_name: str | None = None
    mime_type: str
    bytes: int | None = None
    is_final: bool = False


class Counts(msgspec.Struct):
    total: int = 0
    succeeded: int = 0
    failed: int = 0

    def shown(self) -> dict[str, str]:
        """64-bit numbers are strings, and zeros are left out."""
        counts = {
            "requestCount": self.total,
            "successfulRequestCount": self.succeeded,
            "failedRequestCount": self.failed,
            "pendingRequestCount": self.total - self.succeeded - self.failed,
        }
        return {name: str(count) for name, count in counts.items() if count}


class Batch(msgspec.Struct, kw_only=True):
    """`seconds` is how long it takes, known once its input was read; `forced` is a state that the
    control path makes the API show.
    """

    id: str
    owner: str
    method: str
    model: str
    display_name: str | None = None
    priority: str | None = None
    input_file: str | None = None
    state: str = PENDING
    created: float
    updated: float
    ended: float | None = None
    counts: Counts = msgspec.field(default_factory=Counts)
    error: Status | None = None
    seconds: float | None = None
    forced: str | None = None

    @property
    def responses_file(self) -> str:
        return f"batch-{self.id}"

    def operation(self, output: dict[str, Any] | None) -> dict[str, Any]:
        """https://ai.google.dev/api/batch-api#Operation"""
        kind = _TYPE + _MESSAGES[self.method]
        operation: dict[str, Any] = {
            "name": f"batches/{self.id}",
            "metadata": {"@type": kind, **self._metadata(output)},
        }
        if self.state in TERMINAL:
            operation["done"] = True
        if self.error is not None:
            operation["error"] = self.error
        elif output is not None:
            operation["response"] = {"@type": f"{kind}Output", **output}
        return operation

    def _metadata(self, output: dict[str, Any] | None) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "model": self.model,
            "displayName": self.display_name,
            "priority": self.priority,
            "inputConfig": None if self.input_file is None else {"fileName": self.input_file},
            "output": output,
            "createTime": timestamp(self.created),
            "endTime": None if self.ended is None else timestamp(self.ended),
            "updateTime": timestamp(self.updated),
            "batchStats": self.counts.shown() or None,
            "state": self.forced or self.state,
            "name": f"batches/{self.id}",
        }
        return {name: value for name, value in metadata.items() if value is not None}


def timestamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
