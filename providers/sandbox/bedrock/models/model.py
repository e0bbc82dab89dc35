"""What a model is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from providers.sandbox.directives import Directives

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """`judge` makes a body of raw JSON for a model, in a batch or not, or raises what AWS would answer."""

    judge: Callable[[bytes, str, bool], Body]
    answer: Callable[[Body, str, Directives, str], Body]
