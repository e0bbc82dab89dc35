"""The description of this surface, as clients and generators of clients read it."""

from functools import partial

from gateway.anthropic import wire
from gateway.anthropic.views import INLINE, AnthropicView
from gateway.choice import HEADER
from gateway.openapi import (
    LINES,
    DescriptionView,
    answer,
    anything,
    array,
    body,
    choice,
    document,
    fields,
    octets,
    operation,
    or_null,
    parameter,
    schema,
    text,
    whole,
)
from providers.anthropic.dialect import LONGEST_CUSTOM_ID
from providers.registry import UPSTREAMS

EVERYWHERE = (400, 401, 403, 404, 413, 415, 429, 500, 503)
MOMENT = text(format="date-time")

in_query = partial(parameter, "query")
in_header = partial(parameter, "header")
provider = in_header(
    HEADER, choice(UPSTREAMS), "The provider of a batch. With an id it makes no difference."
)
beta = in_query("beta", choice(["true"]), "What older SDKs send for files.")
common = (provider, beta)
cursor = (
    in_query("limit", whole(1, wire.MOST_LISTED, default=wire.USUAL_LISTED)),
    in_query("after_id", text(longest=wire.LONGEST_ID), "The last id of the page before."),
    in_query("before_id", text(longest=wire.LONGEST_ID), "The first id of the page behind."),
)
file_id = parameter(
    "path",
    "file_id",
    text(least=1),
    "An id as any surface says it.",
    examples=["file_0123456789ab"],
)
batch_id = parameter(
    "path",
    "batch_id",
    text(least=1),
    "An id as any surface says it.",
    examples=["msgbatch_0123456789ab"],
)

UPLOAD = {
    "type": "object",
    "properties": {
        "file": text(format="binary"),
        "expires_in_seconds": whole(*wire.EXPIRY),
    },
    "required": ["file"],
}
REQUEST = fields({"custom_id": text(least=1, longest=LONGEST_CUSTOM_ID), "params": anything()})
CREATE = fields(
    {
        "requests": array(
            REQUEST,
            minItems=1,
            maxItems=INLINE.requests,
            description=f"All together at most {INLINE.bytes} bytes.",
        )
    }
)
FILE_LIST = {
    "data": array(schema("File")),
    "has_more": {"type": "boolean"},
    "first_id": or_null(text()),
    "last_id": or_null(text()),
}
COUNTS = ("processing", "succeeded", "errored", "canceled", "expired")

SCHEMAS = {
    "Error": fields(
        {
            "type": {"const": "error"},
            "error": fields(
                {
                    "type": choice(
                        sorted({*wire.ERRORS.values(), "api_error", "invalid_request_error"})
                    ),
                    "message": text(),
                }
            ),
            "request_id": text(),
        }
    ),
    "File": fields(
        {
            "id": text(),
            "type": {"const": "file"},
            "filename": text(),
            "mime_type": text(),
            "size_bytes": whole(0),
            "size": whole(0),
            "created_at": MOMENT,
            "expires_at": or_null(MOMENT),
            "downloadable": {"const": True},
            "scope": {"type": "null"},
        }
    ),
    "FileDeleted": fields({"id": text(), "type": {"const": "file_deleted"}}),
    "FileList": fields({**FILE_LIST, "next_page": or_null(text())}),
    "Batch": fields(
        {
            "id": text(),
            "type": {"const": "message_batch"},
            "processing_status": choice(sorted(set(wire.STATUS.values()))),
            "request_counts": fields({name: whole(0) for name in COUNTS}),
            "created_at": MOMENT,
            "expires_at": MOMENT,
            "ended_at": or_null(MOMENT),
            "cancel_initiated_at": or_null(MOMENT),
            "archived_at": or_null(MOMENT),
            "results_url": or_null(text()),
            "provider": choice(UPSTREAMS),
        }
    ),
    "BatchDeleted": fields({"id": text(), "type": {"const": "message_batch_deleted"}}),
    "BatchList": fields({**FILE_LIST, "data": array(schema("Batch"))}),
}

operated = partial(operation, refused=EVERYWHERE)
writing = partial(operation, refused=(*EVERYWHERE, 402, 507))
A_FILE = {"200": answer("The file.", schema("File"))}
A_BATCH = {"200": answer("The batch.", schema("Batch"))}

FILES = {
    "get": operated(
        "listFiles",
        "List files, the newest first",
        *common,
        *cursor,
        in_query("page", text(longest=wire.LONGEST_ID), "`next_page` of the page before."),
        in_query("ids", array(text(), maxItems=wire.MOST_IDS), "Only these."),
        in_query("ids[]", array(text(), maxItems=wire.MOST_IDS), "Only these."),
        in_query("scope_id", text(longest=wire.LONGEST_ID), "No file here has a scope."),
        answers={"200": answer("A page of files.", schema("FileList"))},
    ),
    "post": writing(
        "createFile",
        "Upload a file",
        *common,
        body=body(UPLOAD, "multipart/form-data"),
        answers=A_FILE,
    ),
}
FILE = {
    "get": operated("retrieveFile", "Describe a file", file_id, *common, answers=A_FILE),
    "delete": operated(
        "deleteFile",
        "Delete a file",
        file_id,
        *common,
        answers={"200": answer("It is gone.", schema("FileDeleted"))},
    ),
}
CONTENT = {
    "get": operated(
        "downloadFile",
        "Read the bytes of a file",
        file_id,
        *common,
        answers={"200": octets("The bytes, as they were uploaded.")},
    )
}
BATCHES = {
    "get": operated(
        "listBatches",
        "List message batches, the newest first",
        *common,
        *cursor,
        answers={"200": answer("A page of message batches.", schema("BatchList"))},
    ),
    "post": writing(
        "createBatch",
        "Create a message batch",
        *common,
        in_header("anthropic-beta", text(), "Only what is general by now."),
        in_header("idempotency-key", text(), "Names a create that may be repeated."),
        body=body(CREATE),
        answers=A_BATCH,
    ),
}
BATCH = {
    "get": operated(
        "retrieveBatch", "Describe a message batch", batch_id, *common, answers=A_BATCH
    ),
    "delete": operated(
        "deleteBatch",
        "Delete a message batch that has ended",
        batch_id,
        *common,
        answers={"200": answer("It is gone.", schema("BatchDeleted"))},
    ),
}
CANCEL = {
    "post": operated(
        "cancelBatch",
        "Cancel a message batch",
        batch_id,
        *common,
        body=body(fields({}), required=False),
        answers=A_BATCH,
    )
}
RESULTS = {
    "get": operated(
        "batchResults",
        "Read the results of a message batch that has ended",
        batch_id,
        *common,
        answers={"200": answer("A line of JSON for each request.", text(), LINES)},
    )
}

DOCUMENT = document(
    "Bifrost for Anthropic's SDK",
    "/anthropic",
    {
        "/v1/files": FILES,
        "/v1/files/{file_id}": FILE,
        "/v1/files/{file_id}/content": CONTENT,
        "/v1/messages/batches": BATCHES,
        "/v1/messages/batches/{batch_id}": BATCH,
        "/v1/messages/batches/{batch_id}/cancel": CANCEL,
        "/v1/messages/batches/{batch_id}/results": RESULTS,
    },
    schemas=SCHEMAS,
)


class Description(DescriptionView, AnthropicView):
    document = DOCUMENT
