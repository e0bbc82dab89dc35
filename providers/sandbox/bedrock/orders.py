"""What the server orders from its workers, and what they report."""

from providers.sandbox.orders import Order, Result

# Letters of a progress report, one for each record.
ANSWERED, FAILED = "a", "f"


class Check(Order, tag="bedrock.check", kw_only=True):
    """Read an input file before the job runs."""

    path: str
    most_records: int


class Verdict(Result, tag="bedrock.verdict", kw_only=True):
    """What a check found; `seconds` and `outcome` are what directives ask for."""

    total: int = 0
    error: str | None = None
    seconds: float | None = None
    outcome: str | None = None


class Run(Order, tag="bedrock.run", kw_only=True):
    """Answer the first `limit` records of a file, in the order in which they are taken up."""

    path: str
    output: str
    model: str
    invocation: str
    limit: int | None = None


class Ran(Result, tag="bedrock.ran", kw_only=True):
    succeeded: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Ask(Order, tag="bedrock.ask", kw_only=True):
    """Answer one body, which is in a file."""

    path: str
    model: str
    invocation: str


class Asked(Result, tag="bedrock.asked", kw_only=True):
    """`answer` is JSON; `status` is that of a refusal, whose words are the answer then."""

    answer: str
    status: int = 200
    tokens: tuple[int, int] = (0, 0)
