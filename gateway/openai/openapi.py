"""The description of this surface, as clients and generators of clients read it."""

from functools import partial
from typing import Any

from batches.translate import ENDPOINTS
from files.models import File
from gateway.openai import bedrock, wire
from gateway.openai.views import OpenAIView
from gateway.openapi import (
    NO_NUL,
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
    texts,
    whole,
)
from gateway.upload import MOST_FIELD_BYTES
from providers.registry import UPSTREAMS

EVERYWHERE = (400, 401, 403, 404, 413, 415, 429, 500, 503)
MOMENT = whole(0, description="Seconds since 1970.")
PROVIDER = choice(UPSTREAMS)
EXPIRES = fields({"anchor": choice(["created_at"]), "seconds": whole(*wire.EXPIRY)})
TAGS = texts(
    key=text(least=1, longest=bedrock.LONGEST_TAG_KEY),
    value=text(longest=bedrock.LONGEST_TAG_VALUE),
    most=bedrock.MOST_TAGS,
)
METADATA = texts(
    key=text(longest=wire.LONGEST_KEY, pattern=NO_NUL),
    value=text(longest=wire.LONGEST_VALUE, pattern=NO_NUL),
    most=wire.MOST_PAIRS,
)

in_query = partial(parameter, "query")
provider = in_query("provider", PROVIDER, "The provider. With an id it makes no difference.")
limit = partial(in_query, "limit")
after = in_query("after", text(longest=wire.LONGEST_ID), "The last id of the page before.")
folder = [
    in_query(f"{bedrock.CONFIG}[s3][{name}]", limits, "Where in S3, if `provider` is `bedrock`.")
    for name, limits in {
        "bucket": text(longest=63, pattern=f"^{bedrock.BUCKET.pattern}$"),
        "region": text(longest=40, pattern=f"^{bedrock.REGION.pattern}$"),
        "prefix": text(longest=bedrock.LONGEST_PREFIX),
    }.items()
]
file_id = parameter(
    "path",
    "file_id",
    text(least=1),
    "An id as any surface says it, or the name of an object in S3.",
    examples=["file-0123456789ab", "s3://a-bucket/a/key.jsonl"],
)
batch_id = parameter(
    "path",
    "batch_id",
    text(least=1),
    "An id as any surface says it.",
    examples=["batch_0123456789ab"],
)
told = body(
    fields({}, {"provider": or_null(PROVIDER)}),
    required=False,
)

UPLOAD = {
    "type": "object",
    "properties": {
        "file": text(format="binary"),
        "purpose": choice(wire.UPLOAD_PURPOSES),
        "expires_after[anchor]": choice(["created_at"]),
        "expires_after[seconds]": whole(*wire.EXPIRY),
        "provider": PROVIDER,
        **{one["name"]: one["schema"] for one in folder},
    },
    "required": ["file", "purpose"],
    "dependentRequired": {
        "expires_after[anchor]": ["expires_after[seconds]"],
        "expires_after[seconds]": ["expires_after[anchor]"],
    },
    "description": f"Each field but the file has at most {MOST_FIELD_BYTES} bytes.",
}
CREATE = fields(
    {"endpoint": choice(ENDPOINTS), "completion_window": choice(["24h"])},
    {
        "input_file_id": or_null(text(pattern=NO_NUL)),
        "requests": or_null(
            array(anything(), minItems=1, description="Records, in place of an input file.")
        ),
        "metadata": or_null(METADATA),
        "output_expires_after": or_null(EXPIRES),
        "provider": or_null(PROVIDER),
        "model": or_null(text(longest=255, pattern=NO_NUL, description="For every record.")),
        "output_s3_uri": or_null(text(longest=bedrock.LONGEST_FOLDER)),
        "role_arn": or_null(text(longest=bedrock.LONGEST_ROLE)),
        "tags": or_null(TAGS),
    },
)


def listed(item: str) -> dict[str, Any]:
    return fields(
        {
            "object": {"const": "list"},
            "data": array(schema(item)),
            "first_id": or_null(text()),
            "last_id": or_null(text()),
            "has_more": {"type": "boolean"},
        }
    )


