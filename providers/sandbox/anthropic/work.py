"""What a worker does for Anthropic: which function obeys which order."""

from collections.abc import Mapping

from providers.sandbox.anthropic.orders import Run, Unpack, Unpacked
from providers.sandbox.anthropic.run import run
from providers.sandbox.anthropic.unpack import unpack
from providers.sandbox.orders import Obey, Order, Report


def _unpack(order: Unpack, _: Report) -> Unpacked:
    return unpack(order)


WORK: Mapping[type[Order], Obey] = {Unpack: _unpack, Run: run}
