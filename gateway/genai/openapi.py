"""The description of this surface, as clients and generators of clients read it."""

from collections.abc import Mapping
from functools import partial

from gateway.choice import HEADER
from gateway.genai import operations, wire
from gateway.genai.operations import REQUEST
from gateway.genai.views import INLINE, GenAIView
from gateway.openapi import (
    NO_NUL,
    Described,
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
from providers.registry import UPSTREAMS

EVERYWHERE = (400, 401, 403, 404, 413, 415, 429, 500, 503)
MOMENT = text(format="date-time")
COUNT = text(pattern="^[0-9]+$", description="A number, in digits as Google's JSON has them.")
COUNTS = (
    "requestCount",
    "successfulRequestCount",
    "failedRequestCount",
    "pendingRequestCount",
)
LARGEST = 2**62

in_query = partial(parameter, "query")
in_header = partial(parameter, "header")
provider = in_header(
    HEADER, choice(UPSTREAMS), "The provider of a batch. With an id it makes no difference."
)
alt = (in_query("alt", choice(["json"])), in_query("$alt", choice(["json"])))
common = (provider, *alt)
in_pages = (
    in_query("pageSize", whole(0, 2**31 - 1), f"At most {wire.MOST_LISTED} come at once."),
    in_query("pageToken", text(longest=200), "`nextPageToken` of the page before."),
)
file_name = parameter(
    "path",
    "file",
    text(least=1),
    "The name that its client chose, or an id as any surface says it.",
    examples=["0123456789ab"],
)
batch_name = parameter(
    "path", "batch", text(least=1), "An id as any surface says it.", examples=["0123456789ab"]
)
model = parameter(
    "path",
    "model",
    text(least=1, longest=255, pattern=NO_NUL),
    "Any provider's.",
    examples=["gemini-2.5-flash"],
)
upload_protocol = in_query("upload_protocol", choice(["resumable"]))


def spelled(named: Mapping[str, Described]) -> Described:
    """A message that is sent, whose fields may be spelled in snake_case, too."""
    snakes = {wire.snake_case(name): schema for name, schema in named.items()}
    return fields({}, {**named, **snakes})


STATUS = fields(
    {"code": whole(0), "message": text()},
    {"details": array(anything(required=["@type"]))},
)
NEW_FILE = spelled(
    {
        "name": or_null(text(pattern=f"^({wire.FILES})?({wire.GIVEN_NAME.pattern})?$")),
        "displayName": or_null(text(longest=wire.LONGEST_TITLE)),
        "mimeType": or_null(text(longest=255)),
        "sizeBytes": or_null({"anyOf": [whole(0, LARGEST), COUNT]}),
        "source": or_null(choice(["SOURCE_UNSPECIFIED", "UPLOADED"])),
    },
)
INLINED = fields(
    {"requests": array(schema("InlinedRequest"), minItems=1)},
)
INPUT = spelled(
    {
        "fileName": or_null(text(longest=255)),
        "requests": or_null({**INLINED, "description": f"At most {INLINE.bytes} bytes."}),
    }
)
NEW_BATCH = spelled(
    {
        "inputConfig": {**INPUT, "description": "Either a file or requests."},
        "displayName": or_null(text(longest=wire.LONGEST_TITLE)),
        "model": or_null(text(longest=512, description="As in the address.")),
        "priority": {"anyOf": [{"enum": [0, "0"]}, {"type": "null"}]},
    }
)
CREATE = fields({"batch": NEW_BATCH})
OUTPUT = {
    "responsesFile": text(),
    "inlinedResponses": fields({"inlinedResponses": array(anything())}),
}
SCHEMAS = {
    "Error": fields(
        {
            "error": fields(
                {
                    "code": whole(400, 599),
                    "message": text(),
                    "status": choice(
                        sorted({*wire.STATUS_WORDS.values(), *wire.CODE_WORDS.values()})
                    ),
                },
                {"details": array(anything(required=["@type"]))},
            )
        }
    ),
    "File": fields(
        {
            "name": text(pattern=f"^{wire.FILES}"),
            "mimeType": text(),
            "sizeBytes": COUNT,
            "createTime": MOMENT,
            "updateTime": MOMENT,
            "uri": text(),
            "downloadUri": text(),
            "state": {"const": "ACTIVE"},
            "source": choice(["UPLOADED", "GENERATED"]),
        },
        {"displayName": text(), "expirationTime": MOMENT, "sha256Hash": text()},
    ),
    "FileList": fields({"files": array(schema("File"))}, {"nextPageToken": text()}),
    "InlinedRequest": fields(
        {"request": anything(properties={"model": or_null(text())})},
        {"metadata": or_null(anything())},
    ),
    "Batch": fields(
        {
            "@type": text(),
            "createTime": MOMENT,
            "updateTime": MOMENT,
            "batchStats": fields(dict.fromkeys(COUNTS, COUNT)),
            "state": choice(sorted(set(operations.STATE.values()))),
            "name": text(pattern=f"^{wire.BATCHES}"),
        },
        {
            "model": text(),
            "displayName": text(),
            "inputConfig": fields({"fileName": text()}),
            "output": fields({}, OUTPUT),
            "endTime": MOMENT,
        },
    ),
    "Operation": fields(
        {"name": text(pattern=f"^{wire.BATCHES}"), "metadata": schema("Batch")},
        {
            "done": {"const": True},
            "error": STATUS,
            "response": fields({"@type": text()}, OUTPUT),
        },
    ),
    "OperationList": fields({"operations": array(schema("Operation"))}, {"nextPageToken": text()}),
}

operated = partial(operation, refused=EVERYWHERE)
NOTHING = {"200": answer("It is done.", fields({}))}
AN_OPERATION = {"200": answer("The batch, as an operation.", schema("Operation"))}
UPLOADED = [f"{wire.UPLOAD_HEADER}{name}" for name in ("status", "size-received")]


def started(name: str) -> dict[str, object]:
    kind = "content" if name == "batchGenerateContent" else "embeddings"
    return operation(
        name,
        f"Create a batch of {kind} from a file or from requests",
        model,
        *common,
        in_header("idempotency-key", text(), "Names a create that may be repeated."),
        body=body(CREATE),
        answers=AN_OPERATION,
        refused=(*EVERYWHERE, 507),
        description=f"A request of `{REQUEST}` is the body of a call for that model.",
    )


STARTED = operation(
    "startUpload",
    "Begin a resumable upload",
    *common,
    upload_protocol,
    in_header(f"{wire.UPLOAD_HEADER}protocol", choice(["resumable"]), required=True),
    in_header(f"{wire.UPLOAD_HEADER}command", choice(["start"]), required=True),
    in_header(f"{wire.UPLOAD_HEADER}header-content-length", whole(0, LARGEST)),
    in_header(f"{wire.UPLOAD_HEADER}header-content-type", text(longest=255)),
    in_header(f"{wire.UPLOAD_HEADER}file-name", text()),
    body=body(fields({}, {"file": or_null(NEW_FILE)}), required=False),
    answers={
        "200": answer(
            f"Where to send the bytes, in {wire.UPLOAD_HEADER}url.",
            fields({}),
            headers=[f"{wire.UPLOAD_HEADER}status", f"{wire.UPLOAD_HEADER}url"],
        )
    },
    refused=(*EVERYWHERE, 409),
)


def resumed(name: str) -> dict[str, object]:
    return operation(
        name,
        "Send bytes of an upload, ask how it stands, complete or cancel it",
        *alt,
        in_query("upload_id", text(), "As the start named it.", required=True),
        upload_protocol,
        in_header(
            f"{wire.UPLOAD_HEADER}command",
            choice([", ".join(sorted(one, reverse=True)) for one in wire.COMMANDS]),
            required=True,
        ),
        in_header(f"{wire.UPLOAD_HEADER}offset", whole(0, LARGEST), "Needed to upload."),
        body=body({}, "*/*", required=False),
        answers={
            "200": answer(
                "How it stands; the file, once all is there.",
                fields({}, {"file": schema("File")}),
                headers=UPLOADED,
            )
        },
        refused=(*EVERYWHERE, 409, 507),
        security=[],
    )


FILES = {
    "get": operated(
        "listFiles",
        "List files, the newest first",
        *common,
        *in_pages,
        answers={"200": answer("A page of files.", schema("FileList"))},
    )
}
FILE = {
    "get": operated(
        "getFile",
        "Describe a file",
        file_name,
        *common,
        answers={"200": answer("The file.", schema("File"))},
    ),
    "delete": operated("deleteFile", "Delete a file", file_name, *common, answers=NOTHING),
}
DOWNLOAD = {
    "get": operated(
        "downloadFile",
        "Read the bytes of a file",
        file_name,
        provider,
        in_query("alt", choice(["media"]), required=True),
        in_query("$alt", choice(["media"])),
        answers={"200": octets("The bytes, as they were uploaded.")},
    )
}
BATCHES = {
    "get": operated(
        "listBatches",
        "List batches, the newest first",
        *common,
        *in_pages,
        answers={"200": answer("A page of operations.", schema("OperationList"))},
    )
}
BATCH = {
    "get": operated("getBatch", "Describe a batch", batch_name, *common, answers=AN_OPERATION),
    "delete": operated("deleteBatch", "Delete a batch", batch_name, *common, answers=NOTHING),
}
CANCEL = {
    "post": operated(
        "cancelBatch",
        "Cancel a batch",
        batch_name,
        *common,
        body=body(fields({}), required=False),
        answers=NOTHING,
    )
}

DOCUMENT = document(
    "Bifrost for Google's GenAI SDK",
    "/genai",
    {
        "/upload/v1/files": {"post": STARTED},
        "/upload/v1/files:resume": {
            "post": resumed("resumeUpload"),
            "put": resumed("resumeUploadByPut"),
        },
        "/v1/files": FILES,
        "/v1/files/{file}": FILE,
        "/v1/files/{file}:download": DOWNLOAD,
        "/v1/batches": BATCHES,
        "/v1/batches/{batch}": BATCH,
        "/v1/batches/{batch}:cancel": CANCEL,
        **{f"/v1/models/{{model}}:{verb}": {"post": started(verb)} for verb in operations.ENDPOINT},
    },
    schemas=SCHEMAS,
)


class Description(DescriptionView, GenAIView):
    document = DOCUMENT
