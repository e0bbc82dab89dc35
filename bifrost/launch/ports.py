"""Which ports are free."""

import errno
import socket

REASONS = {
    errno.EADDRINUSE: "is in use",
    errno.EACCES: "may only be used by root",
    errno.EADDRNOTAVAIL: "cannot be bound: this machine has no such address",
}


def why_not(host: str, port: int) -> str:
    """Why nothing can listen there; empty if something can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: connections that were closed just now are no obstacle, listeners are.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
            probe.listen()
        except OSError as error:
            return REASONS.get(error.errno or 0, f"cannot be bound: {error.strerror}")
    return ""


def near(port: int) -> int:
    """A free port on the loopback: always the same if it can be."""
    if port <= 65535 and not why_not("127.0.0.1", port):
        return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number
