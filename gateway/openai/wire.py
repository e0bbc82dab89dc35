"""The shapes of OpenAI's Files and Batch API: https://platform.openai.com/docs/api-reference/batch"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from batches.models import Batch, Surface
from batches.translate import ENDPOINTS
from files.models import File
from gateway.fields import Fields, refuse_nul
from gateway.openai import bedrock
from gateway.surface import OUT_OF_MONEY, RequestError
from providers.ids import core_id
from providers.models import Provider
from providers.registry import UPSTREAMS

FILE_PREFIX, BATCH_PREFIX = "file-", "batch_"
CORE_ID = re.compile(r"[0-9a-z]{12}")
UPLOAD_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data")
# Vendor's bounds, in seconds: an hour and thirty days.
EXPIRY = (3600, 2_592_000)
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512
LONGEST_ID = 1300
MOST_FILES, MOST_BATCHES, USUAL_BATCHES = 10_000, 100, 20

# Our statuses are OpenAI's. Written out, so that a new one of ours fails a test and not a client.
STATUS: dict[str, str] = {
    Batch.Status.VALIDATING: "validating",
    Batch.Status.IN_PROGRESS: "in_progress",
    Batch.Status.FINALIZING: "finalizing",
    Batch.Status.COMPLETED: "completed",
    Batch.Status.FAILED: "failed",
    Batch.Status.EXPIRED: "expired",
    Batch.Status.CANCELLING: "cancelling",
    Batch.Status.CANCELLED: "cancelled",
}
TIMES = (
    "in_progress_at",
    "expires_at",
    "finalizing_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelling_at",
    "cancelled_at",
)


def read_upload(fields: Mapping[str, str], filename: str, query: Fields) -> dict[str, Any]:
    """What is asked of an upload beside its bytes: `purpose`; `expires_after` in seconds; and `folder`, the
    place in S3 where it is to lie, if it is. Raises RequestError.
    """
    form = Fields(fields)
    purpose = form.choice("purpose", UPLOAD_PURPOSES)
    provider = read_provider_of(form, query)
    folder = bedrock.read_folder(form, provider)
    if folder is None and provider == Provider.BEDROCK:
        folder = bedrock.Folder()
    seconds = None
    if any(name.startswith("expires_after") for name in fields):
        form.choice("expires_after[anchor]", ("created_at",))
        seconds = form.whole("expires_after[seconds]", *EXPIRY)
    form.refuse_others()
    query.refuse_others()
    refuse_nul(filename, "file")
    if purpose == "batch" and not filename.lower().endswith(".jsonl"):
        raise RequestError(
            "Invalid file format for Batch API. Must be .jsonl: give the file a name that ends so.",
            code="invalid_file_format",
            param="file",
        )
    return {"purpose": purpose, "expires_after": seconds, "folder": folder}


def read_create(
    body: Mapping[str, Any], query: Fields, *, inline: bool = False
) -> tuple[str, dict[str, Any]]:
    """The id of the input file, empty where requests came `inline`, and the fields of a Batch.

    `provider` is empty if none was named. Raises RequestError.
    """
    form = Fields(body)
    input_file_id = _no_file(form) if inline else form.text("input_file_id")
    model = form.optional_text("model", longest=255)
    fields = {
        "surface": Surface.OPENAI,
        "endpoint": form.choice("endpoint", ENDPOINTS),
        "completion_window": form.choice("completion_window", ("24h",)),
        "metadata": read_metadata(form.take("metadata")),
        "output_expires_seconds": read_expiry(form.take("output_expires_after")),
        "provider": read_provider_of(form, query) or "",
        "model": model,
        "model_override": model,
        "inline": inline,
        "input_uri": input_file_id if bedrock.read_name(input_file_id) else "",
        **bedrock.read_job(form),
    }
    form.refuse_others()
    query.refuse_others()
    return input_file_id, fields


def _no_file(form: Fields) -> str:
    """Raises RequestError if there is a file beside the requests."""
    if form.optional_text("input_file_id", longest=255):
        raise RequestError(
            "Both 'input_file_id' and 'requests' were given: name a file or give requests, and "
            "leave the other empty.",
            code="mutually_exclusive_parameters",
            param="input_file_id",
        )
    return ""


def read_provider(form: Fields) -> str | None:
    """The provider that a request names. Raises RequestError for one that Bifrost does not reach."""
    return form.optional_choice("provider", tuple(UPSTREAMS))


def read_provider_of(form: Fields, query: Fields) -> str | None:
    """The provider that is named in the body of a request or in its query. Raises RequestError."""
    here, there = read_provider(form), read_provider(query)
    if here and there and here != there:
        raise RequestError(
            f"Invalid 'provider': the body names '{here}' and the query '{there}'. Name one.",
            code="invalid_value",
            param="provider",
        )
    return here or there


def read_metadata(value: object) -> dict[str, str] | None:
    """Raises RequestError beyond the vendor's limits."""
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise RequestError(
            "Invalid type for 'metadata': expected an object whose values are strings.",
            code="invalid_type",
            param="metadata",
        )
    if len(value) > MOST_PAIRS:
        raise RequestError(
            f"Invalid 'metadata': it has {len(value)} pairs, at most {MOST_PAIRS} are allowed.",
            code="object_above_max_properties",
            param="metadata",
        )
    for key, text in value.items():
        refuse_nul(key + text, "metadata")
        if len(key) > LONGEST_KEY or len(text) > LONGEST_VALUE:
            raise RequestError(
                f"Invalid 'metadata': keys have at most {LONGEST_KEY} characters and values "
                f"{LONGEST_VALUE}; shorten {key[:LONGEST_KEY]!r}.",
                code="string_above_max_length",
                param=f"metadata.{key[:LONGEST_KEY]}",
            )
    return value


