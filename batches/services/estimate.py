"""What a batch would come to, before it is made: the records, their tokens, the price, and what is refused.

Nothing is written and nobody is asked. Every record takes the way that it would take at submit.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from batches.services.allowance import Allowance
from batches.services.tally import Account, Span, Tally, total
from batches.services.validate import Findings, Look, Looked
from providers import registry
from providers.models import CredentialQuerySet, VirtualKey, Workspace
from providers.prices import DOLLAR
from providers.records import MalformedRecordError
from providers.tokens import (
    DEFAULT_OUTPUT,
    LEAST_BYTES,
    LIKELY_BYTES,
    RequestTokens,
    tokens_of_request,
)

# What is looked at while somebody waits for a web page or an answer.
MOST_BYTES = 256 * 2**20
MOST_RECORDS = 200_000
# What is told of each model by itself: no fewer than a batch may have where each has a job of its own.
MOST_MODELS = 50
OTHERS = "(others)"
LONGEST_CUSTOM_ID = 512
COUNTED = (
    "Nothing is tokenized. Input: the bytes of all texts divided by four, with 8 tokens for each message, "
    "part and tool and 1,600 for each picture, document or sound; at the least a quarter less, at the most "
    "the texts' bytes divided by two. Output: from nothing to the limit that a record sets. Where it sets "
    "none: to the most that the model can say, if its provider must be told that, and else to "
    f"{DEFAULT_OUTPUT:,}, for the `unlimited` records. No input is taken for cached."
)
FAILS = "The batch would fail as a whole, and cost nothing: mend its errors first."


class TooManyRecordsError(Exception):
    """The input has more records than are looked at while somebody waits."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the input has more than {most} records")
        self.most = most


class Target(NamedTuple):
    """Where a batch would go. `model` is asked for instead of the records' own."""

    provider: str
    model: str = ""


class Refused(NamedTuple):
    """A record that the target has no words for, and why."""

    line: int
    custom_id: str | None
    code: str
    param: str | None
    message: str


@dataclass(frozen=True)
class Estimate:
    """Of one input and one target. Money is in billionths of a US dollar."""

    target: Target
    dialect: str
    endpoint: str
    findings: Findings
    tallies: Sequence[Tally]
    over_limit: str

    @property
    def jobs(self) -> int:
        return 0 if self.findings.errors else len(self.findings.parts)

    @property
    def input(self) -> Span:
        return total(one.input for one in self.tallies)

    @property
    def output(self) -> Span:
        return total(one.output for one in self.tallies)

    @property
    def unlimited(self) -> int:
        return sum(one.unlimited for one in self.tallies)

    @property
    def price(self) -> Span:
        return Span(None, None) if self.unknown else total(one.price for one in self.tallies)

    @property
    def unknown(self) -> str:
        """Why nobody knows the price; empty where it is known."""
        if self.findings.errors:
            return FAILS
        unpriced = [one.model for one in self.tallies if not one.is_priced]
        return no_price_of(unpriced) if unpriced else ""


def no_price_of(models: Sequence[str]) -> str:
    named = ", ".join(f"'{one[:100]}'" for one in models[:3])
    more = f" and {len(models) - 3} more" if len(models) > 3 else ""
    return f"The price of {named}{more} is unknown. An operator can add it to the credential."


def accounts_of(credentials: CredentialQuerySet, provider: str) -> list[Account]:
    """Those that a batch may go to."""
    least = registry.upstream_class(provider).least_records
    found: list[Account] = []
    for prices, options in credentials.values_list("prices", "options"):
        account = Account(prices, least(options))
        if account not in found:
            found.append(account)
    return found


