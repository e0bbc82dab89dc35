"""A process that does the work of records, so that the server always has time to answer.

Orders come in on standard input and reports go out on standard output, one JSON object a line.
"""

import contextlib
import sys

import msgspec

from providers.sandbox.openai import orders as openai
from providers.sandbox.openai.run import run
from providers.sandbox.openai.validation import check
from providers.sandbox.orders import Order, Progress, Result

_decode = msgspec.json.Decoder(Order).decode
_encode = msgspec.json.Encoder().encode


def main() -> None:
    """Work until the server is gone."""
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            _send(_obey(_decode(line)))


def _obey(order: Order) -> Result:
    match order:
        case openai.Check():
            return check(order)
        case openai.Run():
            return run(order, lambda outcomes: _send(Progress(outcomes)))


def _send(message: Progress | Result) -> None:
    sys.stdout.buffer.write(_encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
