"""The check of a batch's input before it runs: a stream of lines in, a verdict out."""

import msgspec

from providers.sandbox.directives import MARK, batch_directives
from providers.sandbox.gemini import refusals
from providers.sandbox.gemini.lines import Line, read_line
from providers.sandbox.gemini.methods import method
from providers.sandbox.gemini.orders import Check, Verdict
from providers.sandbox.refusal import Refusal

_INVALID_ARGUMENT = 3


def check(order: Check) -> Verdict:
    """If the input is gone, nobody wants to know."""
    try:
        return _check(order)
    except FileNotFoundError:
        return Verdict()


def _check(order: Check) -> Verdict:
    found = Verdict()
    with open(order.path, "rb") as file:
        for number, raw in enumerate(file, 1):
            if not raw.strip():
                continue
            line = _read(raw)
            if line is None:
                message = f"Failed to parse line {number} of the input file as a request."
                return Verdict(error=refusals.Status(_INVALID_ARGUMENT, message))
            found.refused = _judge(order, line, found.total)
            if found.refused is not None:
                return found
            _note(found, line, raw)
    if found.total == 0:
        message = "The input has no requests."
        return Verdict(error=refusals.Status(_INVALID_ARGUMENT, message))
    return found


def _read(raw: bytes) -> Line | None:
    try:
        # msgspec does not look into what it skips, so the encoding is checked apart.
        return read_line(raw.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _note(found: Verdict, line: Line, raw: bytes) -> None:
    found.total += 1
    found.is_joinable = found.is_joinable and line.is_joinable()
    if MARK not in raw:
        return
    ordered = batch_directives(raw)
    found.outcome = ordered.get("batch", found.outcome)
    seconds = ordered.get("seconds", "")
    if seconds.replace(".", "", 1).isdigit():
        found.seconds = float(seconds)


def _judge(order: Check, line: Line, index: int) -> str | None:
    """The refusal of the whole call, if a request that came with it is bad."""
    if not order.is_inline:
        return None
    path = f"batch.input_config.requests.requests[{index}]"
    try:
        if isinstance(line.request, msgspec.UnsetType):
            raise refusals.rule_broken(f"{path}.request", "request is required")
        method(order.method).judge(bytes(line.request), model=order.model)
    except Refusal as refusal:
        return msgspec.json.encode(refusal.body).decode()
    return None
