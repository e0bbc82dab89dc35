"""From the client's records to the provider's, and from the provider's results to the client's."""

from collections.abc import Iterable, Iterator
from itertools import islice

from providers.openai import dialect
from providers.records import Failure, Request, Result, lines, upstream_id

ENDPOINTS = dialect.ENDPOINTS

read_request = dialect.read_request
read_result = dialect.read_result
write_result = dialect.write_result
write_failure = dialect.write_failure

__all__ = [
    "ENDPOINTS",
    "Failure",
    "Request",
    "Result",
    "line_number",
    "read_request",
    "read_result",
    "requests",
    "upstream_lines",
    "write_failure",
    "write_result",
]


def requests(chunks: Iterable[bytes]) -> Iterator[Request]:
    """The records of a validated input file. Raises MalformedRecordError if it is not."""
    return (dialect.read_request(line) for _, line in lines(chunks))


def line_number(chunks: Iterable[bytes], wanted: int) -> int | None:
    """The line of the input that holds the record of a number."""
    return next((line for number, (line, _) in enumerate(lines(chunks)) if number == wanted), None)


def upstream_lines(
    chunks: Iterable[bytes], *, first: int, records: int, model: str
) -> Iterator[bytes]:
    """The lines that a job sends: `records` of them, from number `first` on."""
    wanted = islice(lines(chunks), first, first + records)
    for number, (_, line) in enumerate(wanted, first):
        yield dialect.write_request(dialect.read_request(line), upstream_id(number), model=model)
