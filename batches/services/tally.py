"""Tokens and prices of records that nobody has asked yet: from the least to the most."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from providers.prices import LONGEST_NAME, Rates, Tokens, rates_of
from providers.tokens import DEFAULT_OUTPUT, RequestTokens

# English is told in fewer tokens than one for four bytes, and hardly in a quarter fewer.
LEAST_OF_LIKELY = 0.75


class Span(NamedTuple):
    """From the least to the most; None where nobody knows."""

    low: int | None
    high: int | None


class Account(NamedTuple):
    """What is to be known of one that may be asked: its own prices, and how many records a job needs to be
    batch work there."""

    prices: Mapping[str, Any]
    least_records: int = 0


class _Bill:
    """What requests cost by one list of prices, in billionths of a US dollar. Rounded once."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._sums = [[0, 0] for _ in rates.rates]

    def add(self, input: int, output: int) -> None:
        at_step = self._sums[bisect_left(self._rates.steps, input)]
        at_step[0] += input
        at_step[1] += output

    @property
    def price(self) -> int:
        sums = [Tokens(input=input, output=output) for input, output in self._sums]
        return self._rates.price_of_sums(sums)


class _Payer:
    """One account and one model. `known` says whether anybody knows the price."""

    def __init__(self, provider: str, model: str, account: Account, at: datetime | None) -> None:
        self._least_records = account.least_records
        ways = (True, False) if account.least_records else (True,)
        rates = [rates_of(provider, model, own=account.prices, at=at, batch=way) for way in ways]
        known = [one for one in rates if one is not None]
        self.known = len(known) == len(rates)
        self._bills = [(_Bill(one), _Bill(one)) for one in known]

    def add(self, input: tuple[int, int], output: int) -> None:
        for low, high in self._bills:
            low.add(input[0], 0)
            high.add(input[1], output)

    def price(self, records: int) -> tuple[int, int]:
        low, high = self._bills[-1 if records < self._least_records else 0]
        return low.price, high.price


class Tally:
    """The records that ask for one model, at the prices of a moment (now). `unlimited` of them set no limit
    to their answers."""

    def __init__(
        self,
        provider: str,
        model: str,
        accounts: Sequence[Account],
        *,
        at: datetime | None = None,
    ) -> None:
        self.model = model[:LONGEST_NAME]
        self.records = self.unlimited = 0
        self._low = self._high = self._output = 0
        self._payers = [_Payer(provider, model, one, at) for one in accounts]

    def add(self, asked: RequestTokens) -> None:
        low, high = int(asked.input * LEAST_OF_LIKELY), asked.most_input
        output = DEFAULT_OUTPUT if asked.output is None else asked.output
        self.records += 1
        self.unlimited += asked.output is None
        self._low += low
        self._high += high
        self._output += output
        for payer in self._payers:
            payer.add((low, high), output)

    @property
    def input(self) -> Span:
        return Span(self._low, self._high)

    @property
    def output(self) -> Span:
        return Span(0, self._output)

    @property
    def is_priced(self) -> bool:
        return bool(self._payers) and all(one.known for one in self._payers)

    @property
    def price(self) -> Span:
        """Billionths of a US dollar, at whichever of the accounts."""
        if not self.is_priced:
            return Span(None, None)
        prices = [one.price(self.records) for one in self._payers]
        return Span(min(low for low, _ in prices), max(high for _, high in prices))


def total(spans: Iterable[Span]) -> Span:
    """The sum; None where one of them is."""
    lows, highs = zip((0, 0), *spans, strict=True)
    return Span(*(None if None in ends else sum(ends) for ends in (lows, highs)))
