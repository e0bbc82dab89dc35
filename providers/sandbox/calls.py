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
        self.counts: Counter[str] = Counter()
        self.recent: deque[Call] = deque(maxlen=KEPT)

    def add(self, call: Call) -> None:
        self.counts[call.operation] += 1
        self.recent.append(call)

    def clear(self) -> None:
        self.counts.clear()
        self.recent.clear()

    def of(self, operation: str | None) -> list[Call]:
        return [call for call in self.recent if operation in (None, call.operation)]
