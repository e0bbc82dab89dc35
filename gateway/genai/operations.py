"""Batches as Google says them: long-running operations, whose metadata is the batch.

https://ai.google.dev/api/batch-api, https://google.aip.dev/151
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from batches.models import Batch, Surface
from gateway.fields import Fields, refuse_nul
from gateway.genai.wire import (
    BATCHES,
    FILES,
    LONGEST_TITLE,
    MODELS,
    TYPE,
    message,
    present,
    timestamp,
    violations,
)
from gateway.surface import RequestError

CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
ENDPOINT = {"batchGenerateContent": CHAT, "asyncBatchEmbedContent": EMBEDDINGS}
INPUT = "batch.inputConfig"
# The way to the requests in the body of a create, in both spellings.
REQUESTS = (("batch",), ("inputConfig", "input_config"), ("requests",), ("requests",))
REQUEST = f"{INPUT}.requests.requests"
VERSION = f"{TYPE}ai.generativelanguage.v1main"

# Google's words, but for the one that it lacks: there the SDK knows a word of its own.
STATE: dict[str, str] = {
    Batch.Status.VALIDATING: "BATCH_STATE_PENDING",
    Batch.Status.IN_PROGRESS: "BATCH_STATE_RUNNING",
    Batch.Status.FINALIZING: "BATCH_STATE_RUNNING",
    Batch.Status.COMPLETED: "BATCH_STATE_SUCCEEDED",
    Batch.Status.FAILED: "BATCH_STATE_FAILED",
    Batch.Status.EXPIRED: "BATCH_STATE_EXPIRED",
    Batch.Status.CANCELLING: "JOB_STATE_CANCELLING",
    Batch.Status.CANCELLED: "BATCH_STATE_CANCELLED",
}
# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, INTERNAL = 1, 3, 4, 13
TIMES = (
    "in_progress_at",
    "finalizing_at",
    "cancelling_at",
    "completed_at",
    "failed_at",
    "expired_at",
    "cancelled_at",
)
Output = Mapping[str, Any]


class _Request(msgspec.Struct, gc=False):
    model: str | None = None


class _InlinedRequest(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    request: _Request
    metadata: dict[str, msgspec.Raw] | None = None


_inlined = msgspec.json.Decoder(_InlinedRequest)


def read_model(text: str) -> str:
    """The model in an address, without its prefix. Raises RequestError."""
    refuse_nul(text, "model")
    model = text.removeprefix(MODELS)
    if not 0 < len(model) <= 255:
        raise RequestError(
            "Invalid 'model': it has up to 255 characters.", code="invalid_value", param="model"
        )
    return model


def read_create(
    given: Mapping[str, Any], model: str, *, inline: bool
) -> tuple[str, dict[str, Any]]:
    """The name of the input file, empty where requests came `inline`, and fields of a Batch.

    Raises RequestError.
    """
    body = message(given, "batch")
    batch = message(body.take("batch"), "displayName", "inputConfig", path="batch.")
    body.refuse_others()
    source = message(batch.take("inputConfig"), "fileName", path=f"{INPUT}.")
    around = message(source.take("requests"), path=f"{INPUT}.requests.")
    around.take("requests")
    around.refuse_others()
    fields = {
        "surface": Surface.GENAI,
        "completion_window": "24h",
        "name": batch.optional_text("displayName", longest=LONGEST_TITLE),
        "model_override": model,
        "inline": inline,
    }
    _refuse_other_model(batch.optional_text("model", longest=512), model, "batch.model")
    batch.whole("priority", 0, 0, 0)
    file_name = _file_name(source, inline=inline)
    source.refuse_others()
    batch.refuse_others()
    return file_name, fields


def _file_name(source: Fields, *, inline: bool) -> str:
    name = source.optional_text("fileName", longest=255)
    if bool(name) == inline:
        raise RequestError(
            f"Exactly one of '{INPUT}.fileName' and '{INPUT}.requests' must be given.",
            code="mutually_exclusive_parameters" if inline else "missing_required_parameter",
            param=f"{INPUT}.fileName",
        )
    return name


def read_request(index: int, element: bytes, model: str) -> None:
    """Look at one of the requests that came inline. Raises RequestError, which tells the index."""
    path = f"{REQUEST}.{index}."
    try:
        read = _inlined.decode(element)
    except msgspec.ValidationError:
        raise _wrong_request(msgspec.json.decode(element), path) from None
    _refuse_other_model(read.request.model or "", model, f"{path}request.model")


def _wrong_request(given: dict[str, Any], path: str) -> RequestError:
    """Its first mistake."""
    try:
        element = message(given, path=path)
        if element.given.get("request") is None:
            element.text("request")
        request = message(element.take("request"), path=f"{path}request.")
        request.optional_text("model", longest=512)
        message(element.take("metadata"), path=f"{path}metadata.")
        element.refuse_others()
    except RequestError as error:
        return error
    return RequestError(f"{path.rstrip('.')}: it is no request.", param=path.rstrip("."))


def _refuse_other_model(given: str, model: str, param: str) -> None:
    if given and given.removeprefix(MODELS) != model:
        raise RequestError(
            f"Invalid '{param}': a batch has one model, which the address names: '{model}'.",
            code="mismatched_model",
            param=param,
        )


def write_operation(
    batch: Batch, *, inlined: object = None, results_file: bool = False
) -> dict[str, Any]:
    """`inlined` are the responses of a batch whose requests came inline, if they are to be told.

    Such a batch has a file of results too, which is told if that is wanted.
    """
    kind = "EmbedContentBatch" if batch.endpoint == EMBEDDINGS else "GenerateContentBatch"
    output: Output | None = None
    if inlined is not None:
        output = {"inlinedResponses": {"inlinedResponses": inlined}}
    elif batch.results_file_id and (results_file or not batch.inline):
        output = {"responsesFile": FILES + batch.results_file_id}
    operation: dict[str, Any] = {
        "name": BATCHES + batch.id,
        "metadata": {"@type": f"{VERSION}.{kind}", **_batch(batch, output)},
    }
    if not batch.ended:
        return operation
    operation["done"] = True
    if error := _error(batch):
        operation["error"] = error
    elif output is not None:
        operation["response"] = {"@type": f"{VERSION}.{kind}Output", **output}
    return operation


def _batch(batch: Batch, output: Output | None) -> dict[str, Any]:
    times = [moment for name in TIMES if (moment := getattr(batch, name))]
    model = batch.model_override or batch.model
    written = {
        "model": (MODELS + model.removeprefix(MODELS)) if model else None,
        "displayName": batch.name or None,
        "inputConfig": None if batch.inline else {"fileName": FILES + batch.input_file_id},
        "output": output,
        "createTime": timestamp(batch.created_at),
        "endTime": timestamp(max(times)) if batch.ended and times else None,
        "updateTime": timestamp(max(times, default=batch.created_at)),
        "batchStats": write_counts(batch),
        "state": STATE[batch.status],
        "name": BATCHES + batch.id,
    }
    return present(written)


def write_counts(batch: Batch) -> dict[str, str]:
    """None are counted before all were looked at; of a batch that failed as a whole all failed."""
    total, succeeded, failed = batch.total, batch.completed, batch.failed
    if batch.status == Batch.Status.VALIDATING:
        total = succeeded = failed = 0
    elif batch.status == Batch.Status.FAILED:
        succeeded, failed = 0, total
    return {
        "requestCount": str(total),
        "successfulRequestCount": str(succeeded),
        "failedRequestCount": str(failed),
        "pendingRequestCount": str(total - succeeded - failed),
    }


def _error(batch: Batch) -> dict[str, Any] | None:
    """Why an ended batch did not succeed."""
    if batch.status == Batch.Status.CANCELLED:
        return {"code": CANCELLED, "message": "The batch was cancelled."}
    if batch.status == Batch.Status.EXPIRED:
        why = "The batch could not be completed before its time was over."
        return {"code": DEADLINE_EXCEEDED, "message": why}
    if batch.status != Batch.Status.FAILED:
        return None
    found = [(_place(one), one["message"]) for one in batch.errors or ()]
    where, why = found[0] if found else ("", "The batch failed.")
    code = INTERNAL if batch.in_progress_at else INVALID_ARGUMENT
    told = f"{where}: {why}" if where else why
    return {"code": code, "message": told, "details": [violations(found)]}


def _place(error: Mapping[str, Any]) -> str:
    """Which line, and what in it."""
    line = f"line {error['line']}" if error.get("line") else ""
    return ", ".join(part for part in (line, error.get("param")) if part)


def parted(batch: Batch) -> list[bytes]:
    """The JSON of an operation, cut where its inlined responses go: once, or twice if it succeeded."""
    hole = secrets.token_hex(16)
    return msgspec.json.encode(write_operation(batch, inlined=hole)).split(b'"%b"' % hole.encode())


def joined(parts: list[bytes], responses: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    """The parts of an operation, and between them its responses, told anew as lines in any pieces."""
    for part, told in zip(parts, responses, strict=False):
        yield part
        yield from array(told)
    yield parts[-1]


def array(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of JSON, in any pieces, as one array."""
    yield b"["
    held = b""
    for piece in pieces:
        # In JSON a line end is the end of a line. Whether another line follows is not known yet.
        text = held + piece.replace(b"\n", b",")
        held = b"," if text.endswith(b",") else b""
        yield text[: len(text) - len(held)]
    yield b"]"
