"""The shapes of Anthropic's Files and Message Batches: https://platform.claude.com/docs/en/api/messages/batches"""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import msgspec

from batches.models import Batch, Surface
from batches.translate import ENDPOINT_OF, dialect_of
from files.models import File
from gateway.fields import Fields, refuse_nul
from gateway.surface import RequestError
from gateway.upload import Form
from providers.ids import core_id
from providers.models import Provider
from providers.records import MalformedRecordError

FILE_PREFIX, BATCH_PREFIX, PAGE_PREFIX = "file_", "msgbatch_", "page_"
CORE_ID = re.compile(r"[0-9a-z]{12}")
LONGEST_ID = 1100
MOST_LISTED, USUAL_LISTED, MOST_IDS = 1000, 20, 100
# Vendor's bounds, in seconds: an hour and ninety days.
EXPIRY = (3600, 7_776_000)
# https://platform.claude.com/docs/en/build-with-claude/files
LONGEST_NAME = 255
NOT_IN_NAMES = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
LINES = (
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-ndjson",
)
# Of betas that change what a model does, the operator's credential has those that are sent.
GENERAL_BY_NOW = {"files-api-2025-04-14", "message-batches-2024-09-24"}

STATUS: dict[str, str] = {
    Batch.Status.VALIDATING: "in_progress",
    Batch.Status.IN_PROGRESS: "in_progress",
    Batch.Status.FINALIZING: "in_progress",
    Batch.Status.CANCELLING: "canceling",
    Batch.Status.COMPLETED: "ended",
    Batch.Status.FAILED: "ended",
    Batch.Status.EXPIRED: "ended",
    Batch.Status.CANCELLED: "ended",
}
ENDS = ("completed_at", "failed_at", "expired_at", "cancelled_at")
# https://platform.claude.com/docs/en/api/errors
ERRORS: dict[int, str] = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Cursor:
    """Which part of a list is asked for: behind `after` or before `before`, ids as they were sent."""

    limit: int
    after: str = ""
    before: str = ""


def read_cursor(query: Fields, *, paged: bool = False) -> Cursor:
    """`paged` lists know the newer way, too: a `page`, as an answer named the next. Raises RequestError."""
    limit = query.whole("limit", 1, MOST_LISTED, USUAL_LISTED)
    given = {
        name: query.optional_text(name, longest=LONGEST_ID) for name in ("after_id", "before_id")
    }
    if paged:
        given["page"] = query.optional_text("page", longest=LONGEST_ID)
    first, *others = [name for name, text in given.items() if text] or [""]
    if others:
        raise RequestError(
            f"{others[0]}: give '{first}' or '{others[0]}', not both.", param=others[0]
        )
    after = given["after_id"] or given.get("page", "").removeprefix(PAGE_PREFIX)
    return Cursor(limit, after, given["before_id"])


def read_ids(given: Sequence[str], query: Fields) -> list[str]:
    """The core ids of a list of files that names them all. Raises RequestError."""
    ids = list(dict.fromkeys(given))
    if len(ids) > MOST_IDS:
        raise RequestError(f"ids: at most {MOST_IDS} are allowed, not {len(ids)}.", param="ids")
    for name in ("page", "limit"):
        if ids and query.given.get(name) is not None:
            raise RequestError(f"{name}: give 'ids' or '{name}', not both.", param=name)
    return [core for core in map(core_id, ids) if CORE_ID.fullmatch(core)]


def read_id(text: str, kind: str) -> str:
    """The core id behind one of any surface. Raises RequestError 404."""
    core = core_id(text)
    if not CORE_ID.fullmatch(core):
        raise not_found(kind, text)
    return core


def not_found(kind: str, text: str) -> RequestError:
    return RequestError(f"{kind} not found: {text[:100]}", status=404, param="id")


def read_upload(form: Form) -> dict[str, Any]:
    """The fields of a File that come with its upload; `expires_in_seconds` besides. Raises RequestError.

    Lines may become a batch on another surface, whose inputs have that purpose.
    """
    fields = Fields(form.fields)
    seconds = None
    if "expires_in_seconds" in form.fields:
        seconds = fields.whole("expires_in_seconds", *EXPIRY)
    fields.refuse_others()
    refuse_nul(form.content_type, "file")
    filename = _read_filename(form)
    are_lines = filename.lower().endswith(".jsonl") or form.content_type.split(";")[0] in LINES
    return {
        "filename": filename,
        "content_type": form.content_type,
        "purpose": File.Purpose.BATCH if are_lines else File.Purpose.USER_DATA,
        "expires_in_seconds": seconds,
    }


def _read_filename(form: Form) -> str:
    """Of a path only the last part counts."""
    name = PurePosixPath(form.filename).name
    name = name or f"unnamed{mimetypes.guess_extension(form.content_type) or ''}"
    if len(name) > LONGEST_NAME or NOT_IN_NAMES.search(name):
        raise RequestError(
            f"file: a filename has 1 to {LONGEST_NAME} characters, none of which is a control character "
            'or one of <>:"|?*\\/.',
            code="invalid_value",
            param="file",
        )
    return name


def read_betas(header: str) -> None:
    """Raises RequestError for what would make a difference and is not sent on."""
    for beta in header.split(","):
        if beta.strip() not in ("", *GENERAL_BY_NOW):
            raise RequestError(
                f"anthropic-beta: '{beta.strip()[:100]}' cannot be chosen for a single batch here: ask the "
                "operator to set it for the credential.",
                code="unsupported_feature",
                param="anthropic-beta",
            )


