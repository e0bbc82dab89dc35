"""What a test must know of each provider, so that one test can be made of them all.

A provider joins with one more entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox import gemini, messages, records

MADE = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Vendor:
    """`line` makes a record of an id and a text. `job` makes what the provider shows of one, of its id and
    its status; the list of them is in the field `listing`.

    `upload` and `results` are the sandbox's names of operations; `upload` is empty where the records travel
    with the job. `before_submit` is what a server is asked for before it is given the job, `options` are
    those of its accounts.
    """

    name: str
    model: str
    line: Callable[[str, str], dict[str, Any]]
    id_of: Callable[[dict[str, Any]], str]
    job: Callable[[str, Any], dict[str, Any]]
    listing: str
    key: Callable[[str], tuple[str, str]]
    gone: str
    upload: str
    results: str
    files: Mapping[str, str]
    ended: str
    running: str
    cancelling: frozenset[str]
    before_submit: tuple[bytes, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def content(self, job: str, records: int, text: str = "Hello") -> bytes:
        """Records of which the first may carry a directive, each with the job's id in its own."""
        ids = [f"{job}-r{number}" for number in range(records)]
        return records_of(self.line(id, text if id == ids[0] else "Hello") for id in ids)


records_of = records.jsonl


def _openai_job(id: str, status: Any) -> dict[str, Any]:
    return {"id": id, "status": status, "created_at": 1767225600}


def _anthropic_job(id: str, status: Any) -> dict[str, Any]:
    counts = {"processing": 3}
    return {"id": id, "processing_status": status, "created_at": MADE, "request_counts": counts}


def _gemini_job(id: str, status: Any) -> dict[str, Any]:
    return {"name": id, "metadata": {"state": status, "createTime": MADE}}


VENDORS = {
    "openai": Vendor(
        name="openai",
        model="gpt-5-mini",
        line=records.chat,
        id_of=lambda result: result["custom_id"],
        job=_openai_job,
        listing="data",
        key=lambda secret: ("authorization", f"Bearer {secret}"),
        gone="batch_gone",
        upload="files.create",
        results="files.content",
        files={"output": "file-1"},
        ended="completed",
        running="in_progress",
        cancelling=frozenset({"cancelling", "cancelled"}),
    ),
    "anthropic": Vendor(
        name="anthropic",
        model=messages.MODEL,
        line=messages.ask,
        id_of=lambda result: result["custom_id"],
        job=_anthropic_job,
        listing="data",
        key=lambda secret: ("x-api-key", secret),
        gone="msgbatch_gone",
        upload="",
        results="batches.results",
        files={"batch": "msgbatch_1"},
        ended="ended",
        running="in_progress",
        cancelling=frozenset({"canceling", "ended"}),
    ),
    "gemini": Vendor(
        name="gemini",
        model=gemini.MODEL,
        line=gemini.line,
        id_of=lambda result: result["key"],
        job=_gemini_job,
        listing="operations",
        key=lambda secret: ("x-goog-api-key", secret),
        gone="batches/gone",
        upload="files.upload",
        results="files.content",
        files={"responses": "files/batch-1"},
        ended="BATCH_STATE_SUCCEEDED",
        running="BATCH_STATE_RUNNING",
        cancelling=frozenset({"BATCH_STATE_CANCELLED"}),
        before_submit=(b'{"state":"ACTIVE"}',),
    ),
}
