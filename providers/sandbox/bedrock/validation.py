"""The check of an input file before the job runs; the shape of what is asked is not looked at.

https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
"""

from typing import Any

import msgspec

from providers.sandbox.bedrock.orders import Check, Verdict
from providers.sandbox.directives import MARK, batch_directives


class _Line(msgspec.Struct):
    modelInput: dict[str, Any]
    recordId: str | None = None


_decode = msgspec.json.Decoder(_Line).decode


def check(order: Check) -> Verdict:
    """If the input is gone, nobody wants to know."""
    try:
        return _check(order)
    except FileNotFoundError:
        return Verdict()


def _check(order: Check) -> Verdict:
    found = Verdict()
    with open(order.path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            found.error = _complaint(line, number)
            found.total += 1
            if found.error is not None:
                break
            if MARK in line:
                _obey(batch_directives(line), found)
    if found.total > order.most_records:
        found.error = (
            f"The input file contains more records ({found.total}) than the maximum allowed:"
            f" {order.most_records}"
        )
    return found


def _complaint(line: bytes, number: int) -> str | None:
    try:
        # msgspec does not look into what it skips, so the encoding is checked apart.
        _decode(line.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"Line {number} of the input file is no JSON object with a valid modelInput."
    return None


def _obey(ordered: dict[str, str], found: Verdict) -> None:
    found.outcome = ordered.get("batch", found.outcome)
    seconds = ordered.get("seconds", "")
    if seconds.replace(".", "", 1).isdigit():
        found.seconds = float(seconds)
