"""What every simulated provider stands on, and what the server wants of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from providers.sandbox.clock import Clock
from providers.sandbox.gate import Provider
from providers.sandbox.settings import Settings
from providers.sandbox.store import Store
from providers.sandbox.workers import Workers


@dataclass(frozen=True, slots=True)
class Stage:
    """Storage, processes and time, which all vendors share."""

    store: Store
    workers: Workers
    settings: Settings
    clock: Clock


class Service(Protocol):
    """One vendor on the stage."""

    provider: Provider

    def resume(self) -> None:
        """Take up what a stop of the process interrupted."""

    async def stop(self) -> None:
        """End all work, which `resume` will take up."""

    def has_batch(self, id: str) -> bool: ...

    def force(self, id: str, status: str | None) -> None:
        """Bring a batch to a status, or show one that does not exist; null shows the truth."""


OpenService = Callable[[Stage], Service]
