"""What a worker does for Bedrock: which function obeys which order."""

from collections.abc import Mapping

from providers.sandbox.bedrock.orders import Ask, Asked, Check, Run, Verdict
from providers.sandbox.bedrock.run import run
from providers.sandbox.bedrock.single import answer_one
from providers.sandbox.bedrock.validation import check
from providers.sandbox.orders import Obey, Order, Report


def _check(order: Check, _: Report) -> Verdict:
    return check(order)


def _ask(order: Ask, _: Report) -> Asked:
    return answer_one(order)


WORK: Mapping[type[Order], Obey] = {Check: _check, Run: run, Ask: _ask}
