"""What the server orders from its workers, and what they report."""

from typing import Literal

import msgspec

from providers.sandbox.openai.limits import Limits
from providers.sandbox.openai.objects import BatchError
from providers.sandbox.orders import Order, Result

Unexecuted = Literal["batch_expired", "batch_cancelled"]

# Letters of a progress report, one for each record.
ANSWERED, FAILED = "a", "f"


class Check(Order, tag="openai.check", kw_only=True):
    """Check an input file before its batch runs."""

    path: str
    endpoint: str
    limits: Limits


class Verdict(Result, tag="openai.verdict", kw_only=True):
    """What a check found; `seconds` and `outcome` are what directives in the file ask for."""

    total: int = 0
    model: str | None = None
    errors: list[BatchError] = msgspec.field(default_factory=list)
    seconds: float | None = None
    outcome: str | None = None


class Run(Order, tag="openai.run", kw_only=True):
    """Answer the first `limit` records of a file, and say `rest` of the others."""

    path: str
    endpoint: str
    output: str
    errors: str
    limit: int | None = None
    rest: Unexecuted = "batch_cancelled"


class Ran(Result, tag="openai.ran", kw_only=True):
    completed: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
