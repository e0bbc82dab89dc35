"""The control path: how a test orders faults, forces a status and looks at the calls.

GET    /_sandbox/healthz
POST   /_sandbox/faults         one fault, or a list of them
GET    /_sandbox/faults
DELETE /_sandbox/faults
POST   /_sandbox/batches/{id}   {"status": "expired"}
GET    /_sandbox/calls          ?operation=batches.create
POST   /_sandbox/reset
"""

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from providers.sandbox.calls import Calls
from providers.sandbox.faults import Fault, Faults
from providers.sandbox.gate import json_answer
from providers.sandbox.refusal import Refusal


class _Force(msgspec.Struct, forbid_unknown_fields=True):
    status: str | None


_decode_faults = msgspec.json.Decoder(Fault | list[Fault]).decode
_decode_force = msgspec.json.Decoder(_Force).decode


class Control:
    def __init__(
        self,
        calls: Calls,
        faults: Faults,
        *,
        force: Callable[[str, str | None], None],
        reset: Callable[[], Awaitable[None]],
    ) -> None:
        self._calls = calls
        self._faults = faults
        self._force = force
        self._reset = reset

    def install(self, app: web.Application) -> None:
        app.router.add_get("/_sandbox/healthz", _healthz)
        app.router.add_post("/_sandbox/faults", self.add_faults)
        app.router.add_get("/_sandbox/faults", self.list_faults)
        app.router.add_delete("/_sandbox/faults", self.clear_faults)
        app.router.add_post("/_sandbox/batches/{id}", self.force_status)
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
        try:
            order = _decode_force(await request.read())
            self._force(request.match_info["id"], order.status)
        except msgspec.DecodeError as error:
            return json_answer({"error": str(error)}, status=400)
        except Refusal as refusal:
            return json_answer(refusal.body, status=refusal.status)
        return json_answer({"id": request.match_info["id"], "status": order.status})

    async def list_calls(self, request: web.Request) -> web.Response:
        recent = self._calls.of(request.query.get("operation"))
        return json_answer({"counts": dict(self._calls.counts), "calls": recent})

    async def reset(self, _: web.Request) -> web.Response:
        """Forget everything: files, batches, faults and calls."""
        await self._reset()
        self._faults.clear()
        self._calls.clear()
        return json_answer({"reset": True})


async def _healthz(_: web.Request) -> web.Response:
    return json_answer({"status": "ok"})
