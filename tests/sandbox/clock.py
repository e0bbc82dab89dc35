"""Time in the sandbox, which tests put ahead and do not wait for."""

import time
from collections.abc import Callable
from typing import TypeVar

import requests

SeenT = TypeVar("SeenT")
# How long a busy machine may take for what it does at once otherwise.
PATIENCE = 60.0
# What a directive makes a batch last: nothing of it passes while a test looks.
LASTS = 1000
LONG = f"[sandbox:seconds={LASTS}]"


def advance(sandbox: str, seconds: float) -> None:
    """Put the sandbox's clock ahead."""
    answer = requests.post(f"{sandbox}/_sandbox/clock", json={"advance": seconds}, timeout=PATIENCE)
    assert answer.status_code == 200


def until(look: Callable[[], SeenT], is_so: Callable[[SeenT], bool]) -> SeenT:
    """What is seen once it is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.01)
    return seen


def while_time_passes(
    sandbox: str, look: Callable[[], SeenT], is_over: Callable[[SeenT], bool]
) -> list[SeenT]:
    """All that is seen of what is LONG, from its beginning to its end."""
    seen = [look()]
    while not is_over(seen[-1]):
        advance(sandbox, LASTS / 10)
        seen.append(until(look, lambda now: now != seen[-1]))
    return seen
