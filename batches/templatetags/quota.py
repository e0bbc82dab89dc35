"""What a key or a workspace uses of what it may, for its page."""

from django import template

from batches.services import month_of, usage_of
from providers import cells
from providers.models import VirtualKey, Workspace
from providers.money import dollars, total_spent
from providers.prices import DOLLAR

register = template.Library()


@register.simple_tag
def usage(key: VirtualKey) -> list[tuple[str, str]]:
    used = usage_of(key)
    counted = [
        ("Batches in flight", used.batches, key.batches_in_flight),
        ("Bytes in flight", used.bytes, key.bytes_in_flight),
        ("Records in the last 24 hours", used.records, key.records_per_day),
    ]
    return [*((name, _of(amount, limit)) for name, amount, limit in counted), *spent(key)]


@register.simple_tag
def spent(owner: VirtualKey | Workspace) -> list[tuple[str, str]]:
    """What the batches of this month cost, and may cost yet."""
    month, budget = month_of(owner), owner.monthly_budget
    limit = "not limited" if budget is None else f"of {dollars(int(budget * DOLLAR))}"
    sep = ", " if budget is None else " "
    paid = total_spent(month.spent, month.unpriced)
    held = [("Held by batches at work", dollars(month.held))] if month.held else []
    return [("Spent this month", f"{paid}{sep}{limit}"), *held]


def _of(amount: int, limit: int | None) -> str:
    if limit is None:
        return f"{cells.number(amount)}, not limited"
    return f"{cells.number(amount)} of {cells.number(limit)}"
