"""The Files API: https://platform.openai.com/docs/api-reference/files"""

from urllib.parse import quote

from aiohttp import web

from providers.sandbox.gate import Download, json_answer
from providers.sandbox.openai import checks, queries, refusals
from providers.sandbox.openai.access import account
from providers.sandbox.openai.library import Library, page
from providers.sandbox.uploads import Upload, Words

MOST_LISTED = 10_000

_WORDS = Words(
    bad_form=lambda message: refusals.refusal(400, message),
    long_field=lambda name, most: refusals.too_long(name, most=most, got=most + 1),
    large_file=lambda most: refusals.refusal(
        413, f"The file is larger than the maximum of {most} bytes."
    ),
)


class Files:
    def __init__(self, library: Library, *, most_bytes: int) -> None:
        self._library = library
        self._most_bytes = most_bytes

    async def create(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        path = self._library.store.scratch()
        with Upload(path, most_bytes=self._most_bytes, words=_WORDS) as upload:
            await upload.read(request)
            new = checks.new_file(upload.fields, upload.filename)
            file = self._library.add_file(
                path,
                owner=owner,
                filename=upload.filename or "",
                purpose=new.purpose,
                seconds=new.seconds,
            )
        return json_answer(file, object_id=file.id)

    async def list(self, request: web.Request) -> web.StreamResponse:
        files = self._library.files(
            owner=account(request),
            purpose=request.query.get("purpose", ""),
            after=request.query.get("after", ""),
            newest_first=queries.order(request) == "desc",
        )
        limit = queries.limit(request, usual=MOST_LISTED, most=MOST_LISTED)
        return json_answer(page(files, limit))

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        return json_answer(self._library.file(_id(request), owner=account(request)))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        file = self._library.file(_id(request), owner=account(request))
        self._library.delete_file(file)
        return json_answer({"id": file.id, "object": "file", "deleted": True})

    async def content(self, request: web.Request) -> web.StreamResponse:
        file = self._library.file(_id(request), owner=account(request))
        headers = {
            "content-type": "application/octet-stream",
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.filename)}",
        }
        return Download(self._library.store.file(file.id), headers=headers)


def _id(request: web.Request) -> str:
    return request.match_info["id"]
