"""What tokens cost: the figures are those of the vendors' own pages."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from providers import prices
from providers.prices import Tokens, check_prices, price_of, rates_of

MILLION = Tokens(1_000_000, 0, 1_000_000)
DOLLAR = 10**9
AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        ("openai", "gpt-4o-mini", "0.375"),
        ("openai", "gpt-4o-mini-2024-07-18", "0.375"),
        ("openai", "gpt-4o", "6.25"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:org::abc", "0.75"),
        ("openai", "text-embedding-3-small", "0.01"),
        ("anthropic", "claude-haiku-4-5", "3"),
        ("anthropic", "claude-opus-4-20250514", "45"),
        ("gemini", "gemini-2.5-flash", "1.4"),
        ("gemini", "models/gemini-2.5-flash", "1.4"),
        ("gemini", "gemini-embedding-001", "0.075"),
        ("bedrock", "amazon.nova-lite-v1:0", "0.15"),
        ("bedrock", "eu.amazon.nova-lite-v1:0", "0.15"),
        ("bedrock", "us.meta.llama3-3-70b-instruct-v1:0", "0.72"),
        ("bedrock", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "3"),
        ("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "3.3"),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "3.3",
        ),
    ],
)
def test_a_batch_costs_half_of_what_is_listed(provider, model, dollars):
    paid = price_of(provider, model, Tokens(200_000, 0, 200_000), at=AT)

    assert paid == Decimal(dollars) / 5 * DOLLAR


def test_what_is_asked_for_one_by_one_costs_the_whole():
    paid = price_of("bedrock", "amazon.nova-lite-v1:0", MILLION, at=AT, batch=False)

    assert paid == 0.3 * DOLLAR


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini-of-our-own"),
        ("openai", "claude-haiku-4-5"),
        ("openai", ""),
        ("gemini", "nonsense"),
        ("bedrock", "cohere.embed-english-v3"),
        (
            "bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl",
        ),
    ],
)
def test_what_nobody_knows_has_no_price(provider, model):
    assert price_of(provider, model, MILLION) is None
    assert price_of(provider, model, Tokens()) is None


@pytest.mark.parametrize(
    ("provider", "model", "dollars"),
    [
        # The discount stacks.
        ("anthropic", "claude-haiku-4-5", "0.05"),
        ("anthropic", "claude-3-5-haiku-latest", "0.04"),
        # It does not.
        ("openai", "gpt-4o", "1.25"),
        ("openai", "gpt-5-nano", "0.0025"),
        ("gemini", "gemini-2.5-flash", "0.03"),
        # A cache without a price of its own costs what input does.
        ("openai", "text-embedding-3-small", "0.01"),
    ],
)
def test_what_comes_from_a_cache(provider, model, dollars):
    cached = Tokens(1_000_000, 1_000_000, 0)

    assert price_of(provider, model, cached, at=AT) == Decimal(dollars) * DOLLAR


def test_what_goes_to_a_cache_costs_more():
    written = Tokens(1_000_000, 0, 0, written=1_000_000, written_hour=400_000)

    paid = price_of("anthropic", "claude-haiku-4-5", written, at=AT)
    assert paid == (Decimal("0.625") * 600 + Decimal(1) * 400) * DOLLAR / 1000


def test_a_long_request_pays_more_for_all_of_it():
    rates = rates_of("gemini", "gemini-2.5-pro", at=AT)

    assert rates.steps == (200_000,)
    assert rates.price(Tokens(200_000, 0, 0)) == Decimal("0.125") * DOLLAR
    assert rates.price(Tokens(200_001, 0, 0)) == Decimal("0.25000125") * DOLLAR
    sums = [Tokens(1_000_000, 0, 0), Tokens(1_000_000, 0, 0)]
    assert rates.price_of_sums(sums) == Decimal("1.875") * DOLLAR


def test_what_an_account_pays_goes_first():
    own = {
        "gpt-4o*": {"input": 1.1, "cached": 0.6, "output": 5},
        "gpt-4o-mini*": {"input": 0.1, "output": 0.2},
        "gpt-4o-mini": {"input": 0.3, "output": 0},
    }

    assert price_of("openai", "gpt-4o", Tokens(3, 1, 0), own=own) == 2 * 1100 + 600
    assert price_of("openai", "gpt-4o-mini-x", Tokens(3, 1, 1), own=own) == 3 * 100 + 200
    assert price_of("openai", "gpt-4o-mini", Tokens(1, 0, 1), own=own) == 300
    assert price_of("openai", "gpt-4.1", Tokens(1, 0, 0), own=own) == 1000


def test_it_names_what_no_list_has():
    own = {"abcdefghijkl": {"input": 2, "output": 4}}
    profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl"

    assert price_of("bedrock", profile, Tokens(1, 0, 1), own=own) == 6000


def test_money_is_rounded_once_and_half_up():
    own = {"m": {"input": 0.0005, "output": 0}}

    assert price_of("openai", "m", Tokens(1, 0, 0), own=own) == 1
    assert price_of("openai", "m", Tokens(2, 0, 0), own=own) == 1
    assert price_of("openai", "m", Tokens(3, 0, 0), own=own) == 2


@pytest.mark.parametrize(
    ("prices", "problem"),
    [
        ([], "Write an object"),
        ({"m": 3}, "write its prices as an object"),
        ({"m": {"input": 1}}, "the price of output is missing"),
        ({"m": {"input": 1, "output": 1, "thought": 1}}, "'thought' is no kind of token"),
        ({"m": {"input": "1", "output": 1}}, "the price of input is to be a number"),
        ({"m": {"input": True, "output": 1}}, "the price of input is to be a number"),
        ({"m": {"input": -1, "output": 1}}, "the price of input is to be a number"),
        ({"m": {"input": float("nan"), "output": 1}}, "the price of input is to be a number"),
        ({"": {"input": 1, "output": 1}}, "A price is for no model"),
    ],
)
def test_wrong_prices_say_what_to_change(prices, problem):
    with pytest.raises(ValidationError, match=problem):
        check_prices(prices)


def test_right_prices_pass():
    check_prices({})
    check_prices({"gpt-4o*": {"input": 1.25, "cached": 0.6, "output": 5}})


def test_the_list_is_read_by_who_asks_for_a_price():
    code = (
        "import sys, django; django.setup(); import bifrost.wsgi, bifrost.urls;"
        "print('genai_prices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_name_is_kept_that_is_too_long_for_one():
    before = prices._listed.cache_info().currsize

    assert price_of("openai", "gpt-4o" * 10**6, MILLION) is None
    assert prices._listed.cache_info().currsize == before