def read_expiry(value: object) -> int | None:
    """The seconds of an `output_expires_after`. Raises RequestError."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise RequestError(
            "Invalid type for 'output_expires_after': expected an object.",
            code="invalid_type",
            param="output_expires_after",
        )
    form = Fields(value, path="output_expires_after.")
    form.choice("anchor", ("created_at",))
    seconds = form.whole("seconds", *EXPIRY)
    form.refuse_others()
    return seconds


def read_id(text: str, kind: str) -> str:
    """The core id behind one of ours, in the form of any surface. Raises RequestError 404 for any other."""
    core = core_id(text)
    if core == text or not CORE_ID.fullmatch(core):
        raise not_found(kind, text)
    return core


def not_found(kind: str, text: str) -> RequestError:
    return RequestError(f"No such {kind} object: {text[:100]}", status=404, param="id")


def file_id(file: File) -> str:
    """What others put into a client's bucket keeps the name that it has there."""
    return file.s3_uri if file.is_adopted else FILE_PREFIX + file.id


def write_file(file: File) -> dict[str, Any]:
    return {
        "id": file_id(file),
        "object": "file",
        "bytes": file.size,
        "created_at": seconds(file.created_at),
        "expires_at": seconds(file.expires_at),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def write_batch(batch: Batch) -> dict[str, Any]:
    return {
        "id": BATCH_PREFIX + batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "model": batch.model or None,
        "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
        "input_file_id": input_id(batch),
        "completion_window": batch.completion_window,
        "status": STATUS[batch.status],
        "output_file_id": FILE_PREFIX + batch.output_file_id if batch.output_file_id else None,
        "error_file_id": FILE_PREFIX + batch.error_file_id if batch.error_file_id else None,
        "created_at": seconds(batch.created_at),
        **{name: seconds(getattr(batch, name)) for name in TIMES},
        "request_counts": write_counts(batch),
        "usage": batch.usage,
        "metadata": batch.metadata,
        "provider": batch.provider,
    }


def input_id(batch: Batch) -> str:
    """As its client named it, if that is the name of an object in S3. On other surfaces it is no id."""
    is_name = batch.surface == Surface.OPENAI and batch.input_uri
    return batch.input_uri if is_name else FILE_PREFIX + batch.input_file_id


def write_counts(batch: Batch) -> dict[str, int]:
    """None are counted before all were looked at; of a batch that failed as a whole all failed."""
    if batch.status == Batch.Status.VALIDATING:
        return {"total": 0, "completed": 0, "failed": 0}
    failed = batch.total if batch.status == Batch.Status.FAILED else batch.failed
    return {"total": batch.total, "completed": batch.completed, "failed": failed}


def write_list(items: Sequence[Mapping[str, Any]], *, more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": more,
    }


def write_deleted(file: File) -> dict[str, Any]:
    return {"id": file_id(file), "object": "file", "deleted": True}


def write_error(error: RequestError) -> dict[str, Any]:
    usual = "server_error" if error.status >= 500 else "invalid_request_error"
    kind = "rate_limit_exceeded" if error.status == 429 else usual
    if error.code == OUT_OF_MONEY:
        kind = OUT_OF_MONEY
    code = "invalid_api_key" if error.status == 401 else error.code
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": code}}


def seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
