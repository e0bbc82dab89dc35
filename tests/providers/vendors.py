"""What a test must know of each provider, so that one test can be made of them all.

A provider joins with one more entry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from providers.anthropic import upstream as anthropic_upstream
from providers.base import Account, JobState
from providers.bedrock import upstream as bedrock_upstream
from providers.gemini import upstream as gemini_upstream
from providers.openai import upstream as openai_upstream
from tests.sandbox import bedrock, gemini, messages, records

MADE = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Vendor:
    """`line` makes a record of an id and a text. `job` makes what the provider shows of one, of its id and
    its status; the list of them is in the field `listing`. `error` makes what it says in words of its own.

    `upload`, `removal` and `results` are the sandbox's names of operations; the first two are empty where
    the records travel with the job. `before_submit` is what a server is asked for before it is given the
    job, and `states` says whether the answer to that has the job's status. `options` are those of the
    account that a secret opens, `key` is the header that tells it, and how it begins.

    `tries_again` are the statuses after which a call that changes nothing is made again, `repeats` the
    operations that are made again though they may have been carried out, and `waits` says whether it is
    heard when the provider asks to wait.
    """

    name: str
    model: str
    line: Callable[[str, str], dict[str, Any]]
    id_of: Callable[[dict[str, Any]], str]
    job: Callable[[str, Any], dict[str, Any]]
    listing: str
    key: Callable[[str], tuple[str, str]]
    read: Callable[[dict[str, Any]], JobState]
    gone: str
    upload: str
    removal: str
    results: str
    files: Mapping[str, str]
    ended: str
    running: str
    cancelling: frozenset[str]
    before_submit: tuple[bytes, ...] = ()
    options: Callable[[str], Mapping[str, Any]] = lambda secret: {}
    error: Callable[[str], dict[str, Any]] = lambda text: {"error": {"message": text}}
    tries_again: frozenset[int] = frozenset({408, 429, 500, 502, 503, 504, 529})
    repeats: frozenset[str] = frozenset()
    waits: bool = True
    states: bool = True

    def account(self, secret: str, base_url: str, **more: object) -> Account:
        return Account("account", secret, base_url, {**self.options(secret), **more})

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


def _bedrock_line(id: str, text: str) -> dict[str, Any]:
    return {"recordId": id, "modelInput": bedrock.messages(text)}


def _bedrock_job(id: str, status: Any) -> dict[str, Any]:
    output = {"s3OutputDataConfig": {"s3Uri": "s3://batches/out/"}}
    return {"jobArn": id, "status": status, "submitTime": MADE, "outputDataConfig": output}


def _access_key(secret: str) -> str:
    return f"AKIA{crc32(secret.encode())}"


def _bedrock_options(secret: str) -> dict[str, Any]:
    return {
        "access_key_id": _access_key(secret),
        "region": "eu-west-1",
        "bucket": bedrock.BUCKET,
        "prefix": "team/a",
        "role_arn": bedrock.ROLE,
        "minimum_records": 1,
    }


VENDORS = {
    "openai": Vendor(
        name="openai",
        model="gpt-5-mini",
        line=records.chat,
        id_of=lambda result: result["custom_id"],
        job=_openai_job,
        listing="data",
        key=lambda secret: ("authorization", f"Bearer {secret}"),
        read=openai_upstream.read_state,
        gone="batch_gone",
        upload="files.create",
        removal="files.delete",
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
        read=anthropic_upstream.read_state,
        gone="msgbatch_gone",
        upload="",
        removal="",
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
        read=gemini_upstream.read_state,
        gone="batches/gone",
        upload="files.upload",
        removal="files.delete",
        results="files.content",
        files={"responses": "files/batch-1"},
        ended="BATCH_STATE_SUCCEEDED",
        running="BATCH_STATE_RUNNING",
        cancelling=frozenset({"BATCH_STATE_CANCELLED"}),
        before_submit=(b'{"state":"ACTIVE"}',),
    ),
    # Few calls are ours: AWS's own SDK tries again by rules of its own.
    "bedrock": Vendor(
        name="bedrock",
        model=bedrock.CLAUDE,
        line=_bedrock_line,
        id_of=lambda result: result["recordId"],
        job=_bedrock_job,
        listing="invocationJobSummaries",
        key=lambda secret: (
            "authorization",
            f"AWS4-HMAC-SHA256 Credential={_access_key(secret)}/",
        ),
        read=bedrock_upstream.read_state,
        gone="arn:aws:bedrock:eu-west-1:000000000000:model-invocation-job/aaaabbbbcccc",
        upload="objects.put",
        removal="objects.delete",
        results="objects.get",
        files={"output": "s3://batches/nothing/"},
        ended="Completed",
        running="InProgress",
        cancelling=frozenset({"Stopping", "Stopped"}),
        options=_bedrock_options,
        error=lambda text: {"message": text},
        tries_again=frozenset({429, 500, 502, 503, 504}),
        repeats=frozenset({"objects.put", "batches.cancel"}),
        waits=False,
        states=False,
    ),
}
