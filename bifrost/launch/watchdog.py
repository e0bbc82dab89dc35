"""Ends the processes of a launcher that was killed before it could.

It runs alone, in a session of its own, and knows nothing but the process groups that its standard
input names: `+<group>` when one starts, `-<group>` when one has ended. The end of the input means
that the launcher is gone, however it went: what still lives is asked to stop, and soon made to.
"""

import os
import signal
import sys
import time
from collections.abc import Callable

PATIENCE = 5.0


def main() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line[0] == "+" else groups.discard
        change(int(line[1:]))
    # Only its first process: that one ends its own, and those would drop their work.
    _signal(groups, signal.SIGTERM, os.kill)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and _signal(groups, 0, os.killpg):
        time.sleep(0.05)
    _signal(groups, signal.SIGKILL, os.killpg)


def _signal(groups: set[int], number: int, send: Callable[[int, int], None]) -> bool:
    """Signal every group. False if none of them has a process left."""
    found = False
    for group in groups:
        try:
            send(group, number)
        except (ProcessLookupError, PermissionError):
            continue
        found = True
    return found


if __name__ == "__main__":
    main()
