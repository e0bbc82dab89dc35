"""The control path: how a test orders faults, forces a status and looks at the calls.

GET    /_sandbox/healthz
POST   /_sandbox/faults         one fault, or a list of them
GET    /_sandbox/faults
DELETE /_sandbox/faults
POST   /_sandbox/batches/{id}   {"status": "expired"}
GET    /_sandbox/clock
POST   /_sandbox/clock          {"advance": 86400}
GET    /_sandbox/calls          ?operation=batches.create&provider=openai
POST   /_sandbox/reset
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import msgspec
from aiohttp import web

from providers.sandbox.calls import Calls
from providers.sandbox.clock import Clock
from providers.sandbox.faults import Fault, Faults
from providers.sandbox.gate import json_answer
from providers.sandbox.refusal import Refusal
from providers.sandbox.stage import Service


class _Force(msgspec.Struct, forbid_unknown_fields=True):
    status: str | None


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    advance: Annotated[float, msgspec.Meta(ge=0)]


_decode_faults = msgspec.json.Decoder(Fault | list[Fault]).decode
_decode_force = msgspec.json.Decoder(_Force).decode
_decode_advance = msgspec.json.Decoder(_Advance).decode


class Control:
    def __init__(
        self,
        calls: Calls,
        faults: Faults,
        *,
        clock: Clock,
        services: Sequence[Service],
        reset: Callable[[], Awaitable[None]],
    ) -> None:
        self._calls = calls
        self._faults = faults
        self._clock = clock
        self._services = services
        self._reset = reset

    def install(self, app: web.Application) -> None:
        app.router.add_get("/_sandbox/healthz", _healthz)
        app.router.add_post("/_sandbox/faults", self.add_faults)
        app.router.add_get("/_sandbox/faults", self.list_faults)
        app.router.add_delete("/_sandbox/faults", self.clear_faults)
        app.router.add_post("/_sandbox/batches/{id}", self.force_status)
        app.router.add_get("/_sandbox/clock", self.show_clock)
        app.router.add_post("/_sandbox/clock", self.advance_clock)
        app.router.add_get("/_sandbox/calls", self.list_calls)
        app.router.add_post("/_sandbox/reset", self.reset)

    async def add_faults(self, request: web.Request) -> web.Response:
        try:
            ordered = _decode_faults(await request.read())
            for fault in ordered if isinstance(ordered, list) else [ordered]:
                self._faults.add(fault)
        except (msgspec.DecodeError, ValueError) as error:
            return json_answer({"error": str(error)}, status=400)
        return await self.list_faults(request)

    async def list_faults(self, _: web.Request) -> web.Response:
        return json_answer({"faults": self._faults.waiting})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._faults.clear()
        return await self.list_faults(request)

    async def force_status(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        owners = [service for service in self._services if service.has_batch(id)]
        try:
            order = _decode_force(await request.read())
            for service in owners:
                service.force(id, order.status)
        except msgspec.DecodeError as error:
            return json_answer({"error": str(error)}, status=400)
        except Refusal as refusal:
            return json_answer(refusal.body, status=refusal.status)
        if not owners:
            return json_answer({"error": f"no batch {id!r}"}, status=404)
        return json_answer({"id": id, "status": order.status})

    async def show_clock(self, _: web.Request) -> web.Response:
        return json_answer({"now": self._clock.now(), "ahead": self._clock.ahead})

    async def advance_clock(self, request: web.Request) -> web.Response:
        try:
            self._clock.advance(_decode_advance(await request.read()).advance)
        except msgspec.DecodeError as error:
            return json_answer({"error": str(error)}, status=400)
        return await self.show_clock(request)

    async def list_calls(self, request: web.Request) -> web.Response:
        provider = request.query.get("provider")
        recent = self._calls.of(provider=provider, operation=request.query.get("operation"))
        counts = self._calls.counted(provider=provider)
        return json_answer({"counts": counts, "calls": recent})

    async def reset(self, _: web.Request) -> web.Response:
        """Forget everything: files, batches, faults, calls, and that the clock was put ahead."""
        await self._reset()
        self._faults.clear()
        self._calls.clear()
        self._clock.reset()
        return json_answer({"reset": True})


async def _healthz(_: web.Request) -> web.Response:
    return json_answer({"status": "ok"})
