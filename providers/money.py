"""How sums of money are said. They are counted in billionths of a US dollar."""

from decimal import Decimal

from providers.prices import DOLLAR

UNKNOWN = "unknown"
# What is less is told in two digits, whatever they are.
LITTLE = Decimal("0.1")


def dollars(billionths: int) -> str:
    """To the cent; of little, as many digits as tell it from nothing."""
    amount = abs(Decimal(billionths)) / DOLLAR
    digits = max(1 - amount.adjusted(), 2) if 0 < amount < LITTLE else 2
    whole, _, part = f"{amount:,.{digits}f}".partition(".")
    return f"{'-' * (billionths < 0)}${whole}.{part[:2]}{part[2:].rstrip('0')}"


def total_spent(cost: int, unpriced: int) -> str:
    """What has no known price is never told as nothing."""
    if unpriced <= 0:
        return dollars(cost)
    return f"{dollars(cost)} + {UNKNOWN}" if cost else UNKNOWN


def exact(billionths: int) -> str:
    """In dollars, as programs read it."""
    return f"{Decimal(billionths) / DOLLAR:f}"