class Estimating:
    """Looks at an input for one target, at the prices of any of the accounts; of none, at those of the list.
    Whose workspace it is says whose budget and limits it may be over.

    Iterate to the end, over the records that are refused; then `result` is there. Holds one record at a time,
    and what tells the custom_ids apart. `most` is how many records there may be.
    """

    result: Estimate

    def __init__(
        self,
        chunks: Iterable[bytes],
        target: Target,
        *,
        accounts: Sequence[Account],
        endpoint: str | None = None,
        workspace: Workspace | None = None,
        key: VirtualKey | None = None,
        most: int | None = None,
    ) -> None:
        self._chunks = chunks
        self._size = 0
        self._target = target
        upstream = registry.upstream_class(target.provider)
        self.has_account = bool(accounts)
        self._accounts = accounts or [Account({}, upstream.least_records({}))]
        self._allowance = (
            Allowance(target.provider, self._accounts, workspace, key) if workspace else None
        )
        self._most = most
        self._look = Look(
            target.provider,
            model=target.model,
            endpoint=endpoint,
            key=key,
            limits=upstream.limits,
        )
        self._tallies: dict[str, Tally] = {}

    def __iter__(self) -> Iterator[Refused]:
        """Raises TooManyRecordsError, and what the chunks raise."""
        look = self._look
        for looked in look.at(self._metered()):
            if looked.refusal is None:
                self._count(looked)
            else:
                yield _refused(looked)
            if self._most is not None and look.findings.total > self._most:
                raise TooManyRecordsError(self._most)
        self.result = Estimate(
            target=self._target,
            dialect=look.dialect,
            endpoint=look.endpoint or "",
            findings=look.findings,
            tallies=tuple(self._tallies.values()),
            over_limit=self._over_limit(look.findings),
        )

    def _metered(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._size += len(chunk)
            yield chunk

    def _over_limit(self, findings: Findings) -> str:
        if self._allowance is None or findings.errors:
            return ""
        return self._allowance.refusal(records=findings.total, size=self._size)

    def _count(self, looked: Looked) -> None:
        if self._allowance:
            self._allowance.count(looked.record, looked.model)
        # The body as the provider gets it: with the limits that it is given on the way.
        asked = looked.asked
        try:
            tokens = tokens_of_request(asked, looked.record.body.subject)
        except MalformedRecordError:
            # It is for the provider to say what is wrong with a body that nobody had to read.
            tokens = RequestTokens(len(asked) // LIKELY_BYTES, len(asked) // LEAST_BYTES, None)
        tally = self._tallies.get(looked.model) or self._begin(looked.model)
        tally.add(tokens)

    def _begin(self, model: str) -> Tally:
        if len(self._tallies) < MOST_MODELS:
            return self._tallies.setdefault(
                model, Tally(self._target.provider, model, self._accounts)
            )
        return self._tallies.setdefault(OTHERS, Tally(self._target.provider, OTHERS, ()))


def told(estimate: Estimate) -> dict[str, Any]:
    """As JSON takes it, without the records that are refused."""
    findings = estimate.findings
    return {
        "provider": estimate.target.provider,
        "model": estimate.target.model or None,
        "dialect": estimate.dialect or None,
        "endpoint": estimate.endpoint or None,
        "records": findings.total,
        "refused": findings.refused,
        "jobs": estimate.jobs,
        "over_limit": estimate.over_limit or None,
        "errors": findings.errors,
        "dropped": findings.dropped,
        "tokens": _told_tokens(estimate),
        "price": _told_price(estimate.price) | {"unknown": estimate.unknown or None},
        "models": [
            {
                "model": one.model,
                "records": one.records,
                "tokens": _told_tokens(one),
                "price": _told_price(one.price),
            }
            for one in estimate.tallies
        ],
    }


def told_refused(refused: Refused) -> dict[str, Any]:
    return refused._asdict()


def refused_lines(estimating: Estimating, target: int) -> Iterator[bytes]:
    """A line of JSON for every record that is refused, with the number of its target."""
    for one in estimating:
        told = {"object": "refusal", "target": target, **told_refused(one)}
        yield msgspec.json.encode(told) + b"\n"


def _told_tokens(of: Estimate | Tally) -> dict[str, Any]:
    return {
        "input": of.input._asdict(),
        "output": of.output._asdict(),
        "unlimited": of.unlimited,
    }


def _told_price(price: Span) -> dict[str, Any]:
    dollars = {
        name: None if value is None else value / DOLLAR for name, value in price._asdict().items()
    }
    return {"currency": "usd", **dollars}


def _refused(looked: Looked) -> Refused:
    error, custom_id = looked.refusal, looked.record.custom_id
    assert error is not None
    told = custom_id if custom_id is None else custom_id[:LONGEST_CUSTOM_ID]
    return Refused(looked.line, told, error.code, error.param, error.message)
