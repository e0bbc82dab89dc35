"""S3 as the sandbox's server sees it: its operations and its ways."""

from secrets import token_hex

from aiohttp import web

from providers.sandbox.bedrock.s3 import refusals
from providers.sandbox.bedrock.s3.library import Library
from providers.sandbox.bedrock.s3.limits import Limits
from providers.sandbox.bedrock.s3.reads import Reads
from providers.sandbox.bedrock.s3.writes import Writes
from providers.sandbox.gate import Operation, Provider
from providers.sandbox.stage import Service, Stage

PREFIX = "/s3"

_BUCKET = "/{bucket:[^/]+}"
_SLASHED = "/{bucket:[^/]+}/"
_KEY = "/{bucket:[^/]+}/{key:.+}"
_ALWAYS = frozenset({"x-id"})
_LIST = _ALWAYS | {
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "continuation-token",
    "start-after",
    "encoding-type",
    "fetch-owner",
    "uploads",
}
_PART = _ALWAYS | {"uploadId", "partNumber"}


class S3:
    """The vendor on the stage. It has no batches, and nothing of it runs by itself."""

    def __init__(self, stage: Stage) -> None:
        library = Library(stage.store, stage.clock)
        self.provider = _provider(Reads(library), Writes(library, stage.settings.limits_of(Limits)))

    def resume(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def has_batch(self, id: str) -> bool:
        return False

    def force(self, id: str, status: str | None) -> None:
        pass


def open_service(stage: Stage) -> Service:
    return S3(stage)


def _provider(reads: Reads, writes: Writes) -> Provider:
    return Provider(
        name="s3",
        prefix=PREFIX,
        operations=(
            *(
                operation
                for path in (_BUCKET, _SLASHED)
                for operation in (
                    Operation("objects.list", "GET", path, reads.list, _LIST),
                    Operation(
                        "objects.delete_many",
                        "POST",
                        path,
                        writes.delete_many,
                        _ALWAYS | {"delete"},
                    ),
                    Operation("buckets.head", "HEAD", path, reads.head_bucket, _ALWAYS),
                )
            ),
            Operation("objects.get", "GET", _KEY, reads.get, _ALWAYS),
            Operation("objects.head", "HEAD", _KEY, reads.get, _ALWAYS),
            Operation("objects.put", "PUT", _KEY, writes.put, _PART),
            Operation("objects.post", "POST", _KEY, writes.post, _PART | {"uploads"}),
            Operation("objects.delete", "DELETE", _KEY, writes.delete, _PART),
            Operation("unknown", "*", "/{rest:.*}", _unknown),
        ),
        refusal=refusals.plain,
        unknown=refusals.unknown,
        headers=_headers,
        signed=refusals.as_xml,
    )


async def _unknown(_: web.Request) -> web.StreamResponse:
    raise refusals.plain(405)


def _headers(request_id: str, _: float) -> dict[str, str]:
    return {
        "x-amz-request-id": request_id.removeprefix("req_")[:16].upper(),
        "x-amz-id-2": token_hex(24),
        "server": "AmazonS3",
    }
