"""A process that does the work of records, so that the server always has time to answer.

Orders come in on standard input and reports go out on standard output, one JSON object a line.
Vendors that are named on the command line are loaded ahead of their first order.
"""

import contextlib
import sys

import msgspec

from providers.sandbox.orders import Progress, Result
from providers.sandbox.vendors import ANY_ORDER, VENDORS, obey

_decode = msgspec.json.Decoder(ANY_ORDER).decode
_encode = msgspec.json.Encoder().encode


def main() -> None:
    """Work until the server is gone."""
    for name in sys.argv[1:]:
        VENDORS[name].work()
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            _send(obey(_decode(line), lambda outcomes: _send(Progress(outcomes))))


def _send(message: Progress | Result) -> None:
    sys.stdout.buffer.write(_encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
