"""OpenAI as the sandbox's server sees it: its operations and its ways."""

from aiohttp import web

from providers.sandbox.gate import Operation, Provider
from providers.sandbox.openai import refusals
from providers.sandbox.openai.batches import Batches
from providers.sandbox.openai.files import Files
from providers.sandbox.openai.library import Library
from providers.sandbox.openai.lifecycle import Lifecycle
from providers.sandbox.openai.limits import Limits
from providers.sandbox.stage import Service, Stage

PREFIX = "/openai"

_BATCH_LIST = frozenset({"after", "limit"})
_FILE_LIST = _BATCH_LIST | {"order", "purpose"}


class OpenAI:
    """The vendor on the stage."""

    def __init__(self, stage: Stage) -> None:
        self._library = Library(stage.store, stage.clock)
        self._lifecycle = Lifecycle(self._library, stage)
        self.resume = self._lifecycle.resume
        self.stop = self._lifecycle.stop
        self.has_batch = self._library.has_batch
        self.force = self._lifecycle.force
        most_bytes = stage.settings.limits_of(Limits).file_bytes
        self.provider = _provider(self._library, self._lifecycle, most_bytes)


def open_service(stage: Stage) -> Service:
    return OpenAI(stage)


def _provider(library: Library, lifecycle: Lifecycle, most_bytes: int) -> Provider:
    files = Files(library, most_bytes=most_bytes)
    batches = Batches(library, lifecycle)
    return Provider(
        name="openai",
        prefix=PREFIX,
        operations=(
            Operation("files.create", "POST", "/v1/files", files.create),
            Operation("files.list", "GET", "/v1/files", files.list, _FILE_LIST),
            Operation("files.retrieve", "GET", "/v1/files/{id}", files.retrieve),
            Operation("files.delete", "DELETE", "/v1/files/{id}", files.delete),
            Operation("files.content", "GET", "/v1/files/{id}/content", files.content),
            Operation("batches.create", "POST", "/v1/batches", batches.create),
            Operation("batches.list", "GET", "/v1/batches", batches.list, _BATCH_LIST),
            Operation("batches.retrieve", "GET", "/v1/batches/{id}", batches.retrieve),
            Operation("batches.cancel", "POST", "/v1/batches/{id}/cancel", batches.cancel),
            Operation("unknown", "*", "/{rest:.*}", _unknown),
        ),
        refusal=refusals.plain,
        unknown=refusals.unknown,
        headers=_headers,
    )


async def _unknown(request: web.Request) -> web.StreamResponse:
    raise refusals.unknown_url(request.method, request.path.removeprefix(PREFIX))


def _headers(request_id: str, seconds: float) -> dict[str, str]:
    return {
        "x-request-id": request_id,
        "openai-processing-ms": str(round(seconds * 1000)),
        "openai-version": "2020-10-01",
    }
