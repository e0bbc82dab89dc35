"""Resumable uploads: https://ai.google.dev/api/files#method:-media.upload

A start, then the bytes in one or several parts, to an address that is a capability of its own.
"""

import asyncio
import random
import re
import secrets
import string
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from providers.sandbox.gate import json_answer
from providers.sandbox.gemini import refusals
from providers.sandbox.gemini.access import account
from providers.sandbox.gemini.files import root_of
from providers.sandbox.gemini.library import Library, read_through
from providers.sandbox.gemini.lines import Fields
from providers.sandbox.gemini.objects import File, Upload
from providers.sandbox.refusal import Refusal

# Every part but the last is a multiple of this.
GRANULARITY = 8 * 1024 * 1024
QUERY = frozenset({"upload_id", "upload_protocol"})

_PREFIX = "x-goog-upload"
_FILE_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_LONGEST_START = 1024 * 1024
_LONGEST_NAME = 512
# How much of the time of a batch a file is processed.
_PROCESSING = 0.05


class _Parts(NamedTuple):
    """What a call of the upload's address asks for."""

    commands: list[str]
    offset: int


class Uploads:
    def __init__(self, library: Library, *, most_bytes: int, seconds: float) -> None:
        self._library = library
        self._most_bytes = most_bytes
        self._processing = _PROCESSING * seconds

    async def start(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        if request.headers.get(f"{_PREFIX}-protocol", "").lower() != "resumable":
            raise refusals.refusal(400, "Only the resumable upload protocol is supported.")
        if request.headers.get(f"{_PREFIX}-command", "").lower() != "start":
            raise refusals.refusal(400, "A resumable upload begins with the command start.")
        upload = self._new_upload(request, await request.read(), owner)
        self._library.add_upload(upload)
        path = f"/gemini/upload/{request.match_info['version']}/files:resume"
        address = f"{request.url.origin()}{path}?upload_id={upload.id}&upload_protocol=resumable"
        answer = json_answer({}, object_id=upload.file_id)
        answer.headers[f"{_PREFIX}-url"] = address
        answer.headers[f"{_PREFIX}-control-url"] = address
        answer.headers[f"{_PREFIX}-chunk-granularity"] = str(GRANULARITY)
        answer.headers[f"{_PREFIX}-status"] = "active"
        return answer

    async def resume(self, request: web.Request) -> web.StreamResponse:
        """Take bytes, or say how many there are. The SDK sends no key with this call."""
        upload = self._library.upload(request.query.get("upload_id", ""))
        try:
            if upload is None:
                raise refusals.plain(404)
            return await self._obey(request, upload)
        except Refusal as refusal:
            # Without this header the SDK would send the same bytes again.
            refusal.headers[f"{_PREFIX}-status"] = "final"
            raise

    async def _obey(self, request: web.Request, upload: Upload) -> web.StreamResponse:
        parts = _parts(request)
        path = self._library.part_path(upload)
        if parts.commands == ["query"]:
            return self._progress(upload)
        if upload.is_final:
            raise refusals.refusal(400, "The upload has already been finalized.")
        if parts.commands == ["cancel"]:
            self._library.delete_upload(upload)
            return _answer({}, status="cancelled", received=0)
        if "upload" in parts.commands:
            is_last = "finalize" in parts.commands
            await self._take(request, path, parts.offset, is_last=is_last)
        if "finalize" not in parts.commands:
            return self._progress(upload)
        return await self._finalize(request, upload)

    def _progress(self, upload: Upload) -> web.Response:
        if upload.is_final:
            return _answer({}, status="final", received=upload.bytes or 0)
        received = self._library.part_path(upload).stat().st_size
        return _answer({}, status="active", received=received)

    async def _take(self, request: web.Request, path: Path, offset: int, *, is_last: bool) -> None:
        """Append the body of a call: all of it, or nothing if the client leaves or breaks a rule."""
        start = path.stat().st_size
        if offset != start:
            message = f"The offset {offset} is not where the upload stands: {start}."
            raise refusals.refusal(400, message)
        done = False
        try:
            with path.open("ab", buffering=0) as file:
                async for chunk in request.content.iter_any():
                    file.write(chunk)
                    if file.tell() > self._most_bytes:
                        raise refusals.too_large(self._most_bytes)
                taken = file.tell() - start
            if taken % GRANULARITY and not is_last:
                message = (
                    f"A part that is not the last has to be a multiple of {GRANULARITY} bytes."
                )
                raise refusals.refusal(400, message)
            done = True
        finally:
            if not done:
                with path.open("r+b") as file:
                    file.truncate(start)

    async def _finalize(self, request: web.Request, upload: Upload) -> web.StreamResponse:
        path = self._library.part_path(upload)
        size = path.stat().st_size
        if upload.bytes is not None and upload.bytes != size:
            message = f"The upload has {size} bytes, but {upload.bytes} were announced."
            raise refusals.refusal(400, message)
        read = await asyncio.to_thread(read_through, path)
        if self._library.has_file(upload.file_id):
            raise refusals.taken_file_id(upload.file_id)
        now = self._library.clock.now()
        file = File(
            id=upload.file_id,
            owner=upload.owner,
            source="UPLOADED",
            display_name=upload.display_name,
            mime_type=upload.mime_type,
            bytes=size,
            sha256=read.hash,
            lines=read.lines,
            created=now,
            active=now + self._processing,
        )
        upload.is_final, upload.bytes = True, size
        with self._library.store.transaction():
            self._library.add_file(path, file)
            self._library.save_upload(upload)
        shown = file.shown(now, root_of(request))
        return _answer({"file": shown}, status="final", received=size, object_id=file.id)

    def _new_upload(self, request: web.Request, raw: bytes, owner: str) -> Upload:
        if len(raw) > _LONGEST_START:
            raise refusals.too_large(_LONGEST_START)
        call = Fields(raw or b"{}", "")
        fields = Fields(call.take("file") or b"{}", "file")
        call.end()
        name = fields.text("name")
        announced = request.headers.get(f"{_PREFIX}-header-content-type")
        upload = Upload(
            id=secrets.token_urlsafe(48),
            owner=owner,
            file_id=self._file_id(name),
            display_name=fields.text("displayName", "display_name"),
            mime_type=fields.text("mimeType", "mime_type") or announced or "",
            bytes=_announced_size(request),
        )
        fields.take("sizeBytes", "size_bytes")
        fields.take("source")
        fields.end()
        if not upload.mime_type:
            raise refusals.rule_broken("CreateFileRequest.file.mime_type", "is required")
        if len(upload.display_name or "") > _LONGEST_NAME:
            what = f"must be no more than {_LONGEST_NAME} characters."
            raise refusals.rule_broken("CreateFileRequest.file.display_name", what)
        if (upload.bytes or 0) > self._most_bytes:
            raise refusals.too_large(self._most_bytes)
        return upload

    def _file_id(self, name: str | None) -> str:
        if name is None:
            return new_id(12)
        prefix, _, id = name.partition("/")
        if prefix != "files" or not _FILE_ID.fullmatch(id):
            what = "File ID may have up to 40 lower-case letters, digits and dashes."
            raise refusals.rule_broken("CreateFileRequest.file.name", what)
        if self._library.has_file(id):
            raise refusals.taken_file_id(id)
        return id


def new_id(length: int) -> str:
    """Google's ids are lower-case letters and digits."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))  # noqa: S311 -- a name, no secret


def _parts(request: web.Request) -> _Parts:
    commands = request.headers.get(f"{_PREFIX}-command", "").lower().replace(" ", "").split(",")
    known = (["query"], ["cancel"], ["upload"], ["finalize"], ["upload", "finalize"])
    if commands not in known:
        raise refusals.refusal(400, "The upload command is not known.")
    offset = request.headers.get(f"{_PREFIX}-offset", "")
    if "upload" in commands and not offset.isdecimal():
        raise refusals.refusal(400, "The upload offset is missing.")
    return _Parts(commands, int(offset or 0))


def _announced_size(request: web.Request) -> int | None:
    text = request.headers.get(f"{_PREFIX}-header-content-length")
    if text is None:
        return None
    if not text.isdecimal():
        raise refusals.refusal(400, "The announced length of the upload is no number.")
    return int(text)


def _answer(
    body: dict[str, object], *, status: str, received: int, object_id: str | None = None
) -> web.Response:
    answer = json_answer(body, object_id=object_id)
    answer.headers[f"{_PREFIX}-status"] = status
    answer.headers[f"{_PREFIX}-size-received"] = str(received)
    return answer
