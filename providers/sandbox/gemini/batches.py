"""The Batch API: https://ai.google.dev/api/batch-api"""

from typing import Any

import msgspec
from aiohttp import web

from providers.sandbox import bodies
from providers.sandbox.gate import json_answer
from providers.sandbox.gemini import paging, refusals
from providers.sandbox.gemini.access import account
from providers.sandbox.gemini.library import Library
from providers.sandbox.gemini.lifecycle import Lifecycle
from providers.sandbox.gemini.lines import Fields
from providers.sandbox.gemini.objects import (
    CANCELLED,
    EMBED,
    GENERATE,
    SUCCEEDED,
    TERMINAL,
    Batch,
    Counts,
    File,
)
from providers.sandbox.gemini.uploads import new_id
from providers.sandbox.refusal import Refusal

_ID_LENGTH = 36
_USUAL_PAGE = 50
_INPUT = "batch.input_config"
_REQUESTS = f"{_INPUT}.requests"

_read_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Batches:
    def __init__(self, library: Library, lifecycle: Lifecycle, *, most_bytes: int) -> None:
        self._library = library
        self._lifecycle = lifecycle
        self._most_bytes = most_bytes

    async def generate(self, request: web.Request) -> web.StreamResponse:
        return await self._create(request, GENERATE)

    async def embed(self, request: web.Request) -> web.StreamResponse:
        return await self._create(request, EMBED)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """Without results, which only `get` has."""
        batches = self._library.batches(owner=account(request), after=paging.after(request))
        return json_answer(
            paging.page(
                request,
                batches,
                name="operations",
                usual=_USUAL_PAGE,
                show=lambda batch: self._lifecycle.show(batch).operation(None),
            )
        )

    async def get(self, request: web.Request) -> web.StreamResponse:
        batch = self._lifecycle.show(self._batch(request))
        return json_answer(batch.operation(self._output(batch)))

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        batch = self._batch(request)
        if batch.state in TERMINAL:
            message = "The batch has ended and cannot be cancelled."
            raise refusals.refusal(400, message, status="FAILED_PRECONDITION")
        self._lifecycle.end(batch.id, CANCELLED)
        return json_answer({})

    async def delete(self, request: web.Request) -> web.StreamResponse:
        self._lifecycle.forget(self._batch(request))
        return json_answer({})

    async def _create(self, request: web.Request, method: str) -> web.StreamResponse:
        owner = account(request)
        raw = await self._read(request)
        model = f"models/{request.match_info['model']}"
        if ("embedding" in model) != (method == EMBED):
            raise refusals.unsupported_model(model, request.match_info["version"], method)
        call = Fields(raw, "")
        fields = Fields(call.take("batch") or b"{}", "batch")
        call.end()
        batch = self._new_batch(fields, owner, method, model)
        source = Fields(fields.take("inputConfig", "input_config") or b"{}", _INPUT)
        fields.end()
        await self._begin(batch, source)
        return json_answer(batch.operation(None), object_id=batch.id)

    async def _read(self, request: web.Request) -> bytes:
        body = await bodies.read(request, most=self._most_bytes)
        if body is None:
            raise refusals.too_large(self._most_bytes)
        return body

    def _new_batch(self, fields: Fields, owner: str, method: str, model: str) -> Batch:
        now = self._library.clock.now()
        named = fields.text("model")
        if named is not None and named != model:
            what = f"must be the model of the call, {model}."
            raise refusals.rule_broken("batch.model", what)
        fields.take("webhookConfig", "webhook_config")
        return Batch(
            id=new_id(_ID_LENGTH),
            owner=owner,
            method=method,
            model=model,
            display_name=fields.text("displayName", "display_name"),
            priority=_priority(fields.take("priority")),
            created=now,
            updated=now,
        )

    async def _begin(self, batch: Batch, source: Fields) -> None:
        batch.input_file = source.text("fileName", "file_name")
        inline = source.take("requests")
        source.end()
        if (batch.input_file is None) == (inline is None):
            what = "exactly one of requests and file_name must be set."
            raise refusals.rule_broken(_INPUT, what)
        if batch.input_file is not None:
            file = self._input_file(batch.input_file, batch.owner)
            batch.counts = Counts(file.lines)
            self._lifecycle.begin(batch, self._library.store.file(file.id))
        elif inline is not None:
            await self._begin_inline(batch, inline)

    async def _begin_inline(self, batch: Batch, inline: bytes) -> None:
        """Requests that came with the call become a file; all of them are judged first."""
        path = self._library.store.scratch()
        try:
            with path.open("wb") as file:
                for line in _inline_lines(inline):
                    file.write(line + b"\n")
            verdict = await self._lifecycle.check(batch, path)
            if verdict.refused is not None:
                raise Refusal(400, msgspec.json.decode(verdict.refused))
            if verdict.error is not None:
                raise refusals.rule_broken(_REQUESTS, verdict.error.message)
            batch.counts = Counts(verdict.total)
            self._lifecycle.begin(batch, path)
        finally:
            path.unlink(missing_ok=True)

    def _input_file(self, name: str, owner: str) -> File:
        file = self._library.file(name.removeprefix("files/"), owner=owner)
        if self._library.clock.now() < file.active:
            raise refusals.inactive_file(file.id)
        return file

    def _output(self, batch: Batch) -> dict[str, Any] | None:
        if batch.state != SUCCEEDED:
            return None
        if batch.input_file is not None:
            return {"responsesFile": f"files/{batch.responses_file}"}
        path = self._library.store.file(batch.responses_file)
        lines = path.read_bytes().splitlines() if path.exists() else []
        results = msgspec.Raw(b"[" + b",".join(lines) + b"]")
        return {"inlinedResponses": {"inlinedResponses": results}}

    def _batch(self, request: web.Request) -> Batch:
        return self._library.batch(request.match_info["id"], owner=account(request))


def _inline_lines(raw: bytes) -> list[bytes]:
    fields = Fields(raw, _REQUESTS)
    listed = fields.take("requests") or b"[]"
    fields.end()
    try:
        items = _read_list(listed)
    except msgspec.DecodeError:
        value = msgspec.json.decode(listed)
        raise refusals.invalid_value(f"{_REQUESTS}.requests", "TYPE_MESSAGE", value) from None
    for index, item in enumerate(items):
        one = Fields(bytes(item), f"{_REQUESTS}.requests[{index}]")
        one.take("request")
        one.take("metadata")
        one.end()
    return [msgspec.json.format(bytes(item), indent=-1) for item in items]


def _priority(raw: bytes | None) -> str | None:
    """A 64-bit number, as such or as a string."""
    if raw is None:
        return None
    text = raw.decode().strip('"')
    if not text.lstrip("-").isdecimal():
        raise refusals.invalid_value("batch.priority", "TYPE_INT64", text)
    return text
