"""What the server orders from its workers, and what they report."""

from typing import Literal

from providers.sandbox.orders import Order, Result

# What becomes of the requests that a batch had not answered when it was stopped.
Rest = Literal["canceled", "expired", "errored"]


class Unpack(Order, tag="anthropic.unpack", kw_only=True):
    """Check the envelope of a new batch, and write its requests one a line to `records`."""

    path: str
    records: str
    most: int


class Unpacked(Result, tag="anthropic.unpacked", kw_only=True):
    """`refusal` is why there is no batch; `seconds` and `outcome` are what directives ask for."""

    total: int = 0
    refusal: str | None = None
    seconds: float | None = None
    outcome: str | None = None


class Run(Order, tag="anthropic.run", kw_only=True):
    """Answer the first `limit` requests, and say `rest` of the others."""

    path: str
    results: str
    version: str
    has_betas: bool
    limit: int | None = None
    rest: Rest = "canceled"


class Ran(Result, tag="anthropic.ran", kw_only=True):
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0
