"""The shapes of Gemini's Files and Batch API: https://ai.google.dev/api/files, https://ai.google.dev/api/batch-api"""

import re
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model

from files.models import File
from gateway.fields import WORDS, Fields, refuse_nul
from gateway.surface import RequestError

FILES, BATCHES, MODELS = "files/", "batches/", "models/"
MOST_LISTED, USUAL_FILES, USUAL_BATCHES = 100, 10, 50
LONGEST_TITLE = 512
USUAL_TYPE = "application/octet-stream"
UPLOAD_HEADER = "x-goog-upload-"
FILE_HEADERS = ("header-content-length", "header-content-type", "file-name")
COMMANDS = [{"query"}, {"cancel"}, {"upload"}, {"finalize"}, {"upload", "finalize"}]
GIVEN_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
TYPE = "type.googleapis.com/google."
UPPER = re.compile("[A-Z]")

# https://cloud.google.com/apis/design/errors#handling_errors
STATUS_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
    507: "RESOURCE_EXHAUSTED",
}
# What a code of ours says better than the status.
CODE_WORDS = {
    "already_exists": "ALREADY_EXISTS",
    "batch_not_cancellable": "FAILED_PRECONDITION",
    "idempotency_key_reused": "ALREADY_EXISTS",
    "no_credential": "FAILED_PRECONDITION",
}
RowT = TypeVar("RowT", bound=Model)


def message(given: object, *names: str, path: str = "") -> Fields:
    """The fields of a message; those with these names may be spelled in snake_case as well.

    https://protobuf.dev/programming-guides/json/. Raises RequestError for what is no message.
    """
    if not isinstance(given, dict | None):
        kind = WORDS.get(type(given), "something else")
        raise RequestError(
            f"Invalid type for '{path.rstrip('.')}': expected an object, but got {kind} instead.",
            code="invalid_type",
            param=path.rstrip("."),
        )
    found = dict(given or {})
    for name in names:
        other = snake_case(name)
        if other != name and other in found:
            if name in found:
                raise RequestError(
                    f"'{path}{name}' is given twice, as '{other}' too.", param=path + name
                )
            found[name] = found.pop(other)
    return Fields(found, path=path)


def snake_case(name: str) -> str:
    return UPPER.sub(lambda letter: f"_{letter[0].lower()}", name)


def read_query(given: Mapping[str, str], *names: str, alt: str = "json") -> Fields:
    """The parameters of a query, but those that say how the answer is to be written. Raises RequestError."""
    query = message(dict(given), *names)
    for name in ("alt", "$alt"):
        wanted = query.take(name)
        if wanted not in (None, alt):
            raise RequestError(
                f"Invalid value: '{wanted[:100]}'. '{name}' is '{alt}' here.",
                code="invalid_value",
                param=name,
            )
    return query


def read_page(query: Fields, model: type[RowT], *, usual: int) -> tuple[RowT | None, int]:
    """The row behind which the page begins, if any, of which only time and id are known; and its length.

    A page that is too long is cut, as at Google. https://google.aip.dev/158. Raises RequestError.
    """
    size = query.whole("pageSize", 0, 2**31 - 1, 0) or usual
    token = query.optional_text("pageToken", longest=200)
    return (read_token(token, model) if token else None), min(size, MOST_LISTED)


def read_token(token: str, model: type[RowT]) -> RowT:
    try:
        at, _, pk = urlsafe_b64decode(token.encode()).decode("ascii").partition(" ")
        refuse_nul(pk, "pageToken")
        return model(pk=pk, created_at=datetime.fromisoformat(at).astimezone(UTC))
    except (NotBase64, ValueError, OverflowError):
        raise RequestError(
            "The page token is none of Bifrost's: begin without one.",
            code="invalid_value",
            param="pageToken",
        ) from None


def write_page(name: str, items: Sequence[Mapping[str, Any]], last: Model | None) -> dict[str, Any]:
    """`last` is the last row of the page, if there are more."""
    page: dict[str, Any] = {name: items}
    if last is not None:
        at = getattr(last, "created_at")  # noqa: B009 -- a row of any model
        page["nextPageToken"] = urlsafe_b64encode(f"{at.isoformat()} {last.pk}".encode()).decode()
    return page


