"""What a worker does for OpenAI: which function obeys which order."""

from collections.abc import Mapping

from providers.sandbox.openai.orders import Check, Run, Verdict
from providers.sandbox.openai.run import run
from providers.sandbox.openai.validation import check
from providers.sandbox.orders import Obey, Order, Report


def _check(order: Check, _: Report) -> Verdict:
    return check(order)


WORK: Mapping[type[Order], Obey] = {Check: _check, Run: run}
