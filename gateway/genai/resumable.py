"""Resumable uploads: begun with a key, and then sent to an address that is enough by itself.

https://ai.google.dev/gemini-api/docs/files, https://ai.google.dev/api/files#method:-media.upload
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from files import services as files
from files import uploads
from files.models import File, Upload, UploadPart
from gateway.authentication import INCORRECT
from gateway.body import chunks, drain, whole
from gateway.caller import begun, is_over
from gateway.choice import named_provider
from gateway.fields import decoded
from gateway.genai import wire
from gateway.genai.views import GenAIView
from gateway.surface import RequestError
from gateway.turns import give_back_connections, stepping_aside

SURFACE = "genai"
LASTS = timedelta(days=2)
# SDKs send 8 MiB at a time: a file of the largest size in 256 parts.
MOST_PARTS = 10_000
# The status of what is down for a moment.
UNAVAILABLE = 503


class Uploads(GenAIView):
    """The start. The Upload remembers what its later calls do not say: workspace, key and file."""

    def create(self, request: Request, version: str) -> Response:
        named_provider(request)
        query = self.query(request)
        query.optional_choice("upload_protocol", ("resumable",))
        query.refuse_others()
        wire.read_start(request.headers)
        body = whole(request._request)
        given = decoded(body, dict[str, object]) if body else {}
        file, size = wire.read_file(given, request.headers)
        limit = files.upload_limit()
        if size is not None and size > limit:
            raise files.FileTooLargeError(limit)
        if file["name"] and self.caller.files.filter(name=file["name"]).exists():
            raise name_taken(file["name"])
        key = self.caller.key
        upload = uploads.begin(
            self.caller.workspace,
            SURFACE,
            {"file": file, "key": key.pk if key else None},
            size=size,
            lasts=LASTS,
        )
        return answer({}, "active", url=self.address(version, upload))

    def address(self, version: str, upload: Upload) -> str:
        """Whoever knows it may send. What is secret of it is in the query, which no log has."""
        path = f"/genai/upload/{version}/files:resume"
        address = self.request._request.build_absolute_uri(path)
        return f"{address}?upload_id={upload.pk}&upload_protocol=resumable"


class Resumed(GenAIView):
    """Each later call of an upload, at whichever process. Without a key: the Python SDK sends none."""

    authentication_classes = []

    def write_error(self, error: RequestError) -> Response:
        """Without a status the SDK sends its bytes again, which helps where a part of the server is down."""
        response = super().write_error(error)
        if error.status != UNAVAILABLE:
            response[f"{wire.UPLOAD_HEADER}status"] = "final"
        return response

    def create(self, request: Request, version: str) -> Response:
        query = self.query(request)
        upload_id = query.text("upload_id")
        query.optional_choice("upload_protocol", ("resumable",))
        query.refuse_others()
        commands = wire.read_commands(request.headers)
        try:
            return self.obey(request, find(upload_id), commands)
        except uploads.UploadEndedError:
            # Another call was faster.
            return self.obey(request, find(upload_id), commands)

    def obey(self, request: Request, upload: Upload, commands: frozenset[str]) -> Response:
        """Raises UploadEndedError if it ends meanwhile."""
        if upload.file is not None:
            return self.done(request, upload.file)
        if commands == {"cancel"}:
            uploads.abort(upload)
            return answer({}, "cancelled")
        if "upload" in commands:
            take(request._request, upload, wire.read_offset(request.headers))
        if "finalize" in commands:
            return self.done(request, finalize(upload))
        return answer({}, "active", received=received(uploads.parts(upload)))

    def done(self, request: Request, file: File) -> Response:
        """The same for whoever repeats what completed the upload, or asks how it stands."""
        drain(request._request)
        written = wire.write_file(file, self.root(self.kwargs["version"]))
        return answer({"file": written}, "final", received=file.size)


def answer(
    body: dict[str, Any], status: str, *, received: int | None = None, url: str = ""
) -> Response:
    response = Response(body)
    response[f"{wire.UPLOAD_HEADER}status"] = status
    if received is not None:
        response[f"{wire.UPLOAD_HEADER}size-received"] = str(received)
    if url:
        response[f"{wire.UPLOAD_HEADER}url"] = url
    return response


def find(upload_id: str) -> Upload:
    """Raises RequestError: 404, and 401 if the key that began it was revoked or is over."""
    upload = begun(SURFACE, upload_id)
    if upload is None:
        raise RequestError("The upload has expired or never was: begin again.", status=404)
    key = upload.wanted["key"]
    # Into how many calls it falls is the SDK's choice: they do not count as requests of the key.
    if key and is_over(key):
        raise RequestError(INCORRECT, status=401)
    return upload


def take(request: HttpRequest, upload: Upload, offset: int) -> None:
    """Keep the bytes of a call. Those that were sent before are taken again in place of the first.

    Raises RequestError, and what `uploads.parts` and `uploads.writing_part` raise.
    """
    parts = uploads.parts(upload)
    expected = received(parts)
    before = next((part for part in parts if part.number == offset), None)
    if before is None and offset != expected:
        raise RequestError(
            f"Invalid offset {offset}: {expected} bytes have come, so send those from {expected} on.",
            code="invalid_offset",
            param=f"{wire.UPLOAD_HEADER}offset",
        )
    if len(parts) == MOST_PARTS and before is None:
        raise RequestError(
            f"The upload has {MOST_PARTS} parts: send larger ones.", code="too_many_parts"
        )
    with uploads.writing_part(upload, offset) as part:
        for chunk in chunks(request):
            part.write(chunk)
            if upload.size is not None and offset + part.size > upload.size:
                raise wrong_size(upload, "more came")
        if before is not None and before != parts[-1] and part.size != before.size:
            raise RequestError(
                f"From offset {offset} on {before.size} bytes came before, and now {part.size}.",
                code="invalid_offset",
                param=f"{wire.UPLOAD_HEADER}offset",
            )


def finalize(upload: Upload) -> File:
    """Raises RequestError, and what `uploads.parts` and `uploads.complete` raise."""
    parts = uploads.parts(upload)
    size = received(parts)
    if upload.size is not None and size != upload.size:
        raise wrong_size(upload, f"{size} came")
    fields = {**upload.wanted["file"], "purpose": File.Purpose.BATCH, "surface": SURFACE}
    try:
        # Putting them together is work for the store alone.
        with stepping_aside():
            file = uploads.complete(upload, **fields)
            give_back_connections()
    except IntegrityError:
        raise name_taken(fields["name"]) from None
    return file


def received(parts: Sequence[UploadPart]) -> int:
    """How many bytes there are, from the first on and without a gap."""
    end = 0
    for part in parts:
        if part.number != end:
            break
        end += part.size
    return end


def wrong_size(upload: Upload, what: str) -> RequestError:
    return RequestError(
        f"{upload.size} bytes were announced, but {what}.",
        code="wrong_size",
        param=f"{wire.UPLOAD_HEADER}header-content-length",
    )


def name_taken(name: str) -> RequestError:
    return RequestError(
        f"The file '{wire.FILES}{name}' exists: delete it first, or choose another name.",
        status=409,
        code="already_exists",
        param="file.name",
    )
