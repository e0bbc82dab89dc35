"""The sandbox's server: all simulated providers in one process."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from providers.sandbox.calls import Calls
from providers.sandbox.clock import Clock
from providers.sandbox.control import Control
from providers.sandbox.faults import Faults
from providers.sandbox.gate import Gate
from providers.sandbox.settings import Settings
from providers.sandbox.stage import Service, Stage
from providers.sandbox.store import Store
from providers.sandbox.vendors import VENDORS
from providers.sandbox.workers import Workers

# Bytes that aiohttp may hold for one upload before it asks the client to wait.
_READ_BUFFER = 1024 * 1024
_LONGEST_STOP = 0.5


async def serve(settings: Settings) -> None:
    """Answer until the process is told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with _sandbox(settings) as app:
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_LONGEST_STOP,
            read_bufsize=_READ_BUFFER,
        )
        await runner.setup()
        await _listen(runner, settings)
        host, port = runner.addresses[0][:2]
        print(f"sandbox listening on http://{host}:{port}", flush=True)  # noqa: T201
        await stop.wait()
        await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: Settings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        raise SystemExit(f"cannot listen on {settings.host}:{settings.port}: {error}") from None


@asynccontextmanager
async def _sandbox(settings: Settings) -> AsyncIterator[web.Application]:
    store = Store(settings.data)
    store.sweep()
    workers = Workers(settings.workers)
    stage = Stage(store, workers, settings, Clock(settings.data / "clock"))
    services = [vendor.service()(stage) for vendor in VENDORS.values()]
    try:
        await workers.warm_up()
        for service in services:
            service.resume()
        yield _app(stage, services)
    finally:
        await _stop(services)
        await workers.stop()
        store.close()


def _app(stage: Stage, services: Sequence[Service]) -> web.Application:
    async def reset() -> None:
        await _stop(services)
        stage.store.clear()

    calls, faults = Calls(), Faults()
    app = web.Application()
    Control(calls, faults, clock=stage.clock, services=services, reset=reset).install(app)
    gate = Gate(calls, faults)
    for service in services:
        gate.install(app, service.provider)
    return app


async def _stop(services: Sequence[Service]) -> None:
    for service in services:
        await service.stop()