def read_file(given: object, headers: Mapping[str, str]) -> tuple[dict[str, Any], int | None]:
    """What the start of an upload says of its file, as fields of a File, and how many bytes it announces.

    SDKs say most of it twice. Raises RequestError.
    """
    header = Fields({name: headers.get(UPLOAD_HEADER + name) for name in FILE_HEADERS})
    body = message(given, "file")
    names = ("name", "displayName", "mimeType", "sizeBytes", "source")
    file = message(body.take("file"), *names, path="file.")
    body.refuse_others()
    title = file.optional_text("displayName", longest=LONGEST_TITLE)
    kind = header.optional_text("header-content-type", longest=255)
    kind = file.optional_text("mimeType", longest=255) or kind or USUAL_TYPE
    if not kind.isprintable():
        raise RequestError("Invalid 'file.mimeType'.", code="invalid_value", param="file.mimeType")
    size = header.whole("header-content-length", 0, 2**62, file.whole("sizeBytes", 0, 2**62, -1))
    read = {
        "name": read_given_name(file.optional_text("name", longest=100)),
        "filename": title or (header.take("file-name") or "")[:LONGEST_TITLE],
        "content_type": header.optional_text("header-content-type", longest=255)
        or kind
        or USUAL_TYPE,
    }
    file.optional_choice("source", ("SOURCE_UNSPECIFIED", "UPLOADED"))
    file.refuse_others()
    return read, None if size == -1 else size


def read_commands(headers: Mapping[str, str]) -> frozenset[str]:
    """What a call of an upload asks for. Raises RequestError."""
    text = headers.get(f"{UPLOAD_HEADER}command", "")
    commands = frozenset(word.strip() for word in text.lower().split(","))
    if commands not in COMMANDS:
        raise RequestError(
            f"Invalid value: '{text[:100]}'. {UPLOAD_HEADER}command is 'upload', 'upload, finalize', "
            "'finalize', 'query' or 'cancel'.",
            code="invalid_value",
            param=f"{UPLOAD_HEADER}command",
        )
    return commands


def read_start(headers: Mapping[str, str]) -> None:
    """Raises RequestError for what begins no resumable upload."""
    given = [headers.get(UPLOAD_HEADER + name, "").lower() for name in ("protocol", "command")]
    if given != ["resumable", "start"]:
        raise RequestError(
            f"Begin an upload with the headers {UPLOAD_HEADER}protocol: resumable and "
            f"{UPLOAD_HEADER}command: start. Bifrost knows no other protocol.",
            code="invalid_value",
            param=f"{UPLOAD_HEADER}protocol",
        )


def read_offset(headers: Mapping[str, str]) -> int:
    name = f"{UPLOAD_HEADER}offset"
    return Fields({name: headers.get(name)}).whole(name, 0, 2**62)


def read_given_name(text: str) -> str:
    """A name that the client chose, without its prefix. Raises RequestError."""
    name = text.removeprefix(FILES)
    if text and not GIVEN_NAME.fullmatch(name):
        raise RequestError(
            f"Invalid 'file.name': '{FILES}' and up to 40 lower-case letters, digits and dashes, of "
            "which the first and the last are no dashes.",
            code="invalid_value",
            param="file.name",
        )
    return name


def write_file(file: File, root: str) -> dict[str, Any]:
    """`root` is the address of the API with its version."""
    name = FILES + (file.name or file.id)
    written = {
        "name": name,
        "displayName": file.filename or None,
        "mimeType": file.content_type,
        "sizeBytes": str(file.size),
        "createTime": timestamp(file.created_at),
        "updateTime": timestamp(file.created_at),
        "expirationTime": timestamp(file.expires_at),
        "sha256Hash": write_hash(file.sha256),
        "uri": f"{root}/{name}",
        "downloadUri": f"{root}/{name}:download?alt=media",
        "state": "ACTIVE",
        "source": "GENERATED" if file.purpose == File.Purpose.BATCH_OUTPUT else "UPLOADED",
    }
    return present(written)


def write_hash(sha256: str) -> str | None:
    """Google encodes the hexadecimal digits of a hash, not the bytes that they stand for."""
    return b64encode(sha256.encode()).decode() if sha256 else None


def is_name(text: str) -> bool:
    """Whether a file or batch may be called so. What may not is not asked for in the database."""
    return bool(GIVEN_NAME.fullmatch(text))


def not_found(prefix: str, name: str) -> RequestError:
    full = prefix + name.removeprefix(prefix)[:100]
    return RequestError(f"'{full}' was not found.", status=404, param="name")


def write_error(error: RequestError) -> dict[str, Any]:
    usual = STATUS_WORDS[500 if error.status >= 500 else 400]
    word = CODE_WORDS.get(error.code or "") or STATUS_WORDS.get(error.status, usual)
    written: dict[str, Any] = {"code": error.status, "message": error.message, "status": word}
    if error.param:
        written["details"] = [violations([(error.param, error.message)])]
    if error.retry_after is not None:
        delay = f"{error.retry_after}s"
        written["details"] = [{"@type": f"{TYPE}rpc.RetryInfo", "retryDelay": delay}]
    return {"error": written}


def violations(found: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto"""
    listed = [{"field": field, "description": why} for field, why in found]
    return {"@type": f"{TYPE}rpc.BadRequest", "fieldViolations": listed}


def present(written: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in written.items() if value is not None}


def timestamp(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
