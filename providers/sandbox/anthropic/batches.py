"""Message batches: https://platform.claude.com/docs/en/api/messages/batches"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from aiohttp import web
from msgspec.structs import replace

from providers.sandbox.anthropic import access, queries, refusals
from providers.sandbox.anthropic.access import account
from providers.sandbox.anthropic.library import Library, as_list
from providers.sandbox.anthropic.lifecycle import Lifecycle
from providers.sandbox.anthropic.limits import Limits
from providers.sandbox.anthropic.objects import ARCHIVED_AFTER, EXPIRY, Batch, Counts, KeptBatch
from providers.sandbox.anthropic.orders import Unpack, Unpacked
from providers.sandbox.anthropic.unpack import unpack
from providers.sandbox.gate import Download, json_answer
from providers.sandbox.stage import Stage

_SMALL = 256 * 1024


class Batches:
    def __init__(self, library: Library, lifecycle: Lifecycle, stage: Stage) -> None:
        self._library = library
        self._lifecycle = lifecycle
        self._workers = stage.workers
        self._clock = stage.clock
        self._limits = stage.settings.limits_of(Limits)

    async def create(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        with self._scratch() as body, self._scratch() as records:
            size = await _receive(request, body, most=self._limits.batch_bytes)
            order = Unpack(path=str(body), records=str(records), most=self._limits.requests)
            unpacked = await self._unpack(order, size)
            if unpacked.refusal is not None:
                raise refusals.invalid(unpacked.refusal)
            kept = self._new(request, owner, unpacked)
            self._lifecycle.begin(kept, records)
        return json_answer(self._show(kept, request), object_id=kept.batch.id)

    async def list(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        beside, is_behind = queries.cursor(request)
        found, has_more = self._library.page(
            owner=owner, beside=beside, is_behind=is_behind, limit=queries.limit(request)
        )
        return json_answer(as_list([self._show(kept, request) for kept in found], has_more))

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        return json_answer(self._show(self._batch(request), request))

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        kept = self._batch(request)
        if kept.batch.processing_status == "ended":
            raise refusals.invalid("Message batches that have ended cannot be canceled.")
        self._lifecycle.cancel(kept.batch.id)
        return json_answer(self._show(self._batch(request), request))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        kept = self._batch(request)
        if kept.batch.processing_status != "ended":
            raise refusals.invalid(
                "Message batches can only be deleted once they have finished processing."
                " Cancel the batch first."
            )
        self._library.delete(kept.batch.id)
        return json_answer({"id": kept.batch.id, "type": "message_batch_deleted"})

    async def results(self, request: web.Request) -> web.StreamResponse:
        kept = self._batch(request)
        if kept.batch.processing_status != "ended":
            raise refusals.plain(404, "The message batch has not ended: it has no results yet.")
        if self._is_archived(kept.batch):
            raise refusals.plain(404, "The results of the message batch are archived.")
        headers = {"content-type": "application/x-jsonl"}
        return Download(self._library.results(kept.batch.id), headers=headers)

    async def _unpack(self, order: Unpack, size: int) -> Unpacked:
        """What is large would keep the server from answering others; what is small need not wait."""
        if size <= _SMALL:
            return unpack(order)
        return await self._workers.obey(order, Unpacked)

    def _new(self, request: web.Request, owner: str, unpacked: Unpacked) -> KeptBatch:
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        batch = Batch(
            id=f"msgbatch_{token_hex(12)}",
            request_counts=Counts(processing=unpacked.total),
            created_at=now,
            expires_at=now + EXPIRY,
        )
        return KeptBatch(
            batch=batch,
            owner=owner,
            version=access.version(request),
            has_betas=bool(access.betas(request)),
            total=unpacked.total,
            seconds=unpacked.seconds,
            outcome=unpacked.outcome,
        )

    def _show(self, kept: KeptBatch, request: web.Request) -> Batch:
        """The batch as the API shows it at this moment; its results are at this address."""
        batch = kept.batch
        if self._is_archived(batch):
            batch = replace(batch, archived_at=batch.created_at + ARCHIVED_AFTER)
        elif batch.processing_status == "ended":
            root = request.path.partition("/v1/")[0]
            path = f"{root}/v1/messages/batches/{batch.id}/results"
            batch = replace(batch, results_url=f"{request.url.origin()}{path}")
        return batch if kept.forced is None else replace(batch, processing_status=kept.forced)

    def _is_archived(self, batch: Batch) -> bool:
        return (batch.created_at + ARCHIVED_AFTER).timestamp() <= self._clock.now()

    def _batch(self, request: web.Request) -> KeptBatch:
        return self._library.batch(request.match_info["id"], owner=account(request))

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """An empty file that is gone afterwards unless it was taken away."""
        path = self._library.store.scratch()
        path.touch()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


async def _receive(request: web.Request, path: Path, *, most: int) -> int:
    """Stream a body to the disk, and say how large it is."""
    received = 0
    with path.open("wb", buffering=0) as file:
        async for chunk in request.content.iter_any():
            received += len(chunk)
            if received > most:
                raise refusals.plain(413)
            file.write(chunk)
    return received
