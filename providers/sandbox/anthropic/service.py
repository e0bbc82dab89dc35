"""Anthropic as the sandbox's server sees it: its operations and its ways."""

from aiohttp import web

from providers.sandbox.anthropic import refusals
from providers.sandbox.anthropic.batches import Batches
from providers.sandbox.anthropic.files import Files
from providers.sandbox.anthropic.library import Library
from providers.sandbox.anthropic.lifecycle import Lifecycle
from providers.sandbox.gate import Operation, Provider
from providers.sandbox.stage import Service, Stage

PREFIX = "/anthropic"

_BATCHES = "/v1/messages/batches"
_BATCH = "/v1/messages/batches/{id}"
# The beta half of older SDKs marks its calls so.
_BETA = frozenset({"beta"})
_BATCH_LIST = _BETA | {"after_id", "before_id", "limit"}
_FILES = "/v1/files"
_FILE = "/v1/files/{id}"
_FILE_LIST = _BATCH_LIST | {"ids[]", "page"}


class Anthropic:
    """The vendor on the stage."""

    def __init__(self, stage: Stage) -> None:
        library = Library(stage.store)
        lifecycle = Lifecycle(library, stage)
        self.resume = lifecycle.resume
        self.stop = lifecycle.stop
        self.has_batch = library.has_batch
        self.force = lifecycle.force
        self.provider = _provider(Batches(library, lifecycle, stage), Files(stage))


def open_service(stage: Stage) -> Service:
    return Anthropic(stage)


def _provider(batches: Batches, files: Files) -> Provider:
    return Provider(
        name="anthropic",
        prefix=PREFIX,
        operations=(
            Operation("batches.create", "POST", _BATCHES, batches.create, _BETA),
            Operation("batches.list", "GET", _BATCHES, batches.list, _BATCH_LIST),
            Operation("batches.retrieve", "GET", _BATCH, batches.retrieve, _BETA),
            Operation("batches.delete", "DELETE", _BATCH, batches.delete, _BETA),
            Operation("batches.cancel", "POST", f"{_BATCH}/cancel", batches.cancel, _BETA),
            Operation("batches.results", "GET", f"{_BATCH}/results", batches.results, _BETA),
            Operation("files.create", "POST", _FILES, files.create, _BETA),
            Operation("files.list", "GET", _FILES, files.list, _FILE_LIST),
            Operation("files.retrieve", "GET", _FILE, files.retrieve, _BETA),
            Operation("files.delete", "DELETE", _FILE, files.delete, _BETA),
            Operation("files.content", "GET", f"{_FILE}/content", files.content, _BETA),
            Operation("unknown", "*", "/{rest:.*}", _unknown),
        ),
        refusal=refusals.plain,
        unknown=refusals.unknown,
        headers=_headers,
        signed=refusals.signed,
    )


async def _unknown(_: web.Request) -> web.StreamResponse:
    raise refusals.plain(404)


def _headers(request_id: str, _: float) -> dict[str, str]:
    return {
        "request-id": request_id,
        "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
    }
