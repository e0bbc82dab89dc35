"""US dollars, as people write them."""

from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation

MOST = Decimal(10) ** 10


def budget(text: str) -> Decimal:
    """Raises ArgumentTypeError."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount < MOST and amount == round(amount, 2)):
        raise ArgumentTypeError(f"{text!r} is no amount of US dollars: write 100, or 99.50.")
    return amount
