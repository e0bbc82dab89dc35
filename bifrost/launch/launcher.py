"""Starts the processes of an installation on one machine, watches them and stops them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from types import FrameType

from django.conf import settings

from bifrost.launch import commands, ports
from bifrost.launch.health import reachable, what_is_wrong
from bifrost.launch.lock import Locked, hold
from bifrost.launch.process import Process, Watchdog
from bifrost.launch.terminal import Terminal
from bifrost.launch.welcome import page

READY_SECONDS = 60.0
# Together less than the ten seconds that a stop may take. The sandbox goes last: others call it.
STOP_SECONDS = {"others": 6.0, "sandbox": 2.0}
SANDBOX_PORT_OFFSET = 10


class LaunchError(Exception):
    """A sentence for the person who started it."""


class Launcher:
    def __init__(self) -> None:
        self.began = time.monotonic()
        self.terminal = Terminal(prefix=settings.LOG_FORMAT == "text")
        self.stops = 0
        self.parent = os.getppid()
        self.processes: list[Process] = []

    def run(self) -> None:
        """Returns when it was asked to stop and everything has. Raises LaunchError."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup the end of the terminal is no reason to stop.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._asked_to_stop)
        try:
            self.lock = hold(settings.DATA / "run.lock")
        except Locked as error:
            raise LaunchError(f"Bifrost already runs on {settings.DATA} ({error}).") from None
        self.watchdog = Watchdog(self.lock)
        try:
            self._start_and_watch()
        finally:
            self._stop()
            self.watchdog.dismiss()

    def _start_and_watch(self) -> None:
        if reason := ports.why_not(settings.BIND, settings.PORT):
            raise LaunchError(
                f"Port {settings.PORT} {reason}: free it, or choose another one with PORT=8081."
            )
        sandbox = needs_sandbox()
        if sandbox:
            choose_sandbox()
            self._start("sandbox")
        prepared = self._prepare()
        for name in ("web", "worker", "beat"):
            self._start(name)
        self._watch(until=self._is_ready, seconds=READY_SECONDS)
        if not self.stops:
            seconds = time.monotonic() - self.began
            style = self.terminal.style
            self.terminal.write(page(prepared, seconds=seconds, sandbox=sandbox, style=style))
        self._watch(until=lambda: "")

    def _start(self, name: str) -> None:
        if self.stops:
            return
        # What the first process compiles, the others read.
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
        command = commands.COMMANDS[name]()
        process = Process(name, command, environment, self.terminal.relay)
        self.processes.append(process)
        process.start()
        self.watchdog.add(process.group)

    def _prepare(self) -> str:
        """What `prepare` has to say. Its errors go to the terminal as they are."""
        command = commands.prepare()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.watchdog.add(child.pid)
        with child:
            while child.poll() is None:
                if self.stops:
                    child.kill()
                time.sleep(0.02)
            said = child.stdout.read() if child.stdout else ""
        self.watchdog.discard(child.pid)
        if child.returncode and not self.stops:
            raise LaunchError("Nothing was started, because preparing it failed.")
        return said

    def _watch(self, *, until: Callable[[], str], seconds: float | None = None) -> None:
        """Keep the processes alive until a stop is asked for, or until nothing is missing."""
        deadline = seconds and time.monotonic() + seconds
        while not self.stops:
            self._keep_alive()
            missing = until()
            if seconds and not missing:
                return
            if deadline and time.monotonic() > deadline:
                raise LaunchError(f"Not ready after {seconds:.0f} s: {missing}")
            time.sleep(0.1)

    def _keep_alive(self) -> None:
        self.watchdog.revive()
        # A make that was killed cannot pass anything on.
        if "MAKELEVEL" in os.environ and os.getppid() != self.parent:
            self.stops += 1
        for process in self.processes:
            if process.has_ended():
                self._report(process)
            elif process.is_due():
                process.start()
                self.watchdog.add(process.group)

    def _report(self, process: Process) -> None:
        self.watchdog.discard(process.group)
        how = process.bury()
        if process.is_hopeless():
            raise LaunchError(f"{process.name} {how} again and again: see its lines above.")
        self.terminal.tell(f"{process.name} {how} and is started again.")

    def _is_ready(self) -> str:
        """What is missing; empty when everything answers."""
        return what_is_wrong(reachable(settings.BIND), settings.PORT, path="/readyz")

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stops += 1

    def _stop(self) -> None:
        if self.stops:
            self.terminal.tell("stops.")
        others = [process for process in self.processes if process.name != "sandbox"]
        sandbox = [process for process in self.processes if process.name == "sandbox"]
        self._end(others, STOP_SECONDS["others"])
        self._end(sandbox, STOP_SECONDS["sandbox"])

    def _end(self, processes: list[Process], seconds: float) -> None:
        """Asked once, they have so many seconds; a second Ctrl-C ends them at once."""
        running = [process for process in processes if process.popen]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.stops < 2:
            if all(process.has_ended() for process in running):
                break
            time.sleep(0.02)
        for process in running:
            process.kill()
            self.watchdog.discard(process.group)


def needs_sandbox() -> bool:
    """Whether to start one: a provider has no key, and no other sandbox was named."""
    wanted = settings.SANDBOX or not all(settings.PROVIDER_KEYS.values())
    return wanted and not settings.SANDBOX_URL


def choose_sandbox() -> None:
    """Name its address to everything that is started from here on."""
    port = ports.near(settings.PORT + SANDBOX_PORT_OFFSET)
    settings.SANDBOX_URL = os.environ["BIFROST_SANDBOX_URL"] = f"http://127.0.0.1:{port}"
