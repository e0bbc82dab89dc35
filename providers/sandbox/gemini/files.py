"""The Files API: https://ai.google.dev/api/files"""

from aiohttp import web

from providers.sandbox.gate import Download, json_answer
from providers.sandbox.gemini import paging, refusals
from providers.sandbox.gemini.access import account
from providers.sandbox.gemini.library import Library

LONGEST_ID = 40
_USUAL_PAGE = 10


class Files:
    def __init__(self, library: Library) -> None:
        self._library = library

    async def list(self, request: web.Request) -> web.StreamResponse:
        files = self._library.uploaded_files(owner=account(request), after=paging.after(request))
        root, now = root_of(request), self._library.clock.now()
        return json_answer(
            paging.page(
                request,
                files,
                name="files",
                usual=_USUAL_PAGE,
                show=lambda file: file.shown(now, root),
            )
        )

    async def get(self, request: web.Request) -> web.StreamResponse:
        owner, id = account(request), _id(request, "GetFileRequest")
        file = self._library.file(id, owner=owner)
        return json_answer(file.shown(self._library.clock.now(), root_of(request)))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        owner, id = account(request), _id(request, "DeleteFileRequest")
        self._library.delete_file(self._library.file(id, owner=owner).id)
        return json_answer({})

    async def download(self, request: web.Request) -> web.StreamResponse:
        file = self._library.file(request.match_info["id"], owner=account(request))
        if file.source != "GENERATED":
            raise refusals.refusal(400, "Only generated files can be downloaded.")
        if request.query.get("alt") != "media":
            raise refusals.refusal(400, "A file can only be downloaded with alt=media.")
        headers = {"content-type": file.mime_type}
        return Download(self._library.store.file(file.id), headers=headers)


def root_of(request: web.Request) -> str:
    """What the names of files are appended to in their URIs."""
    return f"{request.url.origin()}/gemini/{request.match_info['version']}"


def _id(request: web.Request, call: str) -> str:
    id = request.match_info["id"]
    if len(id) > LONGEST_ID:
        raise refusals.too_long_file_id(call)
    return id
