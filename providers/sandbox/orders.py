"""The messages between the server and its workers, for all simulated providers.

Every vendor makes its own kinds of orders and results, each with a tag such as `openai.check`.
"""

from collections.abc import Callable
from typing import Any

import msgspec


class Order(msgspec.Struct):
    """Work for a worker."""


class Result(msgspec.Struct):
    """The end of an order."""


class Progress(msgspec.Struct, tag="progress"):
    """How far a run is: one letter for each record that was done since the last report."""

    outcomes: str


Report = Callable[[str], None]
Obey = Callable[[Any, Report], Result]
