"""What tokens cost: as the price list of genai-prices has it, or as an operator says that an account pays.

The list is the copy that is installed; nothing is fetched. Reading it takes a while and 27 MB, so that it is
imported by whoever first asks for a price. Money is whole billionths of a US dollar.

Batch work is paid as the list says for batches. Where it says nothing of them, input and output cost half,
as at all four vendors, and what is read from a cache costs half at Anthropic, and elsewhere what it costs
anyway or half of the input, whichever is less:

https://platform.openai.com/docs/guides/batch
https://platform.claude.com/docs/en/build-with-claude/batch-processing#pricing
https://ai.google.dev/gemini-api/docs/pricing
https://aws.amazon.com/bedrock/pricing/
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from providers.records import Tokens
from providers.wildcards import matches

__all__ = ["Rate", "Rates", "Tokens", "check_prices", "name_of", "price_of", "rates_of"]

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

# What the price list calls our providers.
LISTED = {"openai": "openai", "anthropic": "anthropic", "bedrock": "aws", "gemini": "google"}
BATCH = {"processing": "batch"}
HALF = Decimal("0.5")
# Money is counted in so many parts of a US dollar.
DOLLAR = 10**9
# From US dollars for a million tokens to billionths for one.
SCALE = Decimal(1000)
REGION = re.compile(r"[a-z]{2,6}(-gov)?\.(?=[a-z0-9]+\.)")
# What is longer is no model's name, and is not to be kept.
LONGEST_NAME = 255
OWN_NAMES = ("input", "cached", "output")


class Rate(NamedTuple):
    """Billionths of a US dollar for one token of each kind."""

    input: Decimal
    cached: Decimal
    output: Decimal
    written: Decimal
    written_hour: Decimal


class Rates(NamedTuple):
    """What the tokens of one model cost. A request with more than `steps[n]` tokens of input pays
    `rates[n + 1]` for all its tokens, and without steps there is one rate."""

    steps: tuple[int, ...]
    rates: tuple[Rate, ...]

    def price(self, tokens: Tokens) -> int:
        """Of one request."""
        sums = [Tokens() for _ in self.rates]
        sums[self.step_of(tokens)] = tokens
        return self.price_of_sums(sums)

    def step_of(self, tokens: Tokens) -> int:
        return bisect_left(self.steps, tokens.input) if self.steps else 0

    def price_of_sums(self, sums: Sequence[Tokens]) -> int:
        """Of many, whose tokens were summed by the step that each had reached. Rounded once."""
        exact = sum(
            (_exact(rate, tokens) for rate, tokens in zip(self.rates, sums, strict=True)), Decimal()
        )
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def price_of(
    provider: str,
    model: str,
    tokens: Tokens,
    *,
    own: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    batch: bool = True,
) -> int | None:
    """What the tokens of one request cost, or None if nobody knows: see `rates_of`."""
    rates = rates_of(provider, model, own=own, at=at, batch=batch)
    return None if rates is None else rates.price(tokens)


def rates_of(
    provider: str,
    model: str,
    *,
    own: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    batch: bool = True,
) -> Rates | None:
    """What a model costs at a moment (now), or None if nobody knows.

    `own` is what a credential says of its own account (Credential.prices): it goes first. Without `batch` it
    is what requests cost that are asked for one by one.
    """
    name = name_of(provider, model)
    if (mine := _own_rate(own or {}, {model, name})) is not None:
        return Rates((), (mine,))
    if len(name) > LONGEST_NAME:
        return None
    return _listed(provider, name, (at or datetime.now(UTC)).astimezone(UTC).date(), batch)


def name_of(provider: str, model: str) -> str:
    """A model without what says only where it is: a prefix of Google's, or an ARN around it."""
    if provider == "gemini":
        return model.removeprefix("models/")
    if provider == "bedrock" and model.startswith("arn:"):
        return model.rpartition("/")[2]
    return model


def check_prices(value: object) -> None:
    """Raises ValidationError for what are no prices of a credential."""
    if not isinstance(value, dict):
        raise ValidationError(
            'Write an object, such as {"gpt-4o*": {"input": 1.25, "cached": 0.6, "output": 5}}.'
        )
    for model, prices in value.items():
        if not model:
            raise ValidationError("A price is for no model: write its name, with * for any ending.")
        for problem in _problems(prices):
            raise ValidationError(f"{model}: {problem}.")


