"""The embedded broker: one folder, one file for each message, no server.

Kombu's filesystem transport opens a message's file before it writes it, and a worker that reads it in
between ends with a JSON error. Here a message appears whole, by a rename, and is taken by another, so
that it has one taker. A taker that dies loses the message: the sweep finds what it was about.
"""

import secrets
import time
from pathlib import Path
from queue import Empty
from typing import Any

import msgspec
from kombu.transport import TRANSPORT_ALIASES, filesystem

SCHEME = "embedded"
WAIT_SECONDS = 0.3


class Channel(filesystem.Channel):
    def _put(self, queue: str, message: Any, **options: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{secrets.token_hex(4)}.{queue}"
        folder = Path(self.data_folder_out)
        draft = folder / f"{name}.draft"
        draft.write_bytes(msgspec.json.encode(message))
        draft.rename(folder / f"{name}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            taken = path.with_suffix(f".{secrets.token_hex(4)}")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue
            message = msgspec.json.decode(taken.read_bytes())
            taken.unlink()
            return message
        raise Empty


class Transport(filesystem.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """Celery waits two seconds at a time, and looks only in between whether it shall stop."""
        super().drain_events(connection, timeout=min(timeout or WAIT_SECONDS, WAIT_SECONDS))


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
