"""The calls that came in, so that a test can assert that nothing was sent twice.

Neither keys nor bodies are kept.
"""

from collections import Counter, deque

import msgspec

KEPT = 10_000


class Call(msgspec.Struct, kw_only=True):
    """`status` is null where the client got no answer; `object` is the id in path or answer."""

    number: int
    at: float
    provider: str
    operation: str
    status: int | None = None
    dropped: str | None = None
    request_id: str = ""
    object: str | None = None
    retry: int = 0


class Calls:
    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.recent: deque[Call] = deque(maxlen=KEPT)

    def add(self, call: Call) -> None:
        self.counts[call.provider, call.operation] += 1
        self.recent.append(call)

    def clear(self) -> None:
        self.counts.clear()
        self.recent.clear()

    def of(self, *, provider: str | None, operation: str | None) -> list[Call]:
        return [
            call
            for call in self.recent
            if provider in (None, call.provider) and operation in (None, call.operation)
        ]

    def counted(self, *, provider: str | None) -> dict[str, int]:
        """How many calls every operation had, of one vendor or of all."""
        counted: Counter[str] = Counter()
        for (name, operation), count in self.counts.items():
            if provider in (None, name):
                counted[operation] += count
        return dict(counted)
