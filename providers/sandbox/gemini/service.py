"""Gemini as the sandbox's server sees it: its operations and its ways."""

from aiohttp import web

from providers.sandbox.gate import Operation, Provider
from providers.sandbox.gemini import paging, refusals, uploads
from providers.sandbox.gemini.batches import Batches
from providers.sandbox.gemini.files import Files
from providers.sandbox.gemini.library import Library
from providers.sandbox.gemini.lifecycle import Lifecycle
from providers.sandbox.gemini.limits import Limits
from providers.sandbox.gemini.uploads import Uploads
from providers.sandbox.stage import Service, Stage

PREFIX = "/gemini"

_VERSION = "/{version:v1(?:beta)?}"
_FILE = _VERSION + "/files/{id:[^/:]+}"
_BATCH = _VERSION + "/batches/{id:[^/:]+}"
_MODEL = _VERSION + "/models/{model:[^/]+}"

# Parameters that every call of a Google API knows.
_ALWAYS = frozenset({"key", "alt", "$alt", "prettyPrint", "fields", "quotaUser", "$.xgafv"})
_BATCH_LIST = _ALWAYS | paging.QUERY | {"filter", "returnPartialSuccess"}


class Gemini:
    """The vendor on the stage."""

    def __init__(self, stage: Stage) -> None:
        self._library = Library(stage.store, stage.clock)
        self._lifecycle = Lifecycle(self._library, stage)
        self.resume = self._lifecycle.resume
        self.stop = self._lifecycle.stop
        self.has_batch = self._library.has_batch
        self.force = self._lifecycle.force
        self.provider = _provider(self._library, self._lifecycle, stage)


def open_service(stage: Stage) -> Service:
    return Gemini(stage)


def _provider(library: Library, lifecycle: Lifecycle, stage: Stage) -> Provider:
    limits, seconds = stage.settings.limits_of(Limits), stage.settings.seconds
    upload = Uploads(library, most_bytes=limits.file_bytes, seconds=seconds)
    files = Files(library)
    batches = Batches(library, lifecycle, most_bytes=limits.inline_bytes)
    return Provider(
        name="gemini",
        prefix=PREFIX,
        operations=(
            *_upload_operations(upload),
            *_file_operations(files),
            *_batch_operations(batches),
            Operation("unknown", "*", "/{rest:.*}", _unknown),
        ),
        refusal=refusals.plain,
        unknown=refusals.unknown_query,
        headers=_headers,
    )


def _upload_operations(upload: Uploads) -> tuple[Operation, ...]:
    path, query = "/upload" + _VERSION + "/files", _ALWAYS | uploads.QUERY
    return (
        Operation("files.create", "POST", path, upload.start, query),
        Operation("files.upload", "POST", f"{path}:resume", upload.resume, query),
        Operation("files.upload", "PUT", f"{path}:resume", upload.resume, query),
    )


def _file_operations(files: Files) -> tuple[Operation, ...]:
    download = _FILE + ":download"
    return (
        Operation("files.list", "GET", _VERSION + "/files", files.list, _ALWAYS | paging.QUERY),
        Operation("files.content", "GET", download, files.download, _ALWAYS),
        Operation("files.content", "GET", "/download" + download, files.download, _ALWAYS),
        Operation("files.retrieve", "GET", _FILE, files.get, _ALWAYS),
        Operation("files.delete", "DELETE", _FILE, files.delete, _ALWAYS),
    )


def _batch_operations(batches: Batches) -> tuple[Operation, ...]:
    generate, embed = _MODEL + ":batchGenerateContent", _MODEL + ":asyncBatchEmbedContent"
    return (
        Operation("batches.create", "POST", generate, batches.generate, _ALWAYS),
        Operation("batches.create", "POST", embed, batches.embed, _ALWAYS),
        Operation("batches.list", "GET", _VERSION + "/batches", batches.list, _BATCH_LIST),
        Operation("batches.retrieve", "GET", _BATCH, batches.get, _ALWAYS),
        Operation("batches.cancel", "POST", _BATCH + ":cancel", batches.cancel, _ALWAYS),
        Operation("batches.delete", "DELETE", _BATCH, batches.delete, _ALWAYS),
    )


async def _unknown(request: web.Request) -> web.StreamResponse:
    raise refusals.refusal(404, f"Method not found: {request.method} {request.path}")


def _headers(_: str, seconds: float) -> dict[str, str]:
    """The id of the request is not among them: Google gives none."""
    return {
        "server-timing": f"gfet4t7; dur={round(seconds * 1000)}",
        "x-content-type-options": "nosniff",
    }