def read_create(body: Mapping[str, Any], requests: File | None) -> File:
    """The file of the requests, beside which nothing comes with a create. Raises RequestError."""
    if requests is None:
        raise RequestError(
            "Missing required parameter: 'requests'.",
            code="missing_required_parameter",
            param="requests",
        )
    form = Fields(body)
    form.take("requests")
    form.refuse_others()
    return requests


class Envelopes:
    """Looks at the envelope of each request of a create; what is in it is judged later, as at the vendor.

    Call it with the index and the bytes of each. Raises RequestError, which names both index and field.
    """

    def __init__(self) -> None:
        self._dialect = dialect_of(Provider.ANTHROPIC)
        self._seen: set[str] = set()

    @property
    def count(self) -> int:
        return len(self._seen)

    def __call__(self, index: int, element: bytes) -> None:
        try:
            record = self._dialect.open(element)
        except MalformedRecordError as error:
            message = error.message.removeprefix(f"{error.param}: ")
            raise _wrong(index, error.param, message, error.code) from None
        if record.more:
            unknown = msgspec.json.decode(element, type=dict[str, msgspec.Raw]).keys()
            name = next(iter(unknown - {"custom_id", "params"}))
            message = "Extra inputs are not permitted."
            raise _wrong(index, name[:100], message, "unknown_parameter")
        custom_id = record.custom_id or ""
        if custom_id in self._seen:
            message = (
                f"'{custom_id}' is the custom_id of an earlier request: give each one of its own."
            )
            raise _wrong(index, "custom_id", message, "duplicate_custom_id")
        self._seen.add(custom_id)


def _wrong(index: int, name: str | None, message: str, code: str) -> RequestError:
    path = f"requests.{index}.{name}" if name else f"requests.{index}"
    return RequestError(f"{path}: {message}", code=code, param=path)


def write_file(file: File) -> dict[str, Any]:
    """`size` is not the vendor's, but in many an example."""
    return {
        "id": FILE_PREFIX + file.id,
        "type": "file",
        "filename": file.filename,
        "mime_type": file.content_type,
        "size_bytes": file.size,
        "size": file.size,
        "created_at": timestamp(file.created_at),
        "expires_at": timestamp(file.expires_at),
        "downloadable": True,
        "scope": None,
    }


def write_batch(batch: Batch) -> dict[str, Any]:
    """The address of the results is relative to the client's base URL, wherever that is."""
    ended_at = max((at for name in ENDS if (at := getattr(batch, name))), default=None)
    name = BATCH_PREFIX + batch.id
    has_results = batch.ended and not batch.archived_at
    return {
        "id": name,
        "type": "message_batch",
        "processing_status": STATUS[batch.status],
        "request_counts": write_counts(batch),
        "created_at": timestamp(batch.created_at),
        "expires_at": timestamp(batch.expires_at),
        "ended_at": timestamp(ended_at) if batch.ended else None,
        "cancel_initiated_at": timestamp(batch.cancelling_at),
        "archived_at": timestamp(batch.archived_at),
        "results_url": f"/v1/messages/batches/{name}/results" if has_results else None,
        "provider": batch.provider,
    }


def write_counts(batch: Batch) -> dict[str, int]:
    """All are `processing` until the batch has ended; of one that failed as a whole all are `errored`."""
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    if not batch.ended:
        return {**counts, "processing": batch.total}
    if batch.status == Batch.Status.FAILED:
        return {**counts, "errored": batch.total}
    expired = batch.failures.get("expired", 0)
    canceled = batch.failures.get("cancelled", 0)
    return {
        "processing": 0,
        "succeeded": batch.completed,
        "errored": batch.failed - expired - canceled,
        "canceled": canceled,
        "expired": expired,
    }


def write_list(items: Sequence[Mapping[str, Any]], *, more: bool) -> dict[str, Any]:
    return {
        "data": items,
        "has_more": more,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
    }


def write_files(
    items: Sequence[Mapping[str, Any]], cursor: Cursor, *, more: bool
) -> dict[str, Any]:
    """In the form of today and in that of the beta, of which every SDK knows one."""
    listed = write_list(items, more=more)
    onward = more and not cursor.before
    return {**listed, "next_page": PAGE_PREFIX + listed["last_id"] if onward else None}


def write_deleted(prefix: str, kind: str, row: File | Batch) -> dict[str, Any]:
    return {"id": prefix + row.pk, "type": kind}


def write_error(error: RequestError, request_id: str) -> dict[str, Any]:
    usual = "api_error" if error.status >= 500 else "invalid_request_error"
    told = {"type": ERRORS.get(error.status, usual), "message": error.message}
    return {"type": "error", "error": told, "request_id": request_id}


def timestamp(moment: datetime | None) -> str | None:
    """As in RFC 3339, in UTC."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def new_batch(provider: str, total: int) -> dict[str, Any]:
    """The fields of a Batch of so many requests."""
    return {
        "surface": Surface.ANTHROPIC,
        "provider": provider,
        "endpoint": ENDPOINT_OF["chat"],
        "completion_window": "24h",
        "inline": True,
        "total": total,
    }
