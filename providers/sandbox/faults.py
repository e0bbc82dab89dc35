"""Faults that a test orders: errors, delays and connections that break at the worst moment."""

from typing import Annotated, Literal

import msgspec

Drop = Literal["before", "after", "midway"]


class Fault(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What happens to the next `times` calls of an operation; `times: null` means every call.

    drop `before`: the connection closes and nothing is done. `after`: all is done and kept, then
    the connection closes without an answer. `midway`: half of the answer's body is sent.
    """

    provider: str = "*"
    operation: str = "*"
    times: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] | None = None
    message: str | None = None
    retry_after: Annotated[float, msgspec.Meta(ge=0)] | None = None
    latency: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    drop: Drop | None = None

    def concerns(self, provider: str, operation: str) -> bool:
        return self.provider in ("*", provider) and self.operation in ("*", operation)


NO_FAULT = Fault()


class Faults:
    """The faults that are still to come, in the order they were given."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.operations = {"*"}

    def add(self, fault: Fault) -> None:
        """Raises ValueError where no call could ever meet the fault."""
        if fault.operation not in self.operations:
            known = ", ".join(sorted(self.operations))
            raise ValueError(f"unknown operation {fault.operation!r}; known are {known}")
        self.waiting.append(fault)

    def clear(self) -> None:
        self.waiting.clear()

    def take(self, provider: str, operation: str) -> Fault:
        """The first fault that concerns this call, used up by one."""
        for fault in self.waiting:
            if fault.concerns(provider, operation):
                self._use(fault)
                return fault
        return NO_FAULT

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self.waiting.remove(fault)
