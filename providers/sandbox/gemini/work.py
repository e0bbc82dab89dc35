"""What a worker does for Gemini: which function obeys which order."""

from collections.abc import Mapping

from providers.sandbox.gemini.orders import Check, Run, Verdict
from providers.sandbox.gemini.run import run
from providers.sandbox.gemini.validation import check
from providers.sandbox.orders import Obey, Order, Report


def _check(order: Check, _: Report) -> Verdict:
    return check(order)


WORK: Mapping[type[Order], Obey] = {Check: _check, Run: run}
