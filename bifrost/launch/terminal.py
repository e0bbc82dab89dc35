"""What the person who started it reads: the processes' lines, and one page when all is ready."""

import sys
import threading

RESET = "\033[0m"
BOLD = "\033[1m"
DIM = "\033[2m"
COLOURS = {
    "bifrost": "\033[1;34m",
    "web": "\033[36m",
    "worker": "\033[32m",
    "beat": "\033[35m",
    "sandbox": "\033[33m",
}


class Terminal:
    """Writes whole lines from any thread, and goes on when nobody reads them any more."""

    def __init__(self, *, prefix: bool) -> None:
        self.prefix = prefix
        self.coloured = sys.stdout.isatty()
        self._lock = threading.Lock()

    def relay(self, name: str, line: bytes) -> None:
        """A line that a process printed. Without prefix it stays as it is, for machines to read."""
        text = line.decode(errors="replace").rstrip()
        if not text:
            return
        self.write(f"{self.style(name.ljust(8), COLOURS[name])}{text}" if self.prefix else text)

    def tell(self, text: str) -> None:
        self.write(f"{self.style('bifrost ', COLOURS['bifrost'])}{text}")

    def write(self, text: str) -> None:
        with self._lock:
            try:
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()
            except OSError:
                self.coloured = False

    def style(self, text: str, code: str) -> str:
        return f"{code}{text}{RESET}" if self.coloured and text else text