def _problems(prices: object) -> Iterator[str]:
    if not isinstance(prices, dict):
        yield 'write its prices as an object, such as {"input": 1.25, "output": 5}'
        return
    if unknown := sorted(set(prices) - set(OWN_NAMES)):
        yield f"{unknown[0]!r} is no kind of token: name input, cached and output"
    if missing := [name for name in ("input", "output") if name not in prices]:
        yield f"the price of {' and of '.join(missing)} is missing (0 if there is none)"
    for name, price in prices.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < 10**6:
            yield f"the price of {name} is to be a number of US dollars for a million tokens"


def _own_rate(own: Mapping[str, Any], names: set[str]) -> Rate | None:
    """Of several patterns that fit, the longest counts: the database keeps no order."""
    fitting = [one for one in own if any(matches(one, name) for name in names)]
    if not fitting:
        return None
    said = own[max(fitting, key=lambda one: (one in names, len(one), one))]
    prices = {name: Decimal(str(price)) * SCALE for name, price in said.items()}
    paid = prices["input"]
    return Rate(paid, prices.get("cached", paid), prices["output"], paid, paid)


@lru_cache(maxsize=4096)
def _listed(provider: str, name: str, day: date, batch: bool) -> Rates | None:
    model = _model(provider, name)
    if model is None:
        return None
    at = datetime.combine(day, time(), UTC)
    usual = model.get_prices(at)
    halved = batch and not _has_batch_prices(model, at)
    prices = model.get_prices(at, BATCH) if batch and not halved else usual
    if prices.input_mtok is None:
        return None
    steps = _steps(prices)
    rates = [_rate(prices, reached) for reached in (0, *(step + 1 for step in steps))]
    return Rates(
        steps, tuple(_halved(rate, provider) for rate in rates) if halved else tuple(rates)
    )


def _model(provider: str, name: str) -> "ModelInfo | None":
    """Past the list's own caches, in which every name stays that a client ever wrote."""
    listed = import_string("genai_prices.data_snapshot.get_snapshot")().providers
    vendor = next(one for one in listed if one.id == LISTED[provider])
    without_region = REGION.sub("", name, count=1) if provider == "bedrock" else name
    models = (vendor.find_model(each) for each in dict.fromkeys((name, without_region)))
    return next(filter(None, models), None)


def _has_batch_prices(model: "ModelInfo", at: datetime) -> bool:
    return any(
        variant.when == BATCH and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _steps(prices: "ModelPrice") -> tuple[int, ...]:
    tiers = (tier for price in vars(prices).values() for tier in getattr(price, "tiers", ()))
    return tuple(sorted({tier.start for tier in tiers}))


def _rate(prices: "ModelPrice", reached: int) -> Rate:
    """What is paid by requests with so many tokens of input. What has no price of its own is input."""
    said = (
        prices.input_mtok,
        prices.cache_read_mtok,
        prices.output_mtok,
        prices.cache_write_mtok,
        prices.cache_write_1h_mtok,
    )
    paid, cached, output, written, hour = (_at_step(price, reached) for price in said)
    known = paid or Decimal()
    first = known if written is None else written
    return Rate(
        known,
        known if cached is None else cached,
        output or Decimal(),
        first,
        first if hour is None else hour,
    )


def _at_step(price: "Decimal | TieredPrices | None", reached: int) -> Decimal | None:
    if price is None or isinstance(price, Decimal):
        return None if price is None else price * SCALE
    paid = [tier.price for tier in price.tiers if reached > tier.start]
    return (paid[-1] if paid else price.base) * SCALE


def _halved(rate: Rate, provider: str) -> Rate:
    half = Rate(*(price * HALF for price in rate))
    if provider == "anthropic":
        return half
    return half._replace(cached=min(rate.cached, half.input))


def _exact(rate: Rate, tokens: Tokens) -> Decimal:
    plain = tokens.input - tokens.cached - tokens.written
    return (
        max(plain, 0) * rate.input
        + tokens.cached * rate.cached
        + tokens.output * rate.output
        + (tokens.written - tokens.written_hour) * rate.written
        + tokens.written_hour * rate.written_hour
    )
