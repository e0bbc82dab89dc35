"""The way in and out of every call: faults, the log of calls, the provider's headers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
from aiohttp import web

from providers.sandbox.calls import Call, Calls
from providers.sandbox.faults import Fault, Faults
from providers.sandbox.refusal import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of an API, and the parameters that it knows in a query."""

    name: str
    method: str
    path: str
    handler: Handler
    query: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One simulated provider: where it answers, and how it speaks of errors.

    `refusal` is an error of which only the status is known, `unknown` one about a parameter;
    `signed` puts the id of the request into an error, for vendors that do so.
    """

    name: str
    prefix: str
    operations: Sequence[Operation]
    refusal: Callable[[int, str | None], Refusal]
    unknown: Callable[[str], Refusal]
    headers: Callable[[str, float], dict[str, str]]
    signed: Callable[[Refusal, str], dict[str, Any]] = lambda refusal, request_id: refusal.body


class Download(web.FileResponse):
    """A file as the answer, which remembers its path so that a fault can send half of it."""

    def __init__(self, path: Path, *, headers: dict[str, str]) -> None:
        super().__init__(path, headers=headers)
        self.source = path


class Gate:
    def __init__(self, calls: Calls, faults: Faults) -> None:
        self.calls = calls
        self.faults = faults

    def install(self, app: web.Application, provider: Provider) -> None:
        for operation in provider.operations:
            path = provider.prefix + operation.path
            app.router.add_route(operation.method, path, self._guard(provider, operation))
            self.faults.operations.add(operation.name)

    def _guard(self, provider: Provider, operation: Operation) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            started = time.monotonic()
            call = self._note(provider, operation, request)
            fault = self.faults.take(provider.name, operation.name)
            call.dropped = fault.drop
            await asyncio.sleep(fault.latency)
            if fault.drop == "before":
                return hang_up(request)
            answer = await _answer(provider, operation, request, fault, call)
            answer.headers.update(provider.headers(call.request_id, time.monotonic() - started))
            call.object = answer.get("object", request.match_info.get("id"))
            return await self._send(request, answer, call)

        return serve

    def _note(self, provider: Provider, operation: Operation, request: web.Request) -> Call:
        retry = request.headers.get("x-stainless-retry-count", "0")
        call = Call(
            number=self.calls.counts.total() + 1,
            at=time.time(),
            provider=provider.name,
            operation=operation.name,
            request_id=f"req_{token_hex(16)}",
            retry=int(retry) if retry.isdigit() else 0,
        )
        self.calls.add(call)
        return call

    async def _send(
        self, request: web.Request, answer: web.StreamResponse, call: Call
    ) -> web.StreamResponse:
        if call.dropped == "after":
            return hang_up(request)
        call.status = answer.status
        if call.dropped == "midway":
            return await _send_half(request, answer)
        return answer


def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection; what aiohttp writes afterwards goes nowhere."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


def json_answer(body: object, *, status: int = 200, object_id: str | None = None) -> web.Response:
    answer = web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/json"
    )
    if object_id is not None:
        answer["object"] = object_id
    return answer


async def _answer(
    provider: Provider, operation: Operation, request: web.Request, fault: Fault, call: Call
) -> web.StreamResponse:
    try:
        if fault.status is not None:
            raise _ordered_refusal(provider, fault)
        for name in request.query:
            if name not in operation.query:
                raise provider.unknown(name)
        return await operation.handler(request)
    except Refusal as refusal:
        body = provider.signed(refusal, call.request_id)
        answer = json_answer(body, status=refusal.status)
        answer.headers.update(refusal.headers)
        return answer
    except ConnectionResetError:
        # The client left in the middle of its request.
        return hang_up(request)


def _ordered_refusal(provider: Provider, fault: Fault) -> Refusal:
    assert fault.status is not None
    refusal = provider.refusal(fault.status, fault.message)
    if fault.retry_after is not None:
        refusal.headers["retry-after"] = f"{fault.retry_after:g}"
    return refusal


async def _send_half(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    if isinstance(answer, Download):
        return await _send_half_file(request, answer)
    assert isinstance(answer, web.Response)
    body = answer.body if isinstance(answer.body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    hang_up(request)
    return half


async def _send_half_file(request: web.Request, answer: Download) -> web.StreamResponse:
    size = answer.source.stat().st_size
    half = web.StreamResponse(headers=answer.headers)
    half.content_length = size
    await half.prepare(request)
    left = size // 2
    with answer.source.open("rb") as file:
        while left and (chunk := file.read(min(_CHUNK, left))):
            await half.write(chunk)
            left -= len(chunk)
    hang_up(request)
    return half
