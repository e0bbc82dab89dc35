"""What the server orders from its workers, and what they report."""

from providers.sandbox.gemini.refusals import Status
from providers.sandbox.orders import Order, Result

# Letters of a progress report, one for each record.
ANSWERED, FAILED = "a", "f"


class Check(Order, tag="gemini.check", kw_only=True):
    """Read the input of a batch before it runs.

    Requests that came with the call are judged at once: that call is refused if one of them is bad.
    """

    path: str
    method: str
    model: str
    is_inline: bool = False


class Verdict(Result, tag="gemini.verdict", kw_only=True):
    """What a check found. `refused` is the body of the answer to a call that is refused, `error`
    what is wrong with a file; `seconds` and `outcome` are what directives ask for.
    """

    total: int = 0
    is_joinable: bool = True
    refused: str | None = None
    error: Status | None = None
    seconds: float | None = None
    outcome: str | None = None


class Run(Order, tag="gemini.run", kw_only=True):
    """Answer the requests of a file."""

    path: str
    method: str
    model: str
    output: str
    is_shuffled: bool = True


class Ran(Result, tag="gemini.ran", kw_only=True):
    succeeded: int = 0
    failed: int = 0
