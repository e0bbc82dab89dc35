"""The Files API: https://platform.claude.com/docs/en/build-with-claude/files"""

import mimetypes
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path, PurePosixPath
from secrets import token_hex

import msgspec
from aiohttp import web

from providers.sandbox.anthropic import queries, refusals
from providers.sandbox.anthropic.access import account
from providers.sandbox.anthropic.library import as_list
from providers.sandbox.anthropic.limits import Limits
from providers.sandbox.anthropic.objects import FILE, File
from providers.sandbox.gate import json_answer
from providers.sandbox.stage import Stage
from providers.sandbox.uploads import Upload, Words

_EXPIRES = "expires_in_seconds"
_LEAST_SECONDS, _MOST_SECONDS = 3600, 7_776_000
_LONGEST_NAME = 255
_NOT_IN_NAMES = frozenset('<>:"|?*\\/')
_MOST_IDS = 100
_PAGE = "page_"

_WORDS = Words(
    bad_form=refusals.invalid,
    long_field=lambda name, most: refusals.invalid(
        f"{name}: String should have at most {most} characters"
    ),
    large_file=lambda _: refusals.plain(413),
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(File).decode


class Files:
    def __init__(self, stage: Stage) -> None:
        self._store = stage.store
        self._clock = stage.clock
        self._most_bytes = stage.settings.limits_of(Limits).file_bytes

    async def create(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        path = self._store.scratch()
        with Upload(path, most_bytes=self._most_bytes, words=_WORDS) as upload:
            await upload.read(request)
            file = self._new(upload)
            self._keep(file, path, owner)
        return json_answer(file, object_id=file.id)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """In the form of today and in that of the beta, of which every SDK knows one."""
        owner = account(request)
        ids = set(request.query.getall("ids[]", []))
        if len(ids) > _MOST_IDS:
            raise refusals.invalid(f"ids: List should have at most {_MOST_IDS} items")
        after = request.query.get("page", "").removeprefix(_PAGE)
        beside, is_behind = (after, True) if after else queries.cursor(request)
        if beside:
            self._file(beside, owner)
        documents = self._store.list(
            FILE, owner=owner, tag="", after=beside, newest_first=is_behind
        )
        files = (file for file in map(_decode, documents) if not ids or file.id in ids)
        limit = queries.limit(request)
        found = list(islice(files, limit + 1))
        has_more, page = len(found) > limit, found[:limit]
        listed = as_list(page if is_behind else page[::-1], has_more)
        next_page = f"{_PAGE}{page[-1].id}" if has_more and is_behind else None
        return json_answer({**listed, "next_page": next_page})

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        return json_answer(self._file(request.match_info["id"], account(request)))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        file = self._file(request.match_info["id"], account(request))
        self._store.delete(FILE, id=file.id)
        self._store.file(file.id).unlink(missing_ok=True)
        return json_answer({"id": file.id, "type": "file_deleted"})

    async def content(self, request: web.Request) -> web.StreamResponse:
        """What was uploaded cannot be downloaded."""
        file = self._file(request.match_info["id"], account(request))
        raise refusals.not_downloadable(file.id)

    def _new(self, upload: Upload) -> File:
        if upload.filename is None:
            raise refusals.invalid("file: Field required")
        for name in upload.fields:
            if name != _EXPIRES:
                raise refusals.unknown(name)
        kind = upload.content_type or mimetypes.guess_type(upload.filename)[0]
        kind = kind or "application/octet-stream"
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        seconds = _seconds(upload.fields.get(_EXPIRES))
        return File(
            id=f"file_{token_hex(12)}",
            filename=_checked_name(upload.filename, kind),
            mime_type=kind,
            size_bytes=upload.bytes,
            created_at=now,
            expires_at=None if seconds is None else now + timedelta(seconds=seconds),
        )

    def _keep(self, file: File, path: Path, owner: str) -> None:
        path.rename(self._store.file(file.id))
        self._store.add(FILE, owner=owner, id=file.id, document=_encode(file))

    def _file(self, id: str, owner: str) -> File:
        kept = self._store.get(FILE, id=id)
        if kept is None or kept.owner != owner:
            raise refusals.no_such_file(id)
        return _decode(kept.document)


def _checked_name(filename: str, kind: str) -> str:
    name = PurePosixPath(filename).name or f"unnamed{mimetypes.guess_extension(kind) or ''}"
    if len(name) > _LONGEST_NAME or _NOT_IN_NAMES & set(name) or not name.isprintable():
        raise refusals.invalid(
            f"file: filename must be 1 to {_LONGEST_NAME} characters long"
            " and have none of the forbidden characters"
        )
    return name


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal():
        raise refusals.invalid(f"{_EXPIRES}: Input should be a valid integer")
    if not _LEAST_SECONDS <= int(text) <= _MOST_SECONDS:
        raise refusals.invalid(
            f"{_EXPIRES}: Input should be between {_LEAST_SECONDS} and {_MOST_SECONDS}"
        )
    return int(text)
