"""The Batch API: https://platform.openai.com/docs/api-reference/batch"""

from secrets import token_hex

from aiohttp import web

from providers.sandbox.gate import json_answer
from providers.sandbox.openai import checks, queries, refusals
from providers.sandbox.openai.access import account
from providers.sandbox.openai.library import Library, page
from providers.sandbox.openai.lifecycle import Lifecycle
from providers.sandbox.openai.objects import DAY, TERMINAL, Batch, KeptBatch
from providers.sandbox.refusal import Refusal


class Batches:
    def __init__(self, library: Library, lifecycle: Lifecycle) -> None:
        self._library = library
        self._lifecycle = lifecycle

    async def create(self, request: web.Request) -> web.StreamResponse:
        owner = account(request)
        new = checks.new_batch(await request.read())
        self._check_input(new.input_file_id, owner)
        now = self._library.clock.now()
        batch = Batch(
            id=f"batch_{token_hex(16)}",
            endpoint=new.endpoint,
            input_file_id=new.input_file_id,
            completion_window=new.completion_window,
            status="validating",
            created_at=int(now),
            expires_at=int(now) + DAY,
            metadata=new.metadata,
        )
        kept = KeptBatch(batch=batch, owner=owner, started=now, output_seconds=new.output_seconds)
        self._lifecycle.begin(kept)
        return json_answer(batch, object_id=batch.id)

    async def list(self, request: web.Request) -> web.StreamResponse:
        kept = self._library.batches(owner=account(request), after=request.query.get("after", ""))
        limit = queries.limit(request, usual=20, most=100)
        return json_answer(page(map(self._lifecycle.show, kept), limit))

    async def retrieve(self, request: web.Request) -> web.StreamResponse:
        return json_answer(self._lifecycle.show(self._batch(request)))

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        kept = self._batch(request)
        if kept.batch.status in TERMINAL:
            message = f"Cannot cancel a batch with status '{kept.batch.status}'."
            raise refusals.refusal(409, message)
        self._lifecycle.cancel(kept.batch.id)
        return json_answer(self._lifecycle.show(self._batch(request)))

    def _batch(self, request: web.Request) -> KeptBatch:
        return self._library.batch(request.match_info["id"], owner=account(request))

    def _check_input(self, id: str, owner: str) -> None:
        try:
            file = self._library.file(id, owner=owner)
        except Refusal:
            message = f"No such File object: {id}"
            raise refusals.refusal(400, message, param="input_file_id") from None
        if file.purpose != "batch":
            message = (
                f"Invalid 'input_file_id': expected a file with purpose 'batch',"
                f" but its purpose is '{file.purpose}'."
            )
            raise refusals.refusal(400, message, param="input_file_id", code="invalid_value")