SCHEMAS = {
    "Error": fields(
        {
            "error": fields(
                {
                    "message": text(),
                    "type": choice(["invalid_request_error", "server_error"]),
                    "param": or_null(text()),
                    "code": or_null(text()),
                }
            )
        }
    ),
    "File": fields(
        {
            "id": text(),
            "object": {"const": "file"},
            "bytes": whole(0),
            "created_at": MOMENT,
            "expires_at": or_null(MOMENT),
            "filename": text(),
            "purpose": choice(File.Purpose.values),
            "status": {"const": "processed"},
            "status_details": {"type": "null"},
        }
    ),
    "FileDeleted": fields({"id": text(), "object": {"const": "file"}, "deleted": {"const": True}}),
    "FileList": listed("File"),
    "BatchErrors": fields(
        {
            "object": {"const": "list"},
            "data": array(
                fields(
                    {"message": text()},
                    {
                        "code": or_null(text()),
                        "param": or_null(text()),
                        "line": or_null(whole(1)),
                    },
                )
            ),
        }
    ),
    "Batch": fields(
        {
            "id": text(),
            "object": {"const": "batch"},
            "endpoint": choice(ENDPOINTS),
            "model": or_null(text()),
            "errors": or_null(schema("BatchErrors")),
            "input_file_id": text(),
            "completion_window": {"const": "24h"},
            "status": choice(wire.STATUS.values()),
            "output_file_id": or_null(text()),
            "error_file_id": or_null(text()),
            "created_at": MOMENT,
            **dict.fromkeys(wire.TIMES, or_null(MOMENT)),
            "request_counts": fields({name: whole(0) for name in ("total", "completed", "failed")}),
            "usage": or_null(anything()),
            "metadata": or_null(METADATA),
            "provider": PROVIDER,
        }
    ),
    "BatchList": listed("Batch"),
}

operated = partial(operation, refused=EVERYWHERE)
writing = partial(operation, refused=(*EVERYWHERE, 507))
A_FILE = {"200": answer("The file.", schema("File"))}
A_BATCH = {"200": answer("The batch.", schema("Batch"))}

FILES = {
    "get": operated(
        "listFiles",
        "List files, the newest first; what is in a bucket, by key",
        in_query("purpose", text(longest=64), "Only these."),
        limit(whole(1, wire.MOST_FILES, default=wire.MOST_FILES)),
        in_query("order", choice(["asc", "desc"]), "By time; not in a bucket."),
        after,
        provider,
        *folder,
        answers={"200": answer("A page of files.", schema("FileList"))},
    ),
    "post": writing(
        "createFile",
        "Upload a file",
        provider,
        body=body(UPLOAD, "multipart/form-data"),
        answers=A_FILE,
    ),
}
FILE = {
    "get": operated("retrieveFile", "Describe a file", file_id, provider, *folder, answers=A_FILE),
    "delete": operated(
        "deleteFile",
        "Delete a file",
        file_id,
        provider,
        *folder,
        body=told,
        answers={"200": answer("It is gone.", schema("FileDeleted"))},
    ),
}
CONTENT = {
    "get": operated(
        "downloadFile",
        "Read the bytes of a file",
        file_id,
        provider,
        *folder,
        answers={"200": octets("The bytes, as they were uploaded.")},
    )
}
BATCHES = {
    "get": operated(
        "listBatches",
        "List batches, the newest first",
        limit(whole(1, wire.MOST_BATCHES, default=wire.USUAL_BATCHES)),
        in_query("after", text(longest=100), "The last id of the page before."),
        in_query("provider", PROVIDER, "Only those that run there."),
        in_query("model", text(longest=255), "Only those of this model."),
        answers={"200": answer("A page of batches.", schema("BatchList"))},
    ),
    "post": writing(
        "createBatch",
        "Create a batch from a file or from requests",
        provider,
        parameter("header", "idempotency-key", text(), "Names a create that may be repeated."),
        body=body(CREATE),
        answers=A_BATCH,
    ),
}
BATCH = {"get": operated("retrieveBatch", "Describe a batch", batch_id, provider, answers=A_BATCH)}
CANCEL = {
    "post": operated(
        "cancelBatch", "Cancel a batch", batch_id, provider, body=told, answers=A_BATCH
    )
}

DOCUMENT = document(
    "Bifrost for OpenAI's SDK",
    "/openai",
    {
        "/files": FILES,
        "/files/{file_id}": FILE,
        "/files/{file_id}/content": CONTENT,
        "/batches": BATCHES,
        "/batches/{batch_id}": BATCH,
        "/batches/{batch_id}/cancel": CANCEL,
    },
    schemas=SCHEMAS,
)


class Description(DescriptionView, OpenAIView):
    document = DOCUMENT
